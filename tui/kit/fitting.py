"""Fits texts into lines; if they do not all fit, the least important texts are left out whole."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from echornn.diagnosis.cases import Sentence

CLAUSE_ENDS = (", ", "; ", ": ", " (", " · ", " | ")
"""Places at which a sentence can be cut off."""

LEFT_OUT = "..."

SEPARATOR = " · "
"""The separator between the parts of a line."""


@dataclass(frozen=True)
class LinePart:
    """A part of a line; it is shown whole or not at all.

    Attributes:
        text: the text.
        matters: the importance; the least important part is left out first, and among equals the last.
        group: parts of the same group are joined by commas.
        missed: whether dots show that this part was left out.
    """

    text: str
    matters: int
    group: str = ""
    missed: bool = False


def fitted(parts: Sequence[LinePart], width: int) -> str:
    """The parts that fit on a line of ``width`` characters, in their order; at least the most important part."""
    kept = list(parts)
    left_out = ""
    while len(line := joined(kept) + left_out) > width and len(kept) > 1:
        least = min(part.matters for part in kept)
        index = max(index for index, part in enumerate(kept) if part.matters == least)
        if kept.pop(index).missed:
            left_out = f" {LEFT_OUT}"
    return shortened(line, width)


def joined(parts: Sequence[LinePart]) -> str:
    """The parts as one line."""
    groups = groupby(parts, key=lambda part: part.group)
    return SEPARATOR.join(", ".join(part.text for part in group) for _, group in groups)


def shortened(text: str, width: int) -> str:
    """The text cut to ``width``: as many clauses as fit, otherwise as many words; dots stand for the rest."""
    if len(text) <= width:
        return text
    room = max(0, width - len(LEFT_OUT))
    end = max(text.rfind(boundary, 0, room + len(boundary)) for boundary in CLAUSE_ENDS)
    if end < room // 3:
        end = text.rfind(" ", 0, room + 1)
    return text[: end if end >= room // 3 else room] + LEFT_OUT[:width]


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """The text on at most ``lines`` lines, broken between its parts if possible, and shortened if it is too long."""
    pieces = textwrap.wrap(text, max(1, width), break_on_hyphens=False)
    rows = _parts_on_lines(text.split(SEPARATOR), width)
    if len(rows) <= min(lines, len(pieces)) and all(len(row) <= width for row in rows):
        return rows
    if len(pieces) > lines:
        pieces[lines - 1 :] = [shortened(" ".join(pieces[lines - 1 :]), width)]
    return pieces


def _parts_on_lines(parts: Sequence[str], width: int) -> list[str]:
    """The lines that result from putting as many whole parts on each line as fit, at least one."""
    rows = [parts[0]]
    for part in parts[1:]:
        longer = f"{rows[-1]}{SEPARATOR}{part}"
        rows[-1:] = [longer] if len(longer) <= width else [rows[-1], part]
    return rows


def in_a_line(line: Sentence, width: int) -> str:
    """The text of a line and its key, which stays whole."""
    key = f"{SEPARATOR}{line.key}" if line.key else ""
    return shortened(line.text, max(0, width - len(key))) + key[:width]

"""Fits texts into lines; if they do not all fit, the least important texts are left out whole."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.series import lags_beyond
from echornn.diagnosis.cases import Sentence
from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols
from tui.views.blocks import symbol_name

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


def shortened_phrases(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut_off(config: EchoConfig) -> str:
    """The phrase which says that the learning rule does not reach back to the nearest source that it misses."""
    return f"{config.rule} stops before t-{min(lags_beyond(config), default=0):,}"


def source_name(config: EchoConfig) -> str:
    """The name of an input on which a target depends."""
    return "echo" if config.value("task") == "echo" else "source"


def percent(share: float) -> str:
    """A share (0 to 1) as text: 21 %, 0.3 %, under 0.1 %."""
    if not math.isfinite(share):
        return "? %"
    if share <= 0:
        return "0 %"
    if share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0095 else f"{share:.0%}".replace("%", " %")


LONGEST = 78
"""The most characters of the text about a cursor."""

MOST_SYMBOLS = 4
"""The most symbols whose probabilities are given."""

BREVITIES = range(6)
"""The brevity of a text: 0 names all channels, 1 only those of inputs, 2 none; larger values give fewer numbers."""


def first_that_fits(text: Callable[[int], str]) -> str:
    """The longest form of a text, a function of its brevity, that fits on a line; the shortest if none fits."""
    return next((form for form in map(text, BREVITIES) if len(form) <= LONGEST), text(BREVITIES[-1]))


def input_words(form: Symbols | Numbers, values: npt.NDArray[Any], brevity: int) -> str:
    """An input in words."""
    return value_words(form, values, 0 if brevity == 1 else brevity)


def value_words(form: Symbols | Numbers, values: npt.NDArray[Any], brevity: int) -> str:
    """The name of a symbol, or the numbers of a time step, the first of them if it has to be short."""
    if isinstance(form, Symbols):
        return symbol_name(form, int(values))
    if brevity == 0 and form.names and form.count > 1:
        return ", ".join(f"{name} {_number(value)}" for name, value in zip(form.names, values.tolist(), strict=True))
    shown = form.count if brevity < 3 else min(form.count, BREVITIES[-1] + 1 - brevity)
    more = "" if shown == form.count else " ..." if brevity == BREVITIES[-1] else f" and {form.count - shown} more"
    return " ".join(map(_number, values[:shown].tolist())) + more


def network_words(form: Symbols | Numbers, said: Floats, target: npt.NDArray[Any], brevity: int) -> str:
    """The prediction: numbers; or the probabilities of some symbols: the target's, which determines the loss, and the
    likeliest, which show the mistake.
    """
    if isinstance(form, Numbers):
        return f"network {value_words(form, said, brevity)}"
    symbols = list(range(form.count))
    most = MOST_SYMBOLS - max(0, brevity - 2)
    if form.count > most:
        likeliest = [symbol for symbol in np.argsort(said)[::-1].tolist() if symbol != int(target)]
        symbols = [int(target), *likeliest[: most - 1]]
    return ", ".join(f"p({symbol_name(form, symbol)}) {said[symbol]:.3f}" for symbol in symbols)


def _number(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:.2f}"

"""Places the marks of commands and epochs on the curve, with labels where they fit: pure functions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from echornn.history.curve import MARKS, Curve
from tui.app.curve.columns import column_of

STARTS_SHOWN = 12

LABEL_LINES = 4
"""The number of lines at the top in which labels of commands may be drawn; labels of epochs are on the first line."""


@dataclass(frozen=True)
class CurveMark:
    """A vertical line across the curve.

    Attributes:
        column: its column.
        kind: mark for a command, epoch for an epoch.
        texts: possible labels, best first; each label is a list of lines.
    """

    column: int
    kind: Literal["mark", "epoch"]
    texts: list[list[str]]


def marks_of(curve: Curve, length: int, columns: int, ascii_only: bool) -> list[CurveMark]:
    """The marks on an axis of ``length`` windows: commands, then epochs. Commands in the same column share a mark."""
    words: dict[int, list[str]] = {}
    for one in curve.segments:
        if one.cause in MARKS and one.at >= curve.first:
            words.setdefault(column_of(one.at - curve.first, length, columns), []).append(MARKS[one.cause])
    commands = [CurveMark(column, "mark", labels(words[column], ascii_only)) for column in sorted(words)]
    starts = ((column_of(at - curve.first, length, columns), epoch) for at, epoch in epoch_starts(curve))
    return commands + [
        CurveMark(column, "epoch", [[f"e{epoch + 1}"]]) for column, epoch in starts if column not in words
    ]


def labels(words: list[str], ascii_only: bool) -> list[list[str]]:
    """Possible labels of the commands at one mark, best first: all words in a line, or one below the other; otherwise
    only the newest.
    """
    counted = [(word, len(list(same))) for word, same in itertools.groupby(words)]
    times, dots = ("x", "..") if ascii_only else ("×", "…")
    shown = [word if count == 1 else f"{word}{times}{count}" for word, count in counted]
    return [[",".join(shown)], shown, *([dots + ",".join(shown[first:])] for first in range(1, len(shown)))]


def place_label(mark: CurveMark, room: npt.NDArray[np.bool_]) -> list[tuple[int, int, str]]:
    """The first of a mark's labels that fits, as (column, line, text); empty if none fits.

    An epoch's label is right of the mark; a command's label may also be left of it.

    Args:
        room: bool [lines, columns], whether a cell is free; the cells of the label are then set to False.
    """
    lines, sides = (len(room), 2) if mark.kind == "mark" else (1, 1)
    for text, top in itertools.product(mark.texts, range(lines)):
        size, bottom = max(map(len, text)), top + len(text)
        right, left = mark.column + 1, mark.column - size
        for begin, apart in ((right, right + size), (left, left - 1))[:sides]:
            cells = room[top:bottom, max(0, begin) : begin + size]
            if cells.shape == (len(text), size) and cells.all() and room[top:bottom, max(0, apart) : apart + 1].all():
                cells[:] = False
                return [(begin, line, word) for line, word in enumerate(text, top)]
    return []


def epoch_starts(curve: Curve) -> list[tuple[int, int]]:
    """Windows at which epochs begin, with the epoch's number; at most a few, however long the run is.

    If a command was given just there, only the command is marked.
    """
    starts: list[tuple[int, int]] = []
    for segment, following in zip(curve.segments, [*curve.segments[1:], None], strict=False):
        last = curve.last if following is None else following.at
        found = segment.epoch_starts(curve.first, last, STARTS_SHOWN)
        starts += [start for start in found if start[0] > segment.at]
    return [start for start in starts if start[0] > curve.first]

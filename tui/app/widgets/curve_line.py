"""The curve's line, drawn by plotext: the only place that knows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
from textual_plotext.plot import Plot

COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")


def line_characters(
    heights_of: Sequence[npt.NDArray[np.float64]], lines: int, ascii_only: bool
) -> npt.NDArray[np.str_]:
    """Characters that show lines through heights, each joined where they follow each other: a space elsewhere.

    Args:
        heights_of: float64 [columns] of each line, in dots from the bottom; a gap where one is not a number. A
            character is two by four dots of braille, or one where only ASCII may be used.
        lines: lines of characters to draw on.
        ascii_only: whether each dot is ``*``.

    Returns:
        str [lines, columns], half as many columns with braille.
    """
    dots = len(heights_of[0])
    columns, rows = (dots, lines) if ascii_only else (dots // 2, 4 * lines)
    characters = np.full((lines, columns), " ")
    if not any(np.isfinite(heights).any() for heights in heights_of):
        return characters
    figure = Plot()
    figure.plotsize(columns, lines)
    figure._set_size(columns, lines)
    figure.xaxes(False, False)
    figure.yaxes(False, False)
    figure.xticks([], [])
    figure.yticks([], [])
    figure.xlim(0, max(1, dots - 1))
    figure.ylim(0, max(1, rows - 1))
    for heights in heights_of:
        known = np.isfinite(heights)
        inside = np.clip(heights, 0, rows - 1)
        for is_known, run in groupby(range(dots), key=known.__getitem__):
            if is_known:
                at = list(run)
                figure.plot(at, inside[at].tolist(), marker="*" if ascii_only else "braille")
    drawn = COLOUR_CODES.sub("", figure.build()).split("\n")
    for line, text in enumerate(drawn[:lines]):
        characters[line, : len(text)] = list(text[:columns])
    return characters

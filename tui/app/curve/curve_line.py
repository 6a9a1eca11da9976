"""Draws the line of the curve with plotext; no other file imports plotext."""

from __future__ import annotations

import re
from itertools import groupby

import numpy as np
import numpy.typing as npt

COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")


def line_characters(heights: npt.NDArray[np.float64], lines: int, ascii_only: bool) -> npt.NDArray[np.str_]:
    """Characters that show a line through the heights, joined between neighbours; spaces elsewhere.

    Args:
        heights: float64 [columns], in dots from the bottom; NaN makes a gap. A character is two by four dots of
            braille, or one with ASCII.
        lines: the lines of characters to draw on.
        ascii_only: whether each dot is ``*``.

    Returns:
        str [lines, columns], half as many columns with braille.
    """
    columns, rows = (len(heights), lines) if ascii_only else (len(heights) // 2, 4 * lines)
    characters = np.full((lines, columns), " ")
    known = np.isfinite(heights)
    if not known.any():
        return characters
    from textual_plotext.plot import Plot  # the first frame has no line yet, and need not wait for it

    figure = Plot()
    figure.plotsize(columns, lines)
    figure._set_size(columns, lines)
    figure.xaxes(False, False)
    figure.yaxes(False, False)
    figure.xticks([], [])
    figure.yticks([], [])
    figure.xlim(0, max(1, len(heights) - 1))
    figure.ylim(0, max(1, rows - 1))
    inside = np.clip(heights, 0, rows - 1)
    for is_known, run in groupby(range(len(heights)), key=known.__getitem__):
        if is_known:
            at = list(run)
            figure.plot(at, inside[at].tolist(), marker="*" if ascii_only else "braille")
    drawn = COLOUR_CODES.sub("", figure.build()).split("\n")
    for line, text in enumerate(drawn[:lines]):
        characters[line, : len(text)] = list(text[:columns])
    return characters

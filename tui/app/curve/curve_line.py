"""Draws the line of the curve with plotext. Other files do not import plotext."""

from __future__ import annotations

import re
from itertools import groupby

import numpy as np
import numpy.typing as npt

COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")


def line_characters(heights: npt.NDArray[np.float64], lines: int, ascii_only: bool) -> npt.NDArray[np.str_]:
    """The characters of a line through the heights; neighbouring columns are joined. Other cells are spaces.

    Args:
        heights: float64 [columns], in dots from the bottom; NaN makes a gap. A braille character has two by four dots,
            an ASCII character is one dot.
        lines: the number of lines of characters.
        ascii_only: whether to draw with ``*`` rather than braille.

    Returns:
        str [lines, columns], with half as many columns for braille.
    """
    columns, rows = (len(heights), lines) if ascii_only else (len(heights) // 2, 4 * lines)
    characters = np.full((lines, columns), " ")
    known = np.isfinite(heights)
    if not known.any():
        return characters
    # imported late: the first frame has no line, and need not wait for the import
    from textual_plotext.plot import Plot

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

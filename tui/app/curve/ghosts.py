"""Draws other branches and runs (ghosts) under the curve: each as a thin line with a letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.session.pictures.picture import Ghost
from tui.app.curve.axes import LossAxis
from tui.app.curve.columns import per_column, smoothed
from tui.app.curve.dots import characters, overlaid, spans
from tui.kit.cells import Cells

LETTER_EVERY = 24
"""Columns between two letters of a ghost."""

SMOOTHED_SHARE = 40
"""The drawn lines are moving means over a window of the plot's width divided by this number."""


class PlotArea(NamedTuple):
    """The axes of the plot, and the box of the plot in the grid of cells."""

    axis: LossAxis
    first: int
    length: int
    x: int
    width: int
    height: int

    def line(self, loss: float) -> int:
        """The line, from the top, of a loss on the axis."""
        share = self.axis.share(np.array([loss], np.float32))[0]
        return self.height - 1 - min(self.height - 1, int(share * self.height))


class Drawn(NamedTuple):
    """A drawn ghost: its characters, str [height, width], with spaces elsewhere, and the row of its mean in each
    column, float64 [width]. A column without a mean is NaN.
    """

    characters: npt.NDArray[np.str_]
    course: npt.NDArray[np.float64]


class GhostLines:
    """Draws ghosts. A ghost that has not changed is not computed again."""

    def __init__(self, ascii_only: bool) -> None:
        self._ascii = ascii_only
        self._drawn: dict[object, tuple[object, Drawn]] = {}

    def draw(self, cells: Cells, place: PlotArea, ghosts: Sequence[Ghost], style: str) -> None:
        """Draw the lines of ghosts. Call this before the curve is drawn, so that the curve covers them, and `letters`
        after.
        """
        kept: dict[object, tuple[object, Drawn]] = {}
        inside = (slice(0, place.height), slice(place.x, place.x + place.width))
        for ghost in ghosts:
            state = (place, ghost.curve)
            before = self._drawn.get(ghost.key)
            drawn = before[1] if before is not None and before[0] == state else self._one(place, ghost)
            kept[ghost.key] = (state, drawn)
            seen = drawn.characters != " "
            cells.characters[inside] = overlaid(cells.characters[inside], drawn.characters)
            cells.styles[inside][seen] = cells.names.index(style)
        self._drawn = kept

    def letters(self, cells: Cells, place: PlotArea, ghosts: Sequence[Ghost], style: str, letter_style: str) -> None:
        """Draw the letter of each ghost where its line is visible: at regular distances, and at its end.

        If a line is completely covered, the letter is drawn over the curve, near the line's end.
        """
        drawn_there = cells.characters[: place.height, place.x : place.x + place.width] != " "
        ghostly = cells.styles[: place.height, place.x : place.x + place.width] == cells.names.index(style)
        for index, ghost in enumerate(ghosts):
            drawn = self._drawn[ghost.key][1]
            seen = _line_in_each_column((drawn.characters != " ") & ghostly, drawn.course)
            due = index * 5 % LETTER_EVERY + 2
            if not seen:
                seen = _line_in_each_column(drawn_there & (drawn.characters != " "), drawn.course)[-due:][:1]
            for x, y in seen:
                if due <= x < seen[-1][0] - 2 or (x, y) == seen[-1]:
                    cells.write(place.x + x, y, ghost.letter, letter_style)
                    due = x + LETTER_EVERY

    def _one(self, place: PlotArea, ghost: Ghost) -> Drawn:
        width, height = place.width, place.height
        curve = ghost.curve
        if curve is None:
            return Drawn(np.full((height, width), " "), np.full(width, np.nan))
        columns, rows = (width, height) if self._ascii else (2 * width, 4 * height)
        offset = curve.first - place.first
        mean = place.axis.share(smoothed(curve.mean, columns // SMOOTHED_SHARE)) * rows - 0.5
        low, high = (place.axis.share(extreme) * rows - 0.5 for extreme in (curve.low, curve.high))
        lowest, highest = per_column(curve, low, high, columns, place.length, offset)
        middle, _ = per_column(curve, mean, mean, columns, place.length, offset)
        dots = np.logical_or.reduce([spans(one, one, rows) for one in (lowest, highest, middle)])
        heights = middle if self._ascii else middle[::2] / 4
        return Drawn(characters(dots, self._ascii, "'"), height - 1 - heights)


def _line_in_each_column(seen: npt.NDArray[np.bool_], course: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Columns in which a ghost is visible, each with the row nearest to the ghost's mean: (column, row)."""
    lines = np.arange(len(seen))[:, None]
    nearest = np.where(seen, np.abs(lines - np.nan_to_num(course)), np.inf).argmin(axis=0)
    return [(x, int(nearest[x])) for x in np.flatnonzero(seen.any(axis=0)).tolist()]

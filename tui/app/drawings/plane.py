"""Draws eigenvalues in the complex plane, with the unit circle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tui.app.curve.dots import Dots, characters
from tui.kit.cells import Cells
from tui.kit.paint import Box, stamp, write_in

INSIDE, OUTSIDE = "●", "◆"

LEGEND_HEIGHT = 8
"""The fewest lines with which a line explains the characters."""

MARGIN = 1.12
"""The plane's edge is this many times as far from zero as the outermost point."""

FARTHEST = 1e6
"""Eigenvalues farther from zero than this are drawn at the edge."""


def reach_of(eigenvalues: npt.NDArray[np.complex64]) -> float:
    """The distance from zero to the plane's edge: enough for the unit circle and all eigenvalues."""
    finite = np.abs(eigenvalues[np.isfinite(eigenvalues)])
    return MARGIN * max(1.0, min(float(finite.max()), FARTHEST) if finite.size else 1.0)


def circle(lines: int, columns: int, reach: float) -> Dots:
    """The unit circle as dots, bool [lines, columns], around the middle.

    A dot counts as square: a terminal's character, twice as high as wide, has two by four dots.
    """
    dots = np.zeros((lines, columns), np.bool_)
    angles = np.linspace(0, 2 * np.pi, 8 * max(lines, columns), endpoint=False)
    _mark(dots, np.exp(1j * angles), reach)
    return dots


def _mark(dots: Dots, points: npt.NDArray[np.complex128], reach: float) -> None:
    lines, columns = dots.shape
    x, y = (np.clip(part / reach, -1, 1) for part in (points.real, -points.imag))
    column = np.round((x + 1) / 2 * (columns - 1)).astype(np.int64)
    dots[np.round((y + 1) / 2 * (lines - 1)).astype(np.int64), column] = True


def draw_plane(cells: Cells, box: Box, eigenvalues: npt.NDArray[np.complex64]) -> None:
    """Draw the unit circle and the eigenvalues in the middle of a box; those outside the circle get another
    character.
    """
    legend = f"{INSIDE} inside  {OUTSIDE} outside"
    if box.height >= LEGEND_HEIGHT and box.width >= len(legend):
        box = box._replace(height=box.height - 1)
        write_in(
            cells, box._replace(y=box.bottom, height=1), 0, legend, "view--axis", at=(box.width - len(legend)) // 2
        )
    lines = min(box.height, box.width // 2)
    if lines < 3:
        return
    columns = 2 * lines
    at = (box.x + (box.width - columns) // 2, box.y + (box.height - lines) // 2)
    reach = reach_of(eigenvalues)
    dots = circle(4 * lines, 2 * columns, reach)
    stamp(cells, *at, characters(dots), "view--circle")
    known = eigenvalues[np.isfinite(eigenvalues)].astype(np.complex128)
    for is_outside, glyph in ((False, INSIDE), (True, OUTSIDE)):
        points = np.zeros((lines, columns), np.bool_)
        _mark(points, known[(np.abs(known) > 1) == is_outside], reach)
        stamp(
            cells,
            *at,
            np.where(points, glyph, " "),
            "view--saturated" if is_outside else "view--point",
            over_blanks=True,
        )

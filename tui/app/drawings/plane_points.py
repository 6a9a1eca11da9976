"""Draws fixed points in the state's plane: each kind with a mark of its own, and says how many there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from echornn.network.shapes import carried_size
from echornn.readings import POINT_KINDS, FixedPoints, PointKind, Readings, StatePlane, parts_of
from tui.app.drawings.signs import symbol_name
from tui.app.drawings.spots import FixedPoint
from tui.app.drawings.state_plane import PlaneScene, cells_of
from tui.kit.cells import Cells
from tui.kit.paint import Box, write_in

MARKS: Mapping[PointKind, str] = {"stable": "●", "marginal": "◐", "saddle": "×", "unstable": "○", "slow": "~"}
"""The mark of each kind."""

RESTS, LEAVES = "view--changed", "view--leaves"
"""The styles of points near which the state stays, and of those that it leaves."""

PLURAL: Mapping[PointKind, str] = {"stable": "stable", "saddle": "saddles"}
"""How several points of a kind are called, if not by the kind's name."""


def points_in(readings: Readings, plane: StatePlane) -> npt.NDArray[np.float32]:
    """The coordinates of the fixed points, float32 [points, kept]; none for a gate, which is no part of the state."""
    part, points = parts_of(readings.config).get(plane.part), readings.fixed_points
    kept = len(plane.components)
    if points is None or part is None or part.is_gate or points.states.shape[1:] != (carried_size(readings.config),):
        return np.zeros((0, kept), np.float32)
    return plane.place(points.states[:, part.where])


def draw_points(
    cells: Cells, box: Box, scene: PlaneScene, places: npt.NDArray[np.float32], points: FixedPoints
) -> None:
    """Draw the fixed points at their places; of several in a cell, the kind that comes first in `POINT_KINDS`."""
    lines, columns = cells_of(scene.place(places), box.height, box.width)
    for index in reversed(range(len(places))):
        line, column = int(lines[index]), int(columns[index])
        write_in(cells, box, line, MARKS[points.kinds[index]], style_of(points.kinds[index]), at=column)
        cells.mark(box.x + column, box.y + line, 1, 1, FixedPoint(index))


def style_of(kind: PointKind) -> str:
    """The style of a kind of point: stable ones have a background, since there are few of them among many states."""
    return RESTS if kind in ("stable", "marginal") else LEAVES


def kinds_found(points: FixedPoints) -> list[tuple[str, str, str]]:
    """Of each kind of point that was found: its mark, the mark's style, and its name."""
    return [(MARKS[kind], style_of(kind), kind) for kind in POINT_KINDS if points.count(kind)]


def count_text(points: FixedPoints) -> str:
    """The number of fixed points of each kind, in words."""
    counts = [(points.count(kind), kind) for kind in POINT_KINDS if points.count(kind)]
    if not counts:
        return "no fixed point"
    first, *others = (f"{count} {kind if count == 1 else PLURAL.get(kind, kind)}" for count, kind in counts)
    return ", ".join([f"{first} point{'' if counts[0][0] == 1 else 's'}" if "saddle" not in first else first, *others])


def point_text(readings: Readings, index: int) -> str:
    """A fixed point in words: its kind, the largest eigenvalue, what is predicted there, how often it was found."""
    points = readings.fixed_points
    if points is None or index >= len(points.kinds):
        return ""
    largest = float(np.abs(points.eigenvalues[index]).max(initial=0))
    form = readings.config.the_task.outputs
    if readings.config.has_classes:
        likeliest = int(points.outputs[index].argmax())
        says = f"p({symbol_name(form, likeliest)}) {points.outputs[index, likeliest]:.2f}"  # type: ignore[arg-type]
    else:
        says = f"says {' '.join(f'{value:.2f}' for value in points.outputs[index, :3].tolist())}"
    name = points.kinds[index] + ("" if points.kinds[index] == "saddle" else " point")
    found = f"{points.starts[index]} of {points.searches} searches ended here"
    return f"{name}: largest |eigenvalue| {largest:.2f}; {says}; {found}"

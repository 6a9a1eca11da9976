"""The numbers of the figure of the state's plane."""

from __future__ import annotations

import numpy as np

from echornn.readings import Readings, parts_of
from tui.figures.data import Column, FigureData, FigureRequest
from tui.figures.probed import nothing, readings_of
from tui.views.targets import groups_of, held_inputs


def plane_numbers(request: FigureRequest) -> FigureData:
    """States on the two first principal components, each with the group of its target, and the fixed points under a
    constant input of zeros, as in the view "plane".
    """
    readings, notes = readings_of(request, "plane", "fixed_points")
    plane, points = readings.plane, readings.fixed_points
    if plane is None:
        raise nothing(readings)
    groups = groups_of(readings.config.the_task.outputs, plane.targets)
    names = [groups.names[number] for number in groups.numbered(plane.targets).tolist()]
    states = two(plane.states)
    kinds = [] if points is None else list(points.kinds)
    part = next(iter(parts_of(readings.config).values()))
    places = states[:0] if points is None else two(plane.place(points.states[:, part.where]))
    both = np.concatenate([states, places])
    columns: dict[str, Column] = {
        "part": ["state"] * len(states) + ["fixed point"] * len(places),
        "group": [*(names or [""] * len(states)), *kinds],
        "z1": both[:, 0],
        "z2": both[:, 1],
    }
    facts = {
        "groups": list(groups.names),
        "of": groups.of,
        "borders": groups.borders.tolist(),
        "shares": two(plane.shares[np.newaxis]).tolist()[0],
        "readout": np.column_stack([plane.readout[:, 0], two(plane.readout[:, 1:])]).tolist(),
        "held": held_text(readings),
    }
    return FigureData(columns, facts, 3.2, notes)


def two(
    coordinates: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The coordinates on the two first components, float32 [n, 2]; 0 if there is no second one."""
    missing = np.zeros((len(coordinates), max(0, 2 - coordinates.shape[1])), np.float32)
    return np.concatenate([coordinates[:, :2], missing], axis=1)


def held_text(readings: Readings) -> str:
    """The constant input of the fixed points, in words."""
    points = readings.fixed_points
    held = () if points is None else tuple(points.held.tolist())
    return next((one.words for one in held_inputs(readings.config) if one.numbers == held), "a constant input")

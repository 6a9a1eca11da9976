"""The figure of the map of solutions: networks as points, as far apart as their states move
differently; and how far apart they are along the run."""

from __future__ import annotations

from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.arrays.solutions import SolutionsThere, solutions_along, solutions_at
from echornn.levels import can_be_solved
from tui.figures.data import FigureData, FigureRequest
from tui.figures.paper import MARKERS, draw_legend, line_style, number_axis
from tui.figures.style import COLOURS, SMALL, points

MARGIN = 0.12  # for the seeds beside medoids; chosen by eye


def solutions(request: FigureRequest) -> FigureData:
    """A point for each network, as in ``probe --solutions``; without a place, none."""
    run = read(request.run, request.trust, request.progress)
    where: dict[str, Any] = {"at": request.at, "branch": request.branch}
    if request.along:
        return _along([*solutions_along(run, request.along, **where)], run.notes)
    found, snapshot, networks = there = solutions_at(run, **where)
    notes = run.notes
    if snapshot.unlike is not None:
        notes += (str(snapshot.unlike),)
    groups = _groups(there)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for number, (name, is_member) in enumerate(groups.items()):
            look = {"color": COLOURS[number], "markersize": points(4), "label": name}
            axes.plot(*found.places[is_member].T, MARKERS[number], **look)
        for network in found.medoids:
            text = f" {found.seeds[network]}"
            axes.annotate(text, found.places[network], va="center", fontsize=SMALL)
        axes.margins(MARGIN)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set(
            xticks=[], yticks=[], xlabel=f"the plane shows {found.shown:.0%} of squared distances"
        )
        draw_legend(figure, axes, "upper")

    return FigureData(_columns(networks), draw, 3.0, notes)


def _groups(there: SolutionsThere) -> dict[str, Any]:
    """Which networks have a marker, by its name: clusters, if some are seen; else solved or not, if
    the task can be."""
    found, snapshot, networks = there
    if len(found.medoids) > 1:
        numbers = range(len(found.medoids))
        return {f"cluster {number + 1}": found.clusters == number for number in numbers}
    is_solved = np.array([row["solved_at"] is not None for row in networks])
    if not can_be_solved(snapshot.state.config):
        return {"network": ~is_solved}
    return {"solved": is_solved, "not solved": ~is_solved}


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {key: [row[key] for row in rows] for key in rows[0]}


def _along(records: list[dict[str, Any]], notes: tuple[str, ...]) -> FigureData:
    columns = _columns(records)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        lines = {"mean_distance": "all", "mean_distance_solved": "solved"}
        for number, (key, name) in enumerate(lines.items()):
            axes.plot(columns["window"], columns[key], label=name, **line_style(number))
        number_axis(axes.xaxis, "window")
        axes.set(ylim=(0, None), ylabel="mean angle between\nnetworks (radians)")
        draw_legend(figure, axes, "upper")

    return FigureData(columns, draw, 1.9, notes)

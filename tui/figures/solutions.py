"""The figure of the map of solutions: networks as points, as far apart as their states move
differently; and how far apart they are along the run."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.arrays.solutions import SolutionsThere, solutions_along, solutions_at
from echornn.levels import can_be_solved
from tui.figures.data import FigureData, FigureRequest
from tui.figures.paper import ARROW, MARKERS, Name, draw_legend, draw_names, line_style, number_axis
from tui.figures.style import COLOURS, INK, SMALL, points

# Chosen by eye
MARGIN = 0.08
SCALE = 0.25  # of the width, which the scale bar does not exceed
WAYS = 16  # from a medoid in which its seed may stand
FAR = (10, 16, 22)  # points from there
FREE = 9  # points around a seed without a network


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

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.set_axis_off()
        look: dict[str, Any]
        for name, is_member, place, filled in _groups(there):
            look = {"marker": MARKERS[place], "color": COLOURS[place], "fillstyle": filled}
            look |= {"markersize": points(4.5), "linestyle": "none", "label": name}
            axes.plot(*found.places[is_member].T, **look)
        look = {"marker": "o", "color": INK, "fillstyle": "none", "linestyle": "none"}
        look |= {"markersize": points(7), "label": "Most central: its seed"}
        axes.plot(*found.places[[*found.medoids]].T, **look)
        axes.margins(MARGIN)
        axes.set_aspect("equal", adjustable="datalim")
        draw_legend(figure, axes, "upper")
        _draw_scale(axes, found.shown)
        for network in found.medoids:
            _write_beside(axes, found.places, network, f"{found.seeds[network]}")

    alt = f"The plane shows {found.shown:.0%} of squared distances."
    return FigureData(_columns(networks), draw, 3.0, notes, alt)


class Group(NamedTuple):
    name: str
    is_member: Any  # [networks]
    place: int  # of its marker and colour
    filled: str


def _groups(there: SolutionsThere) -> list[Group]:
    """Networks that look alike: by cluster, if some are seen; filled if they solved the task, or if
    it cannot be solved."""
    found, snapshot, networks = there
    is_solved = np.array([row["solved_at"] is not None for row in networks])
    if not can_be_solved(snapshot.state.config):
        is_solved[:] = True
    groups = []
    for cluster in range(max(1, len(found.medoids))):
        name, is_member, other = "", np.ones_like(is_solved), 1
        if len(found.medoids) > 1:
            name, is_member, other = f"Cluster {cluster + 1}: ", found.clusters == cluster, cluster
        solved, unsolved = is_member & is_solved, is_member & ~is_solved
        groups.append(Group(f"{name}{solved.sum()} solved", solved, cluster, "full"))
        groups.append(Group(f"{name}{unsolved.sum()} not solved", unsolved, other, "none"))
    return [group for group in groups if group.is_member.any()]


def _draw_scale(axes: Any, shown: float) -> None:
    """Draw a bar below the axes that is as long as a round angle."""
    axes.figure.draw_without_rendering()  # only a finished layout has its limits
    left, right = axes.get_xlim()
    most = SCALE * (right - left)
    power = 10.0 ** math.floor(math.log10(most))
    length = power * max(step for step in (1, 2, 5) if step * power <= most)
    below = {"transform": axes.get_xaxis_transform(), "clip_on": False}
    axes.plot([left, left + length], [-0.03, -0.03], color=INK, linewidth=points(1.2), **below)
    text = f"  {length:g} rad; plane shows {shown:.0%} of squared distances"
    axes.text(left + length, -0.03, text, va="center", fontsize=SMALL, **below)


def _write_beside(axes: Any, places: Any, network: int, text: str) -> None:
    """Write a text beside a network, as near as none is covered, or else where they are
    farthest."""
    to_points = 72 / axes.figure.dpi
    from_it = (
        axes.transData.transform(places) - axes.transData.transform(places[network])
    ) * to_points
    from_it = from_it[np.isfinite(from_it).all(axis=1)]
    angles = np.linspace(0, 2 * math.pi, WAYS, endpoint=False)
    offsets = np.concatenate(
        [points(far) * np.stack([np.cos(angles), np.sin(angles)], 1) for far in FAR]
    )
    distances = np.linalg.norm(offsets[:, np.newaxis] - from_it, axis=-1).min(axis=1)
    is_free = distances > points(FREE)
    chosen = is_free.argmax() if is_free.any() else distances.argmax()
    look = {"textcoords": "offset points", "ha": "center", "va": "center", "fontsize": SMALL}
    axes.annotate(text, places[network], offsets[chosen], arrowprops=ARROW, **look)


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {key: [row[key] for row in rows] for key in rows[0]}


def _along(records: list[dict[str, Any]], notes: tuple[str, ...]) -> FigureData:
    columns = _columns(records)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        names = []
        lines = {"mean_distance": "all", "mean_distance_solved": "solved"}
        for number, (key, name) in enumerate(lines.items()):
            look = line_style(number, columns[key])
            axes.plot(columns["window"], columns[key], **look)
            if math.isfinite(columns[key][-1]):
                names.append(Name(name, columns[key][-1], look["color"]))
        number_axis(axes.xaxis, "window")
        axes.set(ylim=(0, None), ylabel="Mean angle between\nnetworks (radians)")
        draw_names(axes, names)

    return FigureData(columns, draw, 1.9, notes)

"""The figure of the plane of the state: two principal components, the groups of targets, fixed
points, and where the prediction changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.readings import StatePlane, parts_of
from echornn.tasks.task import Symbols
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import MARKERS, letters, plain, title_case
from tui.figures.probed import readings_for
from tui.figures.style import COLOURS, GREY, INK, PAPER, SMALL, points, shade_map
from tui.text.held_inputs import held_inputs
from tui.text.lines import point_count
from tui.text.targets import TargetGroups, groups_of

# Chosen by eye
FINE = 200  # places along each axis at which the prediction is computed
GROUP_COLOURS = COLOURS[:6]  # without black, which is for fixed points
DARKER = 0.55  # of a colour in those of the second round; the rest is ink
PALEST = 0.35  # of the shades: of the lowest range of numbers

POINTS = {
    "stable": ("o", "full"),
    "marginal": ("o", "bottom"),
    "saddle": ("x", "full"),
    "unstable": ("o", "none"),
    "slow": ("+", "full"),
    "in cycles": ("D", "none"),
}
"""The marker of each kind of fixed point, and which part of it is filled."""

NOTE = "grey lines are where the prediction changes if all other components are at their mean"


def plane(request: FigureRequest) -> FigureData:
    """States on two principal components, with the groups of their targets, and fixed points, as in
    the view; and of each output how it grows along both, and what it is where all components are
    0."""
    reading, readings, notes = readings_for(request, "plane", "fixed_points")
    config, found = readings.config, readings.fixed_points
    shown = _columns(request, reading)
    states = reading.states[:, shown]
    groups = groups_of(config.the_task.outputs, reading.targets)
    names = np.array([groups.names[number] for number in groups.numbered(reading.targets)])
    if not len(names):
        names = np.full(len(states), "")
    places, kinds = np.zeros((0, 2), np.float32), np.array([], str)
    if found is not None:
        part, *_ = parts_of(config).values()
        places = reading.place(found.all_states[:, part.where])[:, shown]
        in_cycles = ["in cycles"] * (len(places) - len(found.kinds))
        kinds = np.array([*found.kinds, *in_cycles], str)
    readout = reading.readout[:, [0, 1 + shown[0], 1 + shown[1]]]
    about = []
    if found is not None and len(kinds):
        about.append(f"Fixed points under {_held_words(config, found.held)}")
    if len(readout):
        about.append("lines: prediction changes")
    if len(readout) and reading.states.shape[1] > 2:
        notes += (NOTE,)
    rows = [("state", name, *place, None) for name, place in zip(names, states, strict=True)]
    for kind, place in zip(kinds, places, strict=True):
        rows.append(("fixed point", kind, *place, None))
    for output, (at_mean, *slopes) in zip(_output_names(config), readout, strict=False):
        rows.append(("read-out", output, *slopes, at_mean))
    heads = "part", "group", *(f"z{component}" for component in request.components), "at_mean"
    columns = dict(zip(heads, zip(*rows, strict=True), strict=True))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        _draw_legend(
            figure, _draw_states(axes, groups, states, names), title_case(groups.of), "upper"
        )
        resting = _draw_points(axes, places, kinds)
        axes.margins(0.08)
        if len(readout):
            _draw_borders(axes, groups, readout)
        _draw_legend(figure, resting, title_case("; ".join(about)), "lower")
        labels = [f"Component {z + 1} ({reading.shares[z]:.0%} of variance)" for z in shown]
        axes.set(xlabel=labels[0], ylabel=labels[1])
        axes.locator_params(nbins=5)

    return FigureData(columns, draw, 3.2, notes)


def _columns(request: FigureRequest, reading: StatePlane) -> list[int]:
    """The columns of the components that are across and up."""
    kept = reading.states.shape[1]
    if kept < 2:
        raise FigureError("a plane needs two units at least: nothing to draw")
    across, up = request.components
    if across == up or not {across, up} <= {*range(1, kept + 1)}:
        allowed = f"two different ones of 1 to {kept}"
        raise FigureError(f"components = {across},{up} cannot be used: {allowed}")
    return [across - 1, up - 1]


def _output_names(config: EchoConfig) -> list[str]:
    form = config.the_task.outputs
    first = 0 if isinstance(form, Symbols) else 1
    return [*(form.names or map(str, range(first, first + form.count)))]


def _held_words(config: EchoConfig, held: Any) -> str:
    numbers = tuple(held.tolist())
    for choice in held_inputs(config):
        if choice.numbers == numbers:
            return choice.words
    return "a constant input"


def _colours(groups: TargetGroups) -> list[Any]:
    """A colour for each group: of ranges the shades from low to high; else those of the style, and
    then these darkened by ink."""
    from matplotlib.colors import to_rgb

    count = len(groups.names)
    if groups.are_ordered:
        return [*shade_map()(np.linspace(PALEST, 1, count))]
    ink = np.array(to_rgb(INK))
    colours = [np.array(to_rgb(colour)) for colour in GROUP_COLOURS]
    colours += [DARKER * colour + (1 - DARKER) * ink for colour in colours]
    return [tuple(colours[number % len(colours)]) for number in range(count)]


def _draw_states(axes: Any, groups: TargetGroups, states: Any, names: Any) -> list[Any]:
    """Draw the states of each group that there is, and return what the legend has of them."""
    look = {"markersize": points(2.2), "markeredgewidth": 0, "alpha": 0.75, "linestyle": "none"}
    axes.plot(*states[names == ""].T, marker="o", color=GREY, **look)
    drawn = []
    for number, (name, colour) in enumerate(zip(groups.names, _colours(groups), strict=True)):
        if not (names == name).any():
            continue
        marker = MARKERS[number % len(MARKERS)]
        drawn += axes.plot(
            *states[names == name].T, marker=marker, color=colour, label=plain(name), **look
        )
    return drawn


def _draw_points(axes: Any, places: Any, kinds: Any) -> list[Any]:
    drawn = []
    for kind, (marker, filled) in POINTS.items():
        x, y = places[kinds == kind].T
        if len(x):
            look = {"color": INK, "markersize": points(4.5), "fillstyle": filled}
            look |= {"markeredgewidth": points(0.8), "linestyle": "none"}
            if kind == "stable":
                look["markeredgecolor"] = PAPER  # so that neighbours are told apart
            drawn += axes.plot(x, y, marker=marker, label=point_count(len(x), kind), **look)
    return drawn


def _draw_borders(axes: Any, groups: TargetGroups, readout: Any) -> None:
    """Draw lines between the predictions, by the output's weights [outputs, (at the mean, across,
    up)]."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    x, y = np.meshgrid(np.linspace(left, right, FINE), np.linspace(low, high, FINE))
    readout = readout.astype(np.float64)
    outputs = readout[:, 0] + np.stack([x, y], axis=-1) @ readout[:, 1:].T
    look = {"colors": GREY, "linewidths": points(0.7), "linestyles": "-"}
    if groups.borders.size:
        for channel, values in enumerate(groups.borders):
            axes.contour(x, y, outputs[..., channel], sorted(set(values.tolist())), **look)
        return
    for symbol in range(outputs.shape[-1]):
        others = np.delete(outputs, symbol, axis=-1).max(axis=-1)
        axes.contour(x, y, outputs[..., symbol] - others, [0], **look)


def _draw_legend(figure: Any, lines: Sequence[Any], title: str, side: str) -> None:
    """Put the legend of lines above or below the axes ("upper", "lower"), in columns that have room
    and are about as long."""
    longest = 5 + max((len(line.get_label()) for line in lines), default=0)
    most = max(1, letters(figure.get_figwidth()) // longest)
    rows = max(1, -(-len(lines) // most))
    look = {"title": title, "title_fontsize": SMALL, "handlelength": 1, "handletextpad": 0.5}
    look |= {"ncols": max(1, -(-len(lines) // rows)), "markerscale": 1.3}
    figure.legend(handles=lines, loc=f"outside {side} center", **look)

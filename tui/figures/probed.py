"""The figures that need probes: memory and gradient by lag, weights and eigenvalues, the plane of
the state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.config import EchoConfig
from echornn.data import source_lags
from echornn.readings import Kind, Matrices, Readings, parts_of
from tui.figures import along
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import MARKERS, draw_legend, mark, name_axis, number_axis, plain
from tui.figures.style import (
    BLUE,
    COLOURS,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SMALL,
    SMALLEST,
    points,
)
from tui.text.held_inputs import held_inputs
from tui.text.lines import point_count, source_name
from tui.text.targets import TargetGroups, groups_of

# Chosen by eye
ACROSS = 3  # panels of weights side by side
MOST_NAMES = 9  # of the rows or columns of a matrix
MOST_LETTERS = 20  # of names that lie flat
MOST_LARGE = 64  # eigenvalues that have large markers
FINE = 200  # places along each axis of the plane at which the prediction is computed
GROUP_COLOURS = COLOURS[:6]  # without black, which is for fixed points, and grey

POINTS = {
    "stable": ("o", "full"),
    "marginal": ("o", "bottom"),
    "saddle": ("x", "full"),
    "unstable": ("o", "none"),
    "slow": ("+", "full"),
    "in cycles": ("D", "none"),
}
"""The marker of each kind of fixed point, and which part of it is filled."""


def readings_for(request: FigureRequest, *kinds: Kind) -> tuple[Any, Readings, tuple[str, ...]]:
    """The reading of the first kind at the position, all of them, and notes."""
    opened = read(request.run, request.trust, request.progress)
    snapshot = opened.snapshot(request.at, request.branch, request.replica, retrain=True)
    notes = opened.notes
    if snapshot.unlike is not None:
        notes += (str(snapshot.unlike),)
    readings = opened.examined(snapshot, kinds)
    reading = getattr(readings, kinds[0])
    if reading is None:
        raise FigureError(
            f"the weights are not finite after window {readings.window}: nothing to draw"
        )
    return reading, readings, notes


def _sources(config: EchoConfig, lags: int) -> Any:
    """Whether a target depends on the input at a lag, [lags]."""
    return np.isin(np.arange(lags), source_lags(config))


def _mark_reach(axes: Any, config: EchoConfig, lags: int) -> None:
    reach = config.reach
    if reach is not None and reach < lags:
        mark(axes, reach, f"T = {reach}", linewidth=points(0.7))


# ---- by lag


def memory(request: FigureRequest) -> FigureData:
    """For each lag, r2 of the best linear read-out of the input, as in ``probe``."""
    if request.along:
        return along.picture(request, "memory")
    reading, readings, notes = readings_for(request, "memory")
    config = readings.config
    lags, channels = reading.channels.shape
    names = getattr(config.the_task.inputs, "names", ())
    if len(names) != channels:
        names = range(1, channels + 1)
    is_source = _sources(config, lags)
    columns: dict[str, Any] = {"lag": range(lags), "r2": reading.by_lag}
    for name, r2 in zip(names, reading.channels.T, strict=True):
        columns[f"r2 {name}"] = r2
    columns["source"] = is_source.astype(int)
    return FigureData(columns, partial(_draw_memory, config, reading, is_source), 1.9, notes)


def _draw_memory(config: EchoConfig, reading: Any, is_source: Any, figure: Any) -> None:
    """Draw a bar for each lag; those on which targets depend are hatched."""
    axes = figure.add_subplot()
    r2 = reading.by_lag
    lags = np.arange(len(r2))
    others = ~is_source
    bars = {"edgecolor": INK, "linewidth": min(0.5, 20 / len(lags))}
    axes.bar(lags[others], r2[others], 0.8, label="other lags", color=COLOURS[4], **bars)
    if is_source.any():
        bars |= {"label": f"lag of the {source_name(config)}", "hatch": "/////"}
        axes.bar(lags[is_source], r2[is_source], 0.8, color=ORANGE, **bars)
    _mark_reach(axes, config, len(lags))
    number_axis(axes.xaxis, "lag (steps)")
    axes.set(ylim=(0, 1.02), ylabel="r² of a linear read-out")
    title = ", ".join(filter(None, (reading.total_text, reading.lags_text)))
    axes.set_title(title.replace("+-", "±"), fontsize=SMALL)
    draw_legend(figure, axes, "upper")


def gradient(request: FigureRequest) -> FigureData:
    """For each lag, the size of the gradient; for each number of steps followed back, its bias, as
    in ``probe``."""
    if request.along:
        return along.picture(request, "gradient_by_lag")
    reading, readings, notes = readings_for(request, "gradient")
    config = readings.config
    sizes, bias = reading.by_lag, reading.bias
    spread = np.broadcast_to(reading.bias_spread, bias.shape)
    lags = np.arange(len(sizes))
    is_source = _sources(config, len(sizes))
    columns: dict[str, Any] = {
        "lag": lags,
        "gradient": sizes,
        "source": is_source.astype(int),
        "steps": 1 + lags,
        "bias": bias,
        "bias_spread": spread,
    }

    def draw(figure: Any) -> None:
        upper, lower = figure.subplots(2, 1)
        _draw_sizes(upper, config, sizes, is_source)
        _draw_bias(lower, config, bias, spread)
        lower.set_xlim(upper.get_xlim())

    return FigureData(columns, draw, 3.0, notes)


def _draw_sizes(axes: Any, config: EchoConfig, sizes: Any, is_source: Any) -> None:
    lags = np.arange(len(sizes))
    has_logarithm = np.isfinite(sizes) & (sizes > 0)
    marked = has_logarithm & is_source
    axes.plot(
        lags[has_logarithm], sizes[has_logarithm], color=BLUE, marker="o", markersize=points(3)
    )
    label = f"lag of the {source_name(config)}"
    axes.plot(lags[marked], sizes[marked], "D", color=ORANGE, markersize=points(5), label=label)
    if has_logarithm.any():
        axes.set_yscale("log")
    _mark_reach(axes, config, len(lags))
    number_axis(axes.xaxis, "lag (steps)")
    unit = config.the_task.outputs.unit or config.the_task.outputs.loss
    label = f"gradient\n({unit} per\nunit of state)"
    if len(unit) < 6:
        label = f"gradient ({unit}\nper unit of state)"
    axes.set_ylabel(label)
    if marked.any():
        axes.legend(loc="best")


def _draw_bias(axes: Any, config: EchoConfig, bias: Any, spread: Any) -> None:
    is_known = np.isfinite(bias) & np.isfinite(spread)
    if not is_known.any():
        axes.text(0.1, 0.5, "not known", transform=axes.transAxes, color=GREY)
        axes.set_yticks([])
    steps = np.arange(1, 1 + len(bias))[is_known]
    low, high = (bias - spread)[is_known], (bias + spread)[is_known]
    axes.fill_between(steps, low, high, color=BLUE, alpha=0.3, linewidth=0)
    axes.plot(steps, bias[is_known], color=BLUE, marker="s", markersize=points(2.5))
    _mark_reach(axes, config, len(bias))
    number_axis(axes.xaxis, "steps followed back")
    axes.set(ylim=(0, None), ylabel="relative bias\nof the gradient")


# ---- weights


def weights(request: FigureRequest) -> FigureData:
    """Each weight of each matrix, and the eigenvalues of the recurrent matrices, as in the view
    "weights"."""
    matrices, _, notes = readings_for(request, "weights")
    rows: list[tuple[Any, ...]] = []
    for name, values in matrices.weights.items():
        sources, targets = matrices.rows[name], matrices.columns[name]
        for (row, column), value in np.ndenumerate(values):
            rows.append(("weight", name, row, column, sources[row], targets[column], value, None))
    for matrix in matrices.recurrent:
        for row, value in enumerate(matrix.eigenvalues):
            unknown = None, None, None
            rows.append(("eigenvalue", matrix.name, row, *unknown, value.real, value.imag))
    names = ("part", "matrix", "row", "column", "from", "to", "value", "imaginary")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    panels = len(matrices.weights) + bool(_with_eigenvalues(matrices))
    height = 0.6 + 1.3 * -(-panels // ACROSS)
    return FigureData(columns, partial(_draw_weights, matrices), height, notes)


def _with_eigenvalues(matrices: Matrices) -> dict[str, Any]:
    eigenvalues = {matrix.name: matrix.eigenvalues for matrix in matrices.recurrent}
    return {name: values for name, values in eigenvalues.items() if len(values)}


def _draw_weights(matrices: Matrices, figure: Any) -> None:
    """Draw a panel for each matrix, biases with shades of their own, and one for the eigenvalues,
    if there are any."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    eigenvalues = _with_eigenvalues(matrices)
    count = len(matrices.weights) + bool(eigenvalues)
    across = 2 if count == 4 else min(ACROSS, count)
    panels = list(figure.subplots(-(-count // across), across, squeeze=False).flat)

    sizes, biases, most = {}, set(), 0.0
    for name, values in matrices.weights.items():
        sizes[name] = float(np.abs(values).max(initial=0.0))
        if {*matrices.rows[name]} <= {"bias", name}:
            biases.add(name)
        else:
            most = max(most, sizes[name])
    most = most or 1.0
    for axes, (name, size) in zip(panels, sizes.items(), strict=False):
        title, ends = name, most
        if name in biases:
            title, ends = f"{name}, ±{size:.2g}", size or 1.0
        axes.set_title(title)
        _draw_matrix(axes, matrices, name, ends)
    shades = ScalarMappable(Normalize(-most, most))
    look = {"location": "bottom", "aspect": 40, "pad": 0.03, "ticks": MaxNLocator(6)}
    bar = figure.colorbar(shades, ax=panels[: len(sizes)], **look)
    label = "weight"
    if biases:
        label += "; ± in a title: that panel's own ends"
    bar.set_label(label, fontsize=7)
    if eigenvalues:
        _draw_eigenvalues(panels[len(sizes)], eigenvalues)
    for axes in panels[count:]:
        axes.remove()


def _draw_matrix(axes: Any, matrices: Matrices, name: str, most: float) -> None:
    """Draw a matrix: rows are where a weight comes from, columns where it goes to.

    Of many names some are shown.
    """
    look = {"aspect": "auto", "interpolation": "nearest"}
    axes.imshow(matrices.weights[name], vmin=-most, vmax=most, **look)
    axes.tick_params(length=0, labelsize=6)
    columns = matrices.columns[name]
    name_axis(axes.yaxis, matrices.rows[name], MOST_NAMES)
    name_axis(axes.xaxis, columns, MOST_NAMES, MOST_LETTERS)
    _draw_gates(axes, [column.rstrip("0123456789 =") for column in columns])
    axes.spines[["top", "right"]].set_visible(True)


def _draw_gates(axes: Any, gates: Sequence[str]) -> None:
    """Part the columns of several gates, and name these instead; without gates, do nothing."""
    starts = [0]
    for place in range(1, len(gates)):
        if gates[place] != gates[place - 1]:
            starts.append(place)
    if not 1 < len(starts) < len(gates):
        return
    for start in starts[1:]:
        axes.axvline(start - 0.5, color=PAPER, linewidth=points(0.8))
    middle = len(gates) / len(starts) / 2 - 0.5
    names = [plain(gates[start]) for start in starts]
    axes.set_xticks([start + middle for start in starts], names, rotation=90)


def _draw_eigenvalues(axes: Any, eigenvalues: dict[str, Any]) -> None:
    angles = np.linspace(0, 2 * math.pi, 200)
    axes.plot(np.cos(angles), np.sin(angles), color=GREY, linewidth=points(0.6))
    for number, (name, values) in enumerate(eigenvalues.items()):
        marker = MARKERS[number % len(MARKERS)]
        look = {
            "color": COLOURS[number % len(COLOURS)],
            "markersize": points(3) if len(values) <= MOST_LARGE else 1,
            "fillstyle": "none" if number else "full",
        }
        axes.plot(values.real, values.imag, marker, label=name, **look)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title("eigenvalues")
    axes.tick_params(labelsize=6)
    axes.axhline(0, color=GREY, linewidth=points(0.4))
    axes.axvline(0, color=GREY, linewidth=points(0.4))
    if len(eigenvalues) > 1:
        look = {"fontsize": SMALLEST, "ncols": min(4, len(eigenvalues)), "columnspacing": 1}
        axes.figure.legend(loc="outside lower center", **look)


# ---- the plane


def plane(request: FigureRequest) -> FigureData:
    """States on two principal components, with the groups of their targets, and fixed points, as in
    the view."""
    reading, readings, notes = readings_for(request, "plane", "fixed_points")
    config = readings.config
    states = reading.states[:, :2]
    if states.shape[1] < 2:
        raise FigureError("a plane needs two units at least: nothing to draw")
    groups = groups_of(config.the_task.outputs, reading.targets)
    names = np.array([groups.names[number] for number in groups.numbered(reading.targets)])
    if not len(names):
        names = np.full(len(states), "")
    title = plain(groups.of)
    places, kinds = np.zeros((0, 2), np.float32), np.array([], str)
    points = readings.fixed_points
    if points is not None:
        part, *_ = parts_of(config).values()
        places = reading.place(points.all_states[:, part.where])[:, :2]
        in_cycles = ["in cycles"] * (len(places) - len(points.kinds))
        kinds = np.array([*points.kinds, *in_cycles], str)
        if len(kinds):
            title += f"; fixed points under {_held_words(config, points.held)}"
    z1, z2 = np.concatenate([states, places]).T
    parts = ["state"] * len(states) + ["fixed point"] * len(places)
    columns = {"part": parts, "group": [*names, *kinds], "z1": z1, "z2": z2}

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        _draw_states(axes, groups, states, names)
        _draw_points(axes, places, kinds)
        axes.margins(0.08)
        _draw_borders(axes, groups, reading.readout[:, :3].astype(np.float64))
        first, second = (f"{share:.0%} of variance" for share in reading.shares[:2])
        axes.set(xlabel=f"component 1 ({first})", ylabel=f"component 2 ({second})")
        look = {"title_fontsize": SMALL, "fontsize": SMALL, "ncols": 4, "markerscale": 1.5}
        figure.legend(title=title, loc="outside upper center", **look)

    return FigureData(columns, draw, 3.2, notes)


def _held_words(config: EchoConfig, held: Any) -> str:
    numbers = tuple(held.tolist())
    for choice in held_inputs(config):
        if choice.numbers == numbers:
            return choice.words
    return "a constant input"


def _draw_states(axes: Any, groups: TargetGroups, states: Any, names: Any) -> None:
    for number, name in enumerate(groups.names):
        marker = MARKERS[number % len(MARKERS)]
        colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
        look = {"markersize": points(2), "alpha": 0.6, "label": plain(name)}
        axes.plot(*states[names == name].T, marker, color=colour, **look)
    axes.plot(*states[names == ""].T, ".", color=GREY, markersize=points(2))


def _draw_points(axes: Any, places: Any, kinds: Any) -> None:
    for kind, (marker, filled) in POINTS.items():
        x, y = places[kinds == kind].T
        if len(x):
            look = {"color": INK, "markersize": points(4), "fillstyle": filled}
            axes.plot(x, y, marker, label=point_count(len(x), kind), **look)


def _draw_borders(axes: Any, groups: TargetGroups, readout: Any) -> None:
    """Draw lines between the predictions, by the output's weights [outputs, (bias, z1, z2)]."""
    if not len(readout):
        return
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    x, y = np.meshgrid(np.linspace(left, right, FINE), np.linspace(low, high, FINE))
    outputs = readout[:, 0] + np.stack([x, y], axis=-1) @ readout[:, 1:].T
    look = {"colors": GREY, "linewidths": 0.7}
    if groups.borders.size:
        for channel, values in enumerate(groups.borders):
            axes.contour(x, y, outputs[..., channel], sorted(set(values.tolist())), **look)
        return
    for symbol in range(outputs.shape[-1]):
        others = np.delete(outputs, symbol, axis=-1).max(axis=-1)
        axes.contour(x, y, outputs[..., symbol] - others, [0], linestyles="-", **look)

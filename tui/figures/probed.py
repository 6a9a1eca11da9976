"""The figures that need probes: memory and gradient by lag, weights and eigenvalues, the plane of
the state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.data import source_lags
from echornn.readings import Kind, Matrices, Readings, parts_of
from tui.figures import along
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import (
    COLOURS,
    GREY,
    MARKERS,
    SHADES,
    legend,
    mark,
    names_along,
    plain,
    whole_numbers,
)
from tui.text.lines import source_name
from tui.text.targets import TargetGroups, groups_of, held_inputs

ACROSS = 3  # panels of weights side by side
# Rows or columns of a matrix that have names; letters of names that lie flat
MOST_NAMES, MOST_LETTERS = 9, 20
FINE = 200  # places along each axis of the plane at which the prediction is computed

POINTS = {
    "stable": ("o", "full"),
    "marginal": ("o", "bottom"),
    "saddle": ("x", "full"),
    "unstable": ("o", "none"),
    "slow": ("+", "full"),
}
"""The marker of each kind of fixed point, and which part of it is filled."""


def _readings(request: FigureRequest, *kinds: Kind) -> tuple[Any, Readings, tuple[str, ...]]:
    """The reading of the first kind at the position, all of them, and notes."""
    opened = read(request.run, request.trust, request.progress)
    snapshot = opened.snapshot(request.at, request.branch, request.replica, retrain=True)
    unlike = () if snapshot.unlike is None else (str(snapshot.unlike),)
    readings = opened.examined(snapshot, kinds)
    if (found := getattr(readings, kinds[0])) is None:
        raise FigureError(
            f"the weights are not finite after window {readings.window}: nothing to draw"
        )
    return found, readings, (*opened.notes, *unlike)


def _lags(readings: Readings, lags: int) -> dict[str, Any]:
    """The columns of lags: 1 where a target depends on the input at that lag."""
    sources = source_lags(readings.config)
    return {"lag": range(lags), "source": [int(lag in sources) for lag in range(lags)]}


def memory(request: FigureRequest) -> FigureData:
    """For each lag, r2 of the best linear read-out of the input, as in ``probe``."""
    if request.along:
        return along.picture(request, "memory")
    found, readings, notes = _readings(request, "memory")
    config = readings.config
    r2, channels = found.by_lag, found.channels
    names = list(getattr(config.the_task.inputs, "names", ()))
    names = (
        names
        if len(names) == channels.shape[1]
        else [str(number + 1) for number in range(channels.shape[1])]
    )
    by_channel = {f"r2 {name}": channels[:, number] for number, name in enumerate(names)}
    at = _lags(readings, len(r2))
    columns: dict[str, Any] = {"lag": at["lag"], "r2": r2, **by_channel, "source": at["source"]}

    def draw(figure: Any) -> None:
        """The lags on which targets depend are hatched."""
        axes = figure.add_subplot()
        lags, sources = np.arange(len(r2)), np.array(at["source"]) > 0
        bars = {"edgecolor": "black", "linewidth": min(0.5, 20 / len(lags))}
        axes.bar(lags[~sources], r2[~sources], 0.8, label="other lags", color=COLOURS[4], **bars)
        if sources.any():
            bars |= {"label": f"lag of the {source_name(config)}", "hatch": "/////"}
            axes.bar(lags[sources], r2[sources], 0.8, color=COLOURS[1], **bars)
        _cut_line(axes, config.reach, len(lags))
        whole_numbers(axes.xaxis, "lag (steps)")
        axes.set(ylim=(0, 1.02), ylabel="r² of a linear read-out")
        total = ", ".join(filter(None, (found.total_text, found.lags_text)))
        axes.set_title(total.replace("+-", "±"), fontsize=6)
        legend(figure, axes, "upper")

    return FigureData(columns, draw, 1.9, notes)


def _cut_line(axes: Any, reach: int | None, lags: int) -> None:
    if reach is not None and reach < lags:
        mark(axes, reach, f"T = {reach}", linewidth=0.7)


def gradient(request: FigureRequest) -> FigureData:
    """For each lag, the size of the gradient; for each number of steps followed back, its bias, as
    in ``probe``."""
    if request.along:
        return along.picture(request, "gradient_by_lag")
    found, readings, notes = _readings(request, "gradient")
    config = readings.config
    sizes, bias, spread = (
        found.by_lag,
        found.bias,
        np.broadcast_to(found.bias_spread, found.bias.shape),
    )
    lags, at = np.arange(len(sizes)), _lags(readings, len(sizes))
    columns: dict[str, Any] = {
        "lag": lags,
        "gradient": sizes,
        "source": at["source"],
        "steps": 1 + lags,
    }
    columns |= {"bias": bias, "bias_spread": spread}

    def draw(figure: Any) -> None:
        upper, lower = figure.subplots(2, 1)
        there = np.isfinite(sizes) & (sizes > 0)
        marked = there & (np.array(at["source"]) > 0)
        upper.plot(lags[there], sizes[there], color=COLOURS[0], marker="o", markersize=3)
        label = f"lag of the {source_name(config)}"
        upper.plot(lags[marked], sizes[marked], "D", color=COLOURS[1], markersize=5, label=label)
        if there.any():
            upper.set_yscale("log")
        _cut_line(upper, config.reach, len(lags))
        whole_numbers(upper.xaxis, "lag (steps)")
        unit = config.the_task.outputs.unit or config.the_task.outputs.loss
        long = f"gradient\n({unit} per\nunit of state)"
        upper.set_ylabel(f"gradient ({unit}\nper unit of state)" if len(unit) < 6 else long)
        if marked.any():
            upper.legend(loc="best")
        known = np.isfinite(bias) & np.isfinite(spread)
        if not known.any():
            lower.text(0.1, 0.5, "not known", transform=lower.transAxes, color=GREY)
            lower.set_yticks([])
        steps, low, high = (1 + lags)[known], (bias - spread)[known], (bias + spread)[known]
        lower.fill_between(steps, low, high, color=COLOURS[0], alpha=0.3, linewidth=0)
        lower.plot(steps, bias[known], color=COLOURS[0], marker="s", markersize=2.5)
        _cut_line(lower, config.reach, len(lags))
        whole_numbers(lower.xaxis, "steps followed back")
        lower.set(xlim=upper.get_xlim(), ylim=(0, None), ylabel="relative bias\nof the gradient")

    return FigureData(columns, draw, 3.0, notes)


def weights(request: FigureRequest) -> FigureData:
    """Each weight of each matrix, and the eigenvalues of the recurrent matrices, as in the view
    "weights"."""
    matrices, _, notes = _readings(request, "weights")
    rows: list[tuple[Any, ...]] = [
        (
            "weight",
            name,
            row,
            column,
            matrices.rows[name][row],
            matrices.columns[name][column],
            value,
            None,
        )
        for name, values in matrices.weights.items()
        for (row, column), value in np.ndenumerate(values)
    ]
    rows += [
        ("eigenvalue", one.name, row, None, None, None, value.real, value.imag)
        for one in matrices.recurrent
        for row, value in enumerate(one.eigenvalues)
    ]
    names = ("part", "matrix", "row", "column", "from", "to", "value", "imaginary")
    panels = -(
        -(len(matrices.weights) + any(len(one.eigenvalues) for one in matrices.recurrent)) // 3
    )
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return FigureData(
        columns, lambda figure: _draw_weights(matrices, figure), 0.6 + 1.3 * panels, notes
    )


def _draw_weights(matrices: Matrices, figure: Any) -> None:
    """Draw a panel for each matrix, biases with shades of their own, and one for the eigenvalues,
    if there are any."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    recurrent = [one for one in matrices.recurrent if len(one.eigenvalues)]
    count = len(matrices.weights) + bool(recurrent)
    across = 2 if count == 4 else min(ACROSS, count)
    panels = list(figure.subplots(-(-count // across), across, squeeze=False).flat)
    sizes = {
        name: float(np.abs(values).max(initial=0.0)) for name, values in matrices.weights.items()
    }
    apart = {name for name in sizes if {*matrices.rows[name]} <= {"bias", name}}
    most = max((size for name, size in sizes.items() if name not in apart), default=0.0) or 1.0
    for axes, (name, size) in zip(panels, sizes.items(), strict=False):
        axes.set_title(f"{name}, ±{size:.2g}" if name in apart else name)
        ends = (size or 1.0) if name in apart else most
        _draw_matrix(
            axes, matrices.weights[name], matrices.rows[name], matrices.columns[name], ends
        )
    shades = ScalarMappable(Normalize(-most, most), SHADES)
    look = {"location": "bottom", "aspect": 40, "pad": 0.03, "ticks": MaxNLocator(6)}
    bar = figure.colorbar(shades, ax=panels[: len(sizes)], **look)
    bar.set_label("weight; ± in a title: that panel's own ends" if apart else "weight", fontsize=7)
    if recurrent:
        _draw_eigenvalues(panels[len(sizes)], {one.name: one.eigenvalues for one in recurrent})
    for axes in panels[count:]:
        axes.remove()


def _draw_matrix(
    axes: Any, values: Any, down: Sequence[str], across: Sequence[str], most: float
) -> None:
    """Draw a matrix: rows are where a weight comes from, columns where it goes to.

    Of many names some are shown.
    """
    axes.imshow(values, cmap=SHADES, vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    axes.tick_params(length=0, labelsize=6)
    names_along(axes.yaxis, down, MOST_NAMES)
    names_along(axes.xaxis, across, MOST_NAMES, MOST_LETTERS)
    gates = [name.rstrip("0123456789 =") for name in across]
    starts = [place for place, gate in enumerate(gates) if place == 0 or gate != gates[place - 1]]
    if 1 < len(starts) < len(gates):
        for start in starts[1:]:
            axes.axvline(start - 0.5, color="white", linewidth=0.8)
        middle = len(gates) / len(starts) / 2 - 0.5
        axes.set_xticks(
            [start + middle for start in starts],
            [plain(gates[start]) for start in starts],
            rotation=90,
        )
    axes.spines[["top", "right"]].set_visible(True)


def _draw_eigenvalues(axes: Any, eigenvalues: dict[str, Any]) -> None:
    angles = np.linspace(0, 2 * math.pi, 200)
    axes.plot(np.cos(angles), np.sin(angles), color=GREY, linewidth=0.6)
    for number, (name, values) in enumerate(eigenvalues.items()):
        look = {
            "color": COLOURS[number % len(COLOURS)],
            "markersize": 3 if len(values) <= 64 else 1,
            "label": name,
        }
        look["fillstyle"] = "none" if number else "full"
        axes.plot(values.real, values.imag, MARKERS[number % len(MARKERS)], **look)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title("eigenvalues")
    axes.tick_params(labelsize=6)
    axes.axhline(0, color=GREY, linewidth=0.4)
    axes.axvline(0, color=GREY, linewidth=0.4)
    if len(eigenvalues) > 1:
        axes.figure.legend(
            fontsize=5, loc="outside lower center", ncols=min(4, len(eigenvalues)), columnspacing=1
        )


def plane(request: FigureRequest) -> FigureData:
    """States on two principal components, with the groups of their targets, and fixed points, as in
    the view."""
    found, readings, notes = _readings(request, "plane", "fixed_points")
    points = readings.fixed_points
    if found.states.shape[1] < 2:
        raise FigureError("a plane needs two units at least: nothing to draw")
    groups = groups_of(readings.config.the_task.outputs, found.targets)
    states, places, kinds, held = (
        found.states[:, :2],
        np.zeros((0, 2), np.float32),
        np.array([], str),
        "",
    )
    names = np.array(
        [groups.names[number] for number in groups.numbered(found.targets)] or [""] * len(states)
    )
    if points is not None:
        part = next(iter(parts_of(readings.config).values()))
        places, kinds = (
            found.place(points.states[:, part.where])[:, :2],
            np.array(points.kinds, str),
        )
        numbers = tuple(points.held.tolist())
        held = next(
            (one.words for one in held_inputs(readings.config) if one.numbers == numbers),
            "a constant input",
        )
    both = np.concatenate([states, places])
    parts = ["state"] * len(states) + ["fixed point"] * len(places)
    columns = {"part": parts, "group": [*names, *kinds], "z1": both[:, 0], "z2": both[:, 1]}

    def draw(figure: Any) -> None:
        """The states by the group of their target, the borders between predictions, and the fixed
        points."""
        axes = figure.subplots()
        for number, name in enumerate(groups.names):
            look = {
                "color": COLOURS[number % 6],
                "markersize": 2,
                "alpha": 0.6,
                "label": plain(name),
            }
            axes.plot(*states[names == name].T, MARKERS[number % len(MARKERS)], **look)
        axes.plot(*states[names == ""].T, ".", color=GREY, markersize=2)
        for kind, (marker, filled) in POINTS.items():
            if count := int((kinds == kind).sum()):
                label = f"{count} {kind}{'s' if kind == 'saddle' and count > 1 else ''}"
                axes.plot(
                    *places[kinds == kind].T,
                    marker,
                    color="black",
                    markersize=4,
                    fillstyle=filled,
                    label=label,
                )
        axes.margins(0.08)
        _draw_borders(axes, groups, found.readout[:, :3].astype(np.float64))
        first, second = (
            f"component {1 + one} ({found.shares[one]:.0%} of variance)" for one in (0, 1)
        )
        axes.set(xlabel=first, ylabel=second)
        title = plain(groups.of) + (f"; fixed points under {held}" if len(kinds) else "")
        figure.legend(
            title=title,
            title_fontsize=6,
            fontsize=6,
            loc="outside upper center",
            ncols=4,
            markerscale=1.5,
        )

    return FigureData(columns, draw, 3.2, notes)


def _draw_borders(axes: Any, groups: TargetGroups, readout: Any) -> None:
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

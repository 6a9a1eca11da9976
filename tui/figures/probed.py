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
from echornn.readings import Kind, Matrices, Readings
from tui.figures import along
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import MARKERS, draw_legend, name_axis, number_axis, plain
from tui.figures.style import (
    BLUE,
    COLOURS,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SMALL,
    points,
)
from tui.text.lines import source_name

# Chosen by eye
ACROSS = 3  # panels of weights side by side
STRIP = 0.14  # of a matrix's height: for biases below it
MOST_NAMES = 9  # of the rows or columns of a matrix
MOST_NUMBERS = 6  # of columns
MOST_LETTERS = 20  # of names that lie flat
MOST_DOTS = 60  # on a line, of which more run into each other
MOST_LARGE = 64  # eigenvalues that have large markers


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


def _mark_lags(axes: Any, config: EchoConfig, lags: int, sources: Any) -> None:
    """Draw a line at T, and name it and the first lag of a source above the axes, where nothing is
    covered."""
    names = {int(lag): source_name(config) for lag in sources[:1]}
    reach = config.reach
    if reach is not None and reach < lags:
        axes.axvline(reach, color=INK, linewidth=points(0.7), linestyle=(0, (4, 2)))
        names[reach] = ", ".join([*filter(None, [names.get(reach)]), f"T = {reach}"])
    above = axes.secondary_xaxis("top")
    above.spines["top"].set_visible(False)
    above.tick_params(length=0, pad=1)
    above.set_xticks(sorted(names), [names[lag] for lag in sorted(names)])
    labels = above.get_xticklabels()
    if len(labels) > 1:
        # Neighbours do not run into each other
        labels[0].set_ha("right")
        labels[1].set_ha("left")
    for label, lag in zip(labels, sorted(names), strict=True):
        label.set_color(ORANGE if lag in sources else INK)


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
    """Draw a bar for each lag; those on which targets depend have a colour of their own."""
    axes = figure.add_subplot()
    r2 = reading.by_lag
    lags = np.arange(len(r2))
    axes.bar(lags, r2, 0.8, color=np.where(is_source, ORANGE, COLOURS[4]))
    _mark_lags(axes, config, len(lags), lags[is_source])
    number_axis(axes.xaxis, "lag (steps)")
    axes.set(ylim=(0, 1), yticks=(0, 0.5, 1), ylabel="r² of a linear read-out")
    title = ", ".join(filter(None, (reading.total_text, reading.lags_text)))
    axes.set_title(title.replace("+-", "±"), fontsize=SMALL)


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

    is_known = np.isfinite(bias) & np.isfinite(spread)
    if not is_known.any():
        notes += ("the bias is not known: the gradient is no larger than its noise, or infinite",)

    def draw(figure: Any) -> None:
        upper, *lower = figure.subplots(1 + is_known.any(), 1, squeeze=False).flat
        _draw_sizes(upper, config, sizes, is_source)
        for axes in lower:
            _draw_bias(axes, config, bias[is_known], spread[is_known], 1 + lags[is_known])
            axes.set_xlim(upper.get_xlim())

    return FigureData(columns, draw, 1.7 + 1.3 * is_known.any(), notes)


def _draw_sizes(axes: Any, config: EchoConfig, sizes: Any, is_source: Any) -> None:
    lags = np.arange(len(sizes))
    has_logarithm = np.isfinite(sizes) & (sizes > 0)
    marked = has_logarithm & is_source
    shown = lags[has_logarithm]
    axes.plot(shown, sizes[has_logarithm], color=BLUE, **_dots(len(shown)))
    axes.plot(lags[marked], sizes[marked], "D", color=ORANGE, markersize=points(4))
    if has_logarithm.any():
        axes.set_yscale("log")
    _mark_lags(axes, config, len(lags), lags[marked])
    number_axis(axes.xaxis, "lag (steps)")
    unit = config.the_task.outputs.unit or config.the_task.outputs.loss
    label = f"Gradient\n({unit} per\nunit of state)"
    if len(unit) < 6:
        label = f"Gradient ({unit}\nper unit of state)"
    axes.set_ylabel(label)


def _draw_bias(axes: Any, config: EchoConfig, bias: Any, spread: Any, steps: Any) -> None:
    axes.fill_between(steps, bias - spread, bias + spread, color=BLUE, alpha=0.3, linewidth=0)
    axes.plot(steps, bias, color=BLUE, **_dots(len(steps)))
    _mark_lags(axes, config, steps[-1], ())
    number_axis(axes.xaxis, "steps followed back")
    axes.set(ylim=(0, None), ylabel="Relative bias\nof the gradient")


def _dots(count: int) -> dict[str, Any]:
    return {"marker": "o", "markersize": points(2.5) if count <= MOST_DOTS else 0}


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
    panels = len(_panels(matrices)) + bool(_with_eigenvalues(matrices))
    height = 0.8 + 1.4 * -(-panels // ACROSS)
    return FigureData(columns, partial(_draw_weights, matrices), height, notes)


def _panels(matrices: Matrices) -> list[list[str]]:
    """The matrices, each with the biases behind it of the same columns."""
    panels: list[list[str]] = []
    for name, rows in matrices.rows.items():
        is_bias = {*rows} <= {"bias", name}
        if is_bias and panels and matrices.columns[panels[-1][0]] == matrices.columns[name]:
            panels[-1].append(name)
        else:
            panels.append([name])
    return panels


def _with_eigenvalues(matrices: Matrices) -> dict[str, Any]:
    eigenvalues = {matrix.name: matrix.eigenvalues for matrix in matrices.recurrent}
    return {name: values for name, values in eigenvalues.items() if len(values)}


def _draw_weights(matrices: Matrices, figure: Any) -> None:
    """Draw a panel for each matrix, under it its biases with shades of their own, and one for the
    eigenvalues, if there are any."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    panels, eigenvalues = _panels(matrices), _with_eigenvalues(matrices)
    count = len(panels) + bool(eigenvalues)
    across = 2 if count == 4 else min(ACROSS, count)
    all_axes = [*figure.subplots(-(-count // across), across, squeeze=False).flat]
    # Zero is the background, so that each sign stands out by a colour, and each size by its shade
    shades = LinearSegmentedColormap.from_list("signed", [ORANGE, PAPER, BLUE])
    most = max(np.abs(matrices.weights[first]).max(initial=0.0) for first, *_ in panels) or 1.0
    for axes, (name, *biases) in zip(all_axes, panels, strict=False):
        title = plain(name)
        _draw_matrix(axes, matrices, name, shades, most)
        for number, bias in enumerate(biases, start=1):
            ends = float(np.abs(matrices.weights[bias]).max(initial=0.0)) or 1.0
            title += f"\n{plain(bias)} ±{ends:.2g}"
            axes.set(xticks=[], xlabel="")
            strip = axes.inset_axes((0, -STRIP * number, 1, 0.7 * STRIP))
            _draw_matrix(strip, matrices, bias, shades, ends)
            strip.set_yticks([])
        axes.set_title(title, fontsize=SMALL)
    look = {"location": "bottom", "aspect": 40, "pad": 0.06, "label": "Weight"}
    weights = ScalarMappable(Normalize(-most, most), shades)
    figure.colorbar(weights, ax=all_axes[: len(panels)], **look)
    if eigenvalues:
        _draw_eigenvalues(all_axes[len(panels)], eigenvalues)
    for axes in all_axes[count:]:
        axes.remove()


def _draw_matrix(axes: Any, matrices: Matrices, name: str, shades: Any, most: float) -> None:
    """Draw a matrix: rows are where a weight comes from, columns where it goes to.

    Of many names some are shown.
    """
    look = {"cmap": shades, "aspect": "auto", "interpolation": "nearest"}
    axes.imshow(matrices.weights[name], vmin=-most, vmax=most, **look)
    axes.tick_params(length=0, pad=1.5)
    name_axis(axes.yaxis, matrices.rows[name], MOST_NAMES)
    _name_columns(axes, matrices.columns[name])
    axes.spines[["top", "right"]].set_visible(True)


def _name_columns(axes: Any, columns: Sequence[str]) -> None:
    """Name columns by their numbers, if all are of one kind; of several gates, part and name
    these."""
    kinds = [column.rstrip("0123456789 =") for column in columns]
    starts = [0]
    for place in range(1, len(kinds)):
        if kinds[place] != kinds[place - 1]:
            starts.append(place)
    if len(starts) == 1:
        numbers = [column.removeprefix(kinds[0]).strip(" =") for column in columns]
        name_axis(axes.xaxis, numbers, MOST_NUMBERS)
        axes.set_xlabel(plain(kinds[0]), fontsize=SMALL, labelpad=1)
        return
    if len(starts) == len(columns):
        name_axis(axes.xaxis, columns, MOST_NAMES, MOST_LETTERS)
        return
    for start in starts[1:]:
        axes.axvline(start - 0.5, color=INK, linewidth=points(0.5))
    gates = [plain(kinds[start]) for start in starts]
    name_axis(axes.xaxis, gates, len(gates), MOST_LETTERS)
    middles = np.add(starts, len(columns) / len(starts) / 2 - 0.5)
    axes.xaxis.set_ticks(middles, gates)


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
    axes.set_aspect("equal")
    axes.margins(0.1)
    axes.locator_params(nbins=4)
    axes.set_title("Eigenvalues", fontsize=SMALL)
    axes.set_xlabel("Real", fontsize=SMALL)
    axes.set_ylabel("Imaginary", fontsize=SMALL)
    axes.axhline(0, color=GREY, linewidth=points(0.4))
    axes.axvline(0, color=GREY, linewidth=points(0.4))
    if len(eigenvalues) > 1:
        draw_legend(axes.figure, axes, "lower")

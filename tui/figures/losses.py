"""The figures of losses: the curve of a run, and comparisons of its branches or of several runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from echornn.arrays.numbers import network_at
from echornn.arrays.run_arrays import RunArrays, read
from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import MARKS, Band, Curve
from echornn.levels import ladder_of
from echornn.run.branch import Position, letter_of
from echornn.run.losses import Losses
from echornn.session.pictures.look import curve_under, futures, shared, words_of
from tui.figures import paper
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.text.lines import levels_of

BUCKETS = 400  # points of a line: more than a column of a page resolves
# Extremes of so many times the highest point of the lines are cut off: a few would flatten all else
MOST = 4
BEYOND = 1e30  # higher than every axis: the band of a tenth that has diverged reaches the top

COLUMNS = ("networks", "mean", "low", "high", "q10", "median", "q90", "solved", "error_rate")
# Of `Curve` and `Band`, if called otherwise
ATTRIBUTES = {"networks": "replicas", "q10": "tenth", "q90": "ninetieth"}


@dataclass(frozen=True, eq=False)
class BandedLine:
    """The losses by buckets of windows: of one network, or the medians of several with a band."""

    starts: Any
    ends: Any
    losses: Any
    low: Any  # None where there is no band
    high: Any
    label: str
    band_label: str | None = None

    def draw(self, axes: Any, alpha: float = 0.3, **look: Any) -> None:
        windows = (self.starts + 1 + self.ends) / 2
        low, high = (
            np.nan_to_num(np.array(end, float), nan=np.nan, posinf=BEYOND)
            for end in (self.low, self.high)
        )
        if (low != high).any():
            band = {
                "color": look["color"],
                "alpha": alpha,
                "linewidth": 0,
                "label": self.band_label,
            }
            axes.fill_between(windows, low, high, **band)
        if len(windows) == 1:
            look = {"marker": ".", "markersize": 4, **look}
        axes.plot(windows, self.losses, label=paper.plain(self.label), **look)
        paper.not_finite(axes, windows, self.losses)


def curve(request: FigureRequest) -> FigureData:
    """The losses along a path, as on the screen: for a single network mean and extremes, for
    several quantiles."""
    opened = read(request.run)
    run, losses = opened.run, opened.timeline
    position = _trained(opened, run.position_at(request.at, request.branch))
    network = network_at(run, position, request.replica)
    config, index = network.config, network.index
    number = run.tree.owner(position).number
    one = losses.curve(number, BUCKETS, 0, position.window, index)
    band = losses.band(number, BUCKETS, 0, position.window)
    is_single = not len(band) or request.replica is not None
    name = f"seed {config.of(index).seed}" if len(band) else "network"
    # Of several networks one may be left
    after_band = one.starts >= (0 if is_single else band.ends[-1])
    own = {**_rows(name, one, after_band), "networks": [1] * after_band.sum()}
    columns = {
        column: [*cells, *own[column]] for column, cells in _rows("all networks", band).items()
    }
    if not config.has_classes:
        del columns["error_rate"]
    columns = {
        column: cells
        for column, cells in columns.items()
        if any(cell is not None for cell in cells)
    }
    levels = levels_of(config, ladder_of(config))
    columns |= {f"level {level}": [loss] * len(columns["line"]) for level, loss in levels}
    stats = losses.stats(position, index) if is_single else LossStats()

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        starts, ends, mean = one.starts[after_band], one.ends[after_band], one.mean[after_band]
        windows = (np.array(columns["first_window"]) + np.array(columns["last_window"])) / 2
        low, high = np.array(columns["low"]), np.array(columns["high"])
        lines = np.concatenate([mean, band.tenth, band.median, band.ninetieth])
        top = MOST * np.max(lines[np.isfinite(lines)], initial=0.0) or np.inf
        inside = [np.where(request.log or ends <= top, ends, np.nan) for ends in (low, high)]
        paper.losses_axis(axes, config.loss_name, request.log, [lines, *inside])
        if len(band):
            for extreme, label in ((band.low, "smallest, largest"), (band.high, None)):
                dots = {
                    "color": paper.GREY,
                    "linewidth": 0.5,
                    "linestyle": (0, (1, 1.5)),
                    "label": label,
                }
                axes.plot(windows[: len(band)], extreme, **dots)
            median = BandedLine(
                band.starts,
                band.ends,
                band.median,
                band.tenth,
                band.ninetieth,
                "median",
                "10 to 90 %",
            )
            median.draw(axes, color=paper.COLOURS[0], linewidth=1.4)
            if len(mean):
                BandedLine(starts, ends, mean, mean, mean, name).draw(
                    axes, color=paper.COLOURS[1], linestyle="--"
                )
        else:
            BandedLine(starts, ends, mean, low, high, "mean", "smallest to largest").draw(
                axes, color=paper.COLOURS[0]
            )
        _windows_axis(axes, columns)
        across = {"transform": axes.get_xaxis_transform(), "clip_on": False, "linestyle": ""}
        beyond = np.isfinite(high) & (high > axes.get_ylim()[1])
        if beyond.any():
            look = {"marker": "^", "markersize": 3, "color": paper.GREY, **across}
            axes.plot(
                windows[beyond],
                high[beyond] * 0 + 1,
                label=f"beyond, to {high[beyond].max():.3g}",
                **look,
            )
        _mark_commands(axes, one)
        for word, at, marker in (("solved", stats.solved_at, "^"), ("lost", stats.lost_at, "v")):
            if at:
                look = {"marker": marker, "markersize": 4, "color": "black", **across}
                axes.plot([at], [0.02], label=f"{word} at {at:,}", **look)
        paper.legend(figure, axes, "upper")
        paper.level_lines(axes, levels)

    return FigureData(columns, draw, 2.4, run.notes)


def norms(request: FigureRequest) -> FigureData:
    """The global norms of a network's gradients along a path, before clipping, and how many windows
    were clipped."""
    opened = read(request.run)
    position = _trained(opened, opened.run.position_at(request.at, request.branch))
    network = network_at(opened.run, position, request.replica)
    config, index = network.config, network.index
    number = opened.run.tree.owner(position).number
    one = opened.timeline.curve(number, BUCKETS, 0, position.window, index, norms=True)
    known = ~np.isnan(one.mean)
    if not known.any():
        raise FigureError(
            f"{opened.run.folder} has no norms there: it was trained by an earlier version"
        )
    starts, ends, mean, low, high = (
        values[known] for values in (one.starts, one.ends, one.mean, one.low, one.high)
    )
    clipped = one.error_rate[known]
    columns = {
        "first_window": starts + 1,
        "last_window": ends,
        "mean": mean,
        "low": low,
        "high": high,
    }
    count, limit = round(float(((ends - starts) * clipped).sum())), config.clip_norm

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        paper.losses_axis(
            axes, "global norm of the gradient", True, [low, high, np.array([limit or np.nan])]
        )
        label = f"mean of seed {config.of(index).seed}" if config.replicas > 1 else "mean"
        BandedLine(starts, ends, mean, low, high, label, "smallest to largest").draw(
            axes, color=paper.COLOURS[0]
        )
        _windows_axis(axes, columns)
        _mark_commands(axes, one)
        paper.legend(figure, axes, "upper")
        paper.level_lines(axes, [(f"clip_norm, {count:,} clipped", limit)] if limit else [])

    return FigureData({**columns, "clipped": clipped}, draw, 2.0, opened.notes)


def _mark_commands(axes: Any, one: Curve) -> None:
    for segment in one.segments:
        if segment.cause in MARKS:
            paper.mark(axes, segment.at, MARKS[segment.cause], linewidth=0.6, zorder=0)


def _rows(line: str, buckets: Curve | Band, kept: Any = slice(None)) -> dict[str, Any]:
    """The columns of the table for these buckets; what is not known of them is None."""
    starts = buckets.starts[kept]
    unknown = np.full(len(buckets.starts), None)
    columns = {
        "line": [line] * len(starts),
        "first_window": starts + 1,
        "last_window": buckets.ends[kept],
    }
    return columns | {
        name: getattr(buckets, ATTRIBUTES.get(name, name), unknown)[kept] for name in COLUMNS
    }


def _windows_axis(axes: Any, columns: Mapping[str, Any]) -> None:
    """Scale and label the axis of windows so that a single window is in the middle."""
    first, last = min(columns["first_window"]), max(columns["last_window"])
    axes.set_xlim(first - 0.5, last + 0.5 + 0.02 * (last - first))
    paper.whole_numbers(axes.xaxis, "window")


def branches(request: FigureRequest) -> FigureData:
    """The run's own line, and each other branch at whose end none goes on, from where it leaves
    that line."""
    opened = read(request.run)
    losses, tree = opened.timeline, opened.run.tree
    own = _trained(opened, opened.run.position_at(None, request.branch)).branch
    numbers = sorted({own, *futures(tree)})
    lines = {}
    for number in numbers:
        first, last = (
            0 if number == own else shared(tree, own, number),
            tree.end(number).window,
        )
        if first < last:
            words = f"{letter_of(number)}: {words_of(tree, number)}"
            lines[letter_of(number)] = _line(words, losses, number, first, last)
    configs = [tree.branch(one).config for one in (own, *numbers)]
    return _compared("branch", lines, request.log, configs, opened.run.notes)


def runs(request: FigureRequest) -> FigureData:
    if not request.others:
        raise FigureError("runs need several: echornn-tui figure RUN runs RUN ... -o FILE")
    all_opened = [read(name) for name in (request.run, *request.others)]
    folders = [os.path.abspath(opened.run.folder) for opened in all_opened]
    parent = os.path.commonpath([*folders, *map(os.path.dirname, folders)])
    lines = {}
    for folder, opened in zip(folders, all_opened, strict=True):
        position, name = _trained(opened, opened.position), os.path.relpath(folder, parent)
        lines[name] = _line(name, opened.timeline, position.branch, 0, position.window)
    notes = tuple(note for one in all_opened for note in one.notes)
    return _compared("run", lines, request.log, [opened.config for opened in all_opened], notes)


def _line(label: str, losses: Losses, branch: int, first: int, last: int) -> BandedLine:
    replicas = losses.tree.branch(branch).config.replicas
    label += f": median of {replicas:,}, 10 to 90 %" if replicas > 1 else ""
    one = curve_under(losses, branch, BUCKETS, first, last)
    band = losses.band(branch, BUCKETS, first, last)
    known = [
        dict(zip(band.starts.tolist(), values, strict=True))
        for values in (band.tenth, band.ninetieth)
    ]
    low, high = ([values.get(start) for start in one.starts.tolist()] for values in known)
    return BandedLine(one.starts, one.ends, one.mean, low, high, label)


def _compared(
    of: str,
    lines: dict[str, BandedLine],
    log: bool,
    configs: Sequence[EchoConfig],
    notes: tuple[str, ...],
) -> FigureData:
    """A line for each branch or run, around that of several networks their quantiles."""
    rows = [
        (name, *row)
        for name, line in lines.items()
        for row in zip(line.starts + 1, line.ends, line.losses, line.low, line.high, strict=True)
    ]
    names = (of, "first_window", "last_window", "loss", "q10", "q90")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    if not any(value is not None for value in columns["q10"]):
        del columns["q10"], columns["q90"]
    labels = {config.loss_name for config in configs}
    label = labels.pop() if len(labels) == 1 else "loss, in the unit of each task"
    first, *others = (levels_of(config, ladder_of(config)) for config in configs)
    levels = [level for level in first if all(level in one for one in others)]

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        ends = [
            np.array(columns[name], float) for name in ("loss", "q10", "q90") if name in columns
        ]
        paper.losses_axis(axes, label, log, ends)
        for number, line in enumerate(lines.values()):
            line.draw(axes, alpha=0.2, **paper.style(number))
        _windows_axis(axes, columns)
        paper.legend(figure, axes, "lower")
        paper.level_lines(axes, levels)

    return FigureData(columns, draw, 2.2 + 0.11 * len(lines), notes)


def _trained(opened: RunArrays, position: Position) -> Position:
    if not position.window:
        raise FigureError(f"{opened.run.folder} has no window there: nothing to draw")
    return position

"""The figures of losses: the curve of a run, and comparisons of its branches or of several runs."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from echornn.arrays.numbers import NetworkThere, network_at
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
from tui.figures.fates import draw_networks, fates_of
from tui.figures.style import BLUE, GREY, INK, ORANGE, points
from tui.text.lines import levels_of

BUCKETS = 400  # points of a line: more than a column of a page resolves
# Extremes of so many times the highest point of the lines are cut off: a few would flatten all else
MOST = 4
MOST_LINES = 16  # networks, of which more are a band; chosen by eye
BEYOND = 1e30  # higher than every axis: the band of a tenth that has diverged reaches the top

COLUMNS = ("networks", "mean", "low", "high", "q10", "median", "q90", "solved", "error_rate")
# Of `Curve` and `Band`, if called otherwise
ATTRIBUTES = {"networks": "replicas", "q10": "tenth", "q90": "ninetieth"}

Levels = Sequence[tuple[str, float]]


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
        windows = _middles(self.starts, self.ends)
        low, high = _edge(self.low), _edge(self.high)
        if (low != high).any():
            band = {"color": look["color"], "alpha": alpha, "linewidth": 0}
            axes.fill_between(windows, low, high, label=self.band_label, **band)
        if len(windows) == 1:
            look = {**look, "marker": "."}
        axes.plot(windows, self.losses, label=paper.plain(self.label), **look)
        paper.mark_not_finite(axes, windows, self.losses)


def _edge(losses: Any) -> Any:
    return np.nan_to_num(np.array(losses, float), nan=np.nan, posinf=BEYOND)


def _middles(starts: Any, ends: Any) -> Any:
    return (starts + 1 + ends) / 2


def _position(opened: RunArrays, request: FigureRequest) -> tuple[Position, NetworkThere]:
    position = _trained(opened, opened.run.position_at(request.at, request.branch))
    return position, network_at(opened.run, position, request.replica)


def _trained(opened: RunArrays, position: Position) -> Position:
    if not position.window:
        raise FigureError(f"{opened.run.folder} has no window there: nothing to draw")
    return position


def _chosen(curve: Curve, buckets: Any) -> Curve:
    """The curve with these of its buckets."""
    names = ("starts", "ends", "low", "high", "mean", "error_rate")
    return replace(curve, **{name: getattr(curve, name)[buckets] for name in names})


# ---- one run


def curve(request: FigureRequest) -> FigureData:
    """The losses along a path: for a single network mean and extremes, for several quantiles, and
    of a few networks the losses of each."""
    opened = read(request.run)
    losses = opened.timeline
    position, network = _position(opened, request)
    config, index = network.config, network.index
    branch = losses.tree.owner(position).number

    line = losses.curve(branch, BUCKETS, 0, position.window, index)
    band = losses.band(branch, BUCKETS, 0, position.window)
    label = "mean"
    stats = LossStats()
    if not len(band) or request.replica is not None:
        stats = losses.stats(position, index)
    else:
        line = _chosen(line, line.starts >= band.ends[-1])  # of several networks one may be left
    if len(band):
        label = f"seed {config.of(index).seed}"

    levels = levels_of(config, ladder_of(config))
    picture = CurvePicture(config.loss_name, request.log, label, line, band, stats, levels)
    lines = {label if len(band) else "network": line}
    if 1 < config.replicas <= MOST_LINES and request.replica is None:
        lines = {}
        for index in range(config.replicas):
            label = f"seed {config.of(index).seed}"
            lines[label] = losses.curve(branch, BUCKETS, 0, position.window, index)
        fates = fates_of(config, opened.networks(request.at, request.branch))
        picture = replace(picture, networks=[*lines.values()], fates=fates)
    columns = _curve_columns(config, band, lines, levels)
    return FigureData(columns, picture.draw, 2.4, opened.notes)


def _curve_columns(
    config: EchoConfig, band: Band, lines: Mapping[str, Curve], levels: Levels
) -> dict[str, Any]:
    """The table: all networks, then those that are lines of their own; what none has is left
    out."""
    tables = [_columns("all networks", band)]
    for name, line in lines.items():
        tables.append(_columns(name, line) | {"networks": [1] * len(line.starts)})
    columns: dict[str, Any] = {}
    for column in tables[0]:
        cells = [cell for table in tables for cell in table[column]]
        is_known = any(cell is not None for cell in cells)
        if is_known and (column != "error_rate" or config.has_classes):
            columns[column] = cells
    for level, loss in levels:
        columns[f"level {level}"] = [loss] * len(columns["line"])
    return columns


def _columns(line: str, buckets: Curve | Band) -> dict[str, Any]:
    """The columns of the table for these buckets; what is not known of them is None."""
    columns = {
        "line": [line] * len(buckets.starts),
        "first_window": buckets.starts + 1,
        "last_window": buckets.ends,
    }
    unknown = np.full(len(buckets.starts), None)
    for name in COLUMNS:
        columns[name] = getattr(buckets, ATTRIBUTES.get(name, name), unknown)
    return columns


@dataclass(frozen=True, eq=False)
class CurvePicture:
    """What the figure of a curve shows."""

    loss_name: str
    is_log: bool
    label: str  # of the line
    line: Curve  # of one network; behind the band if there is one
    band: Band  # of several networks; it may be empty, and so may be the line
    stats: LossStats
    levels: Levels
    limit: float = math.nan  # which is inside too
    networks: Sequence[Curve] = ()  # of a few networks, in place of the band
    fates: Sequence[str] = ()  # of these

    def draw(self, figure: Any) -> None:
        axes = figure.add_subplot()
        line, band = self.line, self.band
        self._scale(axes)
        if self.networks:
            self._draw_networks(axes)
        elif len(band):
            self._draw_band(axes)
        else:
            extremes = line.low, line.high, self.label, "smallest to largest"
            mean = BandedLine(line.starts, line.ends, line.mean, *extremes)
            mean.draw(axes, color=BLUE)
            self._mark_beyond(axes)
        starts = np.concatenate([band.starts, line.starts])
        ends = np.concatenate([band.ends, line.ends])
        _scale_windows(axes, starts, ends)
        for segment in line.segments:
            if segment.cause in MARKS:
                paper.mark(axes, segment.at, MARKS[segment.cause], linewidth=points(0.6), zorder=0)
        self._mark_solved(axes)
        paper.draw_legend(figure, axes, "upper")
        paper.draw_levels(axes, self.levels)

    def _scale(self, axes: Any) -> None:
        """All lines are inside, and extremes of one network that are not too high."""
        line, band = self.line, self.band
        means = [network.mean for network in self.networks]
        lines = np.concatenate([line.mean, band.tenth, band.median, band.ninetieth, *means])
        values = [lines, [self.limit]]
        if not len(band):
            low, high = line.low, line.high
            top = MOST * np.max(lines[np.isfinite(lines)], initial=0.0)
            if top and not self.is_log:
                low, high = low[low <= top], high[high <= top]
            values += [low, high]
        paper.scale_losses(axes, self.loss_name, self.is_log, values)

    def _draw_networks(self, axes: Any) -> None:
        lines = []
        for network in self.networks:
            lines.append((_middles(network.starts, network.ends), network.mean))
        draw_networks(axes, self.fates, lines)
        for line in lines:
            paper.mark_not_finite(axes, *line)
        band = self.band
        look = {"color": INK, "linewidth": points(1.4), "label": "median"}
        axes.plot(_middles(band.starts, band.ends), band.median, **look)

    def _draw_band(self, axes: Any) -> None:
        band, line = self.band, self.line
        quantiles = band.tenth, band.ninetieth, "median", "10 to 90 % of networks"
        median = BandedLine(band.starts, band.ends, band.median, *quantiles)
        median.draw(axes, color=BLUE, linewidth=points(1.4))
        if len(line.mean):
            mean = BandedLine(line.starts, line.ends, line.mean, line.mean, line.mean, self.label)
            mean.draw(axes, color=ORANGE, linestyle="--")

    def _mark_beyond(self, axes: Any) -> None:
        """At the top, where largest losses are above it."""
        high = self.line.high
        is_beyond = np.isfinite(high) & (high > axes.get_ylim()[1])
        if is_beyond.any():
            windows = _middles(self.line.starts, self.line.ends)[is_beyond]
            label = f"beyond, to {high[is_beyond].max():.3g}"
            look = {"marker": "^", "markersize": points(3), "color": GREY, "label": label}
            axes.plot(windows, np.ones(len(windows)), **look, **_on_the_edge(axes))

    def _mark_solved(self, axes: Any) -> None:
        stats = self.stats
        for word, window, marker in (
            ("solved", stats.solved_at, "^"),
            ("lost", stats.lost_at, "v"),
        ):
            if window:
                label = f"{word} at {window:,}"
                look = {"marker": marker, "markersize": points(3.5), "color": INK, "label": label}
                axes.plot([window], [0.02], **look, **_on_the_edge(axes))


def _on_the_edge(axes: Any) -> dict[str, Any]:
    """For markers whose height is a share of that of the axes."""
    return {"transform": axes.get_xaxis_transform(), "clip_on": False, "linestyle": ""}


def norms(request: FigureRequest) -> FigureData:
    """The global norms of a network's gradients along a path, before clipping, and how many windows
    were clipped."""
    opened = read(request.run)
    position, network = _position(opened, request)
    config, index = network.config, network.index
    branch = opened.run.tree.owner(position).number
    line = opened.timeline.curve(branch, BUCKETS, 0, position.window, index, norms=True)
    line = _chosen(line, ~np.isnan(line.mean))
    starts, ends, clipped = line.starts, line.ends, line.error_rate
    if not len(starts):
        raise FigureError(
            f"{opened.run.folder} has no norms there: it was trained by an earlier version"
        )
    columns = {"first_window": starts + 1, "last_window": ends, "mean": line.mean}
    columns |= {"low": line.low, "high": line.high, "clipped": clipped}
    label = "mean"
    if config.replicas > 1:
        label = f"mean of seed {config.of(index).seed}"
    no_band = opened.timeline.band(branch, BUCKETS, 0, 0)
    name = "global norm of the gradient"
    picture = CurvePicture(name, True, label, line, no_band, LossStats(), [])
    limit = config.clip_norm
    if limit:
        count = round(float(((ends - starts) * clipped).sum()))
        levels = [(f"{count:,} windows clipped to", limit)]
        picture = replace(picture, levels=levels, limit=limit)
    return FigureData(columns, picture.draw, 2.0, opened.notes)


def _scale_windows(axes: Any, starts: Any, ends: Any) -> None:
    """Scale and label the axis of windows; a single window is in the middle."""
    first, last = min(starts), max(ends)
    if last - first == 1:
        last += 1
    axes.set_xlim(first, last)
    paper.number_axis(axes.xaxis, "window")


# ---- branches and runs, compared


def branches(request: FigureRequest) -> FigureData:
    """The run's own line, and each other branch at whose end none goes on, from where it leaves
    that line."""
    opened = read(request.run)
    tree = opened.run.tree
    own = _trained(opened, opened.run.position_at(None, request.branch)).branch
    configs = [tree.branch(own).config]
    lines = {}
    for number in sorted({own, *futures(tree)}):
        configs.append(tree.branch(number).config)
        first, last = 0, tree.end(number).window
        if number != own:
            first = shared(tree, own, number)
        if first < last:
            letter = letter_of(number)
            label = f"{letter}: {words_of(tree, number)}"
            lines[letter] = _line(label, opened.timeline, number, first, last)
    return _compared("branch", lines, request.log, configs, opened.notes)


def runs(request: FigureRequest) -> FigureData:
    if not request.others:
        raise FigureError("runs need several: echornn-tui figure RUN runs RUN ... -o FILE")
    all_opened = [read(name) for name in (request.run, *request.others)]
    folders = [os.path.abspath(opened.run.folder) for opened in all_opened]
    parent = os.path.commonpath([*folders, *map(os.path.dirname, folders)])
    lines = {}
    notes: tuple[str, ...] = ()
    for folder, opened in zip(folders, all_opened, strict=True):
        position = _trained(opened, opened.position)
        name = os.path.relpath(folder, parent)
        lines[name] = _line(name, opened.timeline, position.branch, 0, position.window)
        notes += opened.notes
    return _compared("run", lines, request.log, [opened.config for opened in all_opened], notes)


def _line(label: str, losses: Losses, branch: int, first: int, last: int) -> BandedLine:
    replicas = losses.tree.branch(branch).config.replicas
    if replicas > 1:
        label += f": median of {replicas:,}, 10 to 90 %"
    line = curve_under(losses, branch, BUCKETS, first, last)
    band = losses.band(branch, BUCKETS, first, last)
    starts = band.starts.tolist()
    tenth = dict(zip(starts, band.tenth, strict=True))
    ninetieth = dict(zip(starts, band.ninetieth, strict=True))
    low, high = (list(map(edge.get, line.starts.tolist())) for edge in (tenth, ninetieth))
    return BandedLine(line.starts, line.ends, line.mean, low, high, label)


def _compared(
    kind: str,
    lines: Mapping[str, BandedLine],
    is_log: bool,
    configs: Sequence[EchoConfig],
    notes: tuple[str, ...],
) -> FigureData:
    """A line for each branch or run, around that of several networks their quantiles."""
    names = (kind, "first_window", "last_window", "loss", "q10", "q90")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for name, line in lines.items():
        columns[kind] += [name] * len(line.starts)
        columns["first_window"] += [*line.starts + 1]
        columns["last_window"] += [*line.ends]
        columns["loss"] += [*line.losses]
        columns["q10"] += line.low
        columns["q90"] += line.high
    if all(edge is None for edge in columns["q10"]):
        del columns["q10"], columns["q90"]
    loss_names = {config.loss_name for config in configs}
    label = "loss, in the unit of each task"
    if len(loss_names) == 1:
        label = loss_names.pop()
    levels, *others = (levels_of(config, ladder_of(config)) for config in configs)
    for other in others:
        levels = [level for level in levels if level in other]
    draw = partial(_draw_compared, columns, [*lines.values()], levels, label, is_log)
    return FigureData(columns, draw, 2.2 + 0.11 * len(lines), notes)


def _draw_compared(
    columns: Mapping[str, Any],
    lines: Sequence[BandedLine],
    levels: Levels,
    label: str,
    is_log: bool,
    figure: Any,
) -> None:
    axes = figure.add_subplot()
    losses = [column for column in ("loss", "q10", "q90") if column in columns]
    values = [np.array(columns[column], float) for column in losses]
    paper.scale_losses(axes, label, is_log, values)
    for number, line in enumerate(lines):
        line.draw(axes, alpha=0.2, **paper.line_style(number, line.losses))
    _scale_windows(axes, np.array(columns["first_window"]) - 1, columns["last_window"])
    paper.draw_legend(figure, axes, "lower")
    paper.draw_levels(axes, levels)

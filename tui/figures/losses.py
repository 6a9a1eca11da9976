"""The numbers of the figures of losses: the curve of a run, and comparisons of its branches or of several runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.facts import network_at
from echornn.arrays.run_arrays import RunArrays, read
from echornn.config import EchoConfig
from echornn.data.levels import boundary_floor, chance_level, ladder_of
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import MARKS, Band, Curve
from echornn.session.pictures.look import curve_under, futures, shared, words_of
from echornn.timeline.branch import Position, letter_of
from echornn.timeline.timeline import Timeline
from tui.figures.data import FigureData, FigureError, FigureRequest

BUCKETS = 400
"""The most points of a line: more than a column of a page resolves."""


def curve_numbers(request: FigureRequest) -> FigureData:
    """The losses along a path in buckets, as on the screen: for a single network mean, smallest and largest loss, for
    several the quantiles of all; the levels that are known beforehand; and the marks of commands.
    """
    opened = read(request.run)
    run, timeline = opened.run, opened.timeline
    position = _trained(opened, run.position_at(request.at, request.branch))
    config, index = network_at(run, position, request.replica)
    number = timeline.owner(position).number
    curve = timeline.curve(number, BUCKETS, 0, position.window, index)
    band = timeline.band(number, BUCKETS, 0, position.window)
    alone = np.ones(len(curve.starts), np.bool_)
    if len(band) and request.replica is None:
        alone = curve.starts >= band.ends[-1]
    rows = [_band_rows(band), _curve_rows(curve, alone, f"seed {config.of(index).seed}" if len(band) else "network")]
    columns = {name: [value for part in rows for value in part[name]] for name in rows[0]}
    if not config.has_classes:
        del columns["error_rate"]
    columns = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    for name, loss in levels_of(config):
        columns[f"level {name}"] = [loss] * len(columns["line"])
    one = timeline.loss_stats(position, index) if not len(band) or request.replica is not None else LossStats()
    marks = [[one.at, MARKS[one.cause]] for one in curve.segments if one.cause in MARKS]
    facts = {**_axes(config, request), "marks": marks, "solved": one.solved_at, "lost": one.lost_at}
    return FigureData(columns, facts, 2.4, run.notes)


def branches_numbers(request: FigureRequest) -> FigureData:
    """The losses of all branches at whose end no other goes on: the run's own line, and each other from where it leaves
    that line; with several networks, their medians and quantiles.
    """
    opened = read(request.run)
    timeline = opened.timeline
    own = _trained(opened, opened.run.position_at(None, request.branch)).branch
    lines: list[ComparedCurve] = []
    numbers = sorted({own, *futures(timeline)})
    for number in numbers:
        first = 0 if number == own else shared(timeline, own, number)
        last = timeline.end(number).window
        if first < last:
            words = f"{letter_of(number)}: {words_of(timeline, number)}{_median(timeline, number)}"
            lines.append(_compared_curve(letter_of(number), words, timeline, number, first, last))
    config = timeline.branch(own).config
    axes = {**_axes(config, request), "levels": _in_common([timeline.branch(one).config for one in numbers])}
    return _compared("branch", lines, axes, opened.run.notes)


def runs_numbers(request: FigureRequest) -> FigureData:
    """The losses of several runs, each along the path to its current position; with several networks, their medians and
    quantiles.
    """
    if not request.others:
        raise FigureError("runs need several: echornn-tui figure RUN runs RUN ... -o FILE")
    all_opened = [read(name) for name in (request.run, *request.others)]
    lines = []
    for name, opened in zip(_names([opened.run.folder for opened in all_opened]), all_opened, strict=True):
        position = _trained(opened, opened.position)
        words = f"{name}{_median(opened.timeline, position.branch)}"
        lines.append(_compared_curve(name, words, opened.timeline, position.branch, 0, position.window))
    axes = [_axes(opened.config, request) for opened in all_opened]
    label = axes[0]["y"] if len({one["y"] for one in axes}) == 1 else "loss, in the unit of each task"
    levels = _in_common([opened.config for opened in all_opened])
    return _compared(
        "run", lines, {**axes[0], "y": label, "levels": levels}, tuple(note for one in all_opened for note in one.notes)
    )


def levels_of(config: EchoConfig) -> list[tuple[str, float]]:
    """The levels of the loss that are known before training, as the curve on the screen shows them."""
    if config.value("task") != "echo":
        return [(level.name, level.loss) for level in ladder_of(config)]
    floor = boundary_floor(config)
    return [("chance", chance_level(config)), *([("floor of first windows", floor)] if floor > 0 else [])]


def _in_common(configs: Sequence[EchoConfig]) -> list[tuple[str, float]]:
    """The levels that are the same for all these networks."""
    first, *others = (levels_of(config) for config in configs)
    return [level for level in first if all(level in levels for levels in others)]


def _median(timeline: Timeline, number: int) -> str:
    """How many networks the line of a branch is the median of; empty for a single one."""
    replicas = timeline.branch(number).config.replicas
    return f": median of {replicas:,}, 10 to 90 %" if replicas > 1 else ""


def loss_label(config: EchoConfig) -> str:
    """The name of the loss with its unit, as the label of an axis."""
    name, _, unit = config.loss_name.partition(", ")
    return f"{name} ({unit})" if unit else name


def _trained(opened: RunArrays, position: Position) -> Position:
    if not position.window:
        raise FigureError(f"{opened.run.folder} has no window there: nothing to draw")
    return position


def _axes(config: EchoConfig, request: FigureRequest) -> dict[str, Any]:
    return {"y": loss_label(config), "log": request.log}


def _curve_rows(curve: Curve, kept: np.ndarray[Any, np.dtype[np.bool_]], line: str) -> dict[str, Sequence[Any]]:
    """The buckets of one network that are kept."""
    count = int(kept.sum())
    none = [None] * count
    return {
        "line": [line] * count,
        "first_window": (curve.starts[kept] + 1).tolist(),
        "last_window": curve.ends[kept].tolist(),
        "networks": [1] * count,
        "mean": _texts(curve.mean[kept]),
        "low": _texts(curve.low[kept]),
        "high": _texts(curve.high[kept]),
        "q10": none,
        "median": none,
        "q90": none,
        "solved": none,
        "error_rate": _texts(curve.error_rate[kept]),
    }


def _band_rows(band: Band) -> dict[str, Sequence[Any]]:
    """The buckets of several networks."""
    none = [None] * len(band)
    return {
        "line": ["all networks"] * len(band),
        "first_window": (band.starts + 1).tolist(),
        "last_window": band.ends.tolist(),
        "networks": band.replicas.tolist(),
        "mean": none,
        "low": _texts(band.low),
        "high": _texts(band.high),
        "q10": _texts(band.tenth),
        "median": _texts(band.median),
        "q90": _texts(band.ninetieth),
        "solved": band.solved.tolist(),
        "error_rate": none,
    }


@dataclass(frozen=True, eq=False)
class ComparedCurve:
    """A curve of a comparison.

    Attributes:
        name, words: how the table and the legend call it.
        curve: its losses; with several networks, their medians.
        band: the quantiles of several networks; empty for a single one.
    """

    name: str
    words: str
    curve: Curve
    band: Band


def _compared_curve(name: str, words: str, timeline: Timeline, branch: int, first: int, last: int) -> ComparedCurve:
    curve = curve_under(timeline, branch, BUCKETS, first, last)
    return ComparedCurve(name, words, curve, timeline.band(branch, BUCKETS, first, last))


def _compared(of: str, lines: Sequence[ComparedCurve], axes: dict[str, Any], notes: tuple[str, ...]) -> FigureData:
    """The table of several lines; with quantiles, if one of them is of several networks.

    Args:
        of: what a line is, the name of the first column.
    """
    names = (of, "first_window", "last_window", "loss", "q10", "q90")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for line in lines:
        curve, band = line.curve, line.band
        columns[of] += [line.name] * len(curve.starts)
        columns["first_window"] += (curve.starts + 1).tolist()
        columns["last_window"] += curve.ends.tolist()
        columns["loss"] += _texts(curve.mean)
        for column, values in (("q10", band.tenth), ("q90", band.ninetieth)):
            known = dict(zip(band.starts.tolist(), _texts(values), strict=True))
            columns[column] += [known.get(start) for start in curve.starts.tolist()]
    if not any(len(line.band) for line in lines):
        del columns["q10"], columns["q90"]
    facts = {**axes, "of": of, "legend": [[line.name, line.words] for line in lines]}
    return FigureData(columns, facts, 2.2 + 0.11 * len(lines), notes)


def _texts(values: np.ndarray[Any, np.dtype[np.float32]]) -> list[str]:
    """Float32 numbers as texts that tell all of them apart."""
    return [f"{value:.9g}" for value in values.tolist()]


def _names(folders: Sequence[Path]) -> list[str]:
    """A name for each folder: its last part, or as many as tell it apart from the others."""
    parts = [Path(os.path.abspath(folder)).parts for folder in folders]
    names = []
    for own in parts:
        others = {one for one in parts if one != own}
        length = next((n for n in range(1, len(own)) if own[-n:] not in {one[-n:] for one in others}), len(own))
        names.append(os.path.join(*own[-length:]))
    return [f"{name} ({number + 1})" if names.count(name) > 1 else name for number, name in enumerate(names)]

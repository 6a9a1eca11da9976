"""What each unit of a part follows, and how many are saturated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.data import source_lags
from echornn.probes.prepared import Prepared
from echornn.probes.series import Series, as_numbers, inputs_before
from echornn.progress import Bools, Counts, Floats
from echornn.readings import SATURATED, CellPart, Doubles, Units, signed
from echornn.tasks.task import Numbers, Symbols

# A unit whose standard deviation is below this, relative to its size, counts as constant in float32
LEAST_MOVE = 1e-6
# A unit follows a target rather than an input, or a hidden variable rather than these, if its
# correlation is larger by this
CLEARLY = 0.05


def units(prepared: Prepared, part: CellPart) -> Units:
    read, series = prepared.read(part), prepared.series
    steps, rows, size = read.shape
    activity = np.zeros((0, 0, size), np.float32)
    if prepared.window is not None:
        by_row = np.swapaxes(prepared.on_window.of(part), 0, 1)
        activity = np.ascontiguousarray(by_row)

    task = prepared.config.the_task
    followers = _standardised(read, series)
    lag, channel, correlation = _followed_input(followers, series, task.inputs)
    target = np.full(size, -1, np.int32)
    if _may_follow_targets(prepared):
        answers = _standardised(as_numbers(series.y, task.outputs), series)
        number, strongest = _strongest(followers, answers)
        if prepared.config.has_classes:
            number[:] = 0
        with_target = _rounded(strongest)
        is_closer = np.abs(with_target) > np.abs(correlation) + CLEARLY
        target[is_closer] = number[is_closer]
        correlation[is_closer] = with_target[is_closer]

    hidden = {}
    best_hidden = np.full(size, -1, np.int32)
    for index, (name, values) in enumerate(series.hidden.items()):
        variable = _standardised(values[..., np.newaxis], series)
        with_hidden = hidden[name] = _rounded((followers.T @ variable)[:, 0])
        is_closer = np.abs(with_hidden) > np.abs(correlation) + CLEARLY
        best_hidden[is_closer] = index
        correlation[is_closer] = with_hidden[is_closer]
    target[best_hidden >= 0] = -1

    has_channels = isinstance(task.inputs, Numbers) and task.inputs.count > 1
    variance = read.var(axis=int(series.of_trials), ddof=1, dtype=np.float64)
    return Units(
        part=part.name,
        activity=activity,
        saturated=saturated(part, activity),
        share_saturated=_share_saturated(part, read),
        spread=np.sqrt(variance.mean(axis=0)).astype(np.float32),
        best_lag=lag,
        correlation=correlation,
        samples=steps * rows,
        best_channel=channel if has_channels else channel[:0],
        best_target=target,
        bounds=part.bounds,
        hidden=hidden,
        best_hidden=best_hidden,
    )


def saturation(prepared: Prepared, parts: Iterable[CellPart]) -> dict[str, float]:
    """The saturated share of each part whose numbers have limits, over all units and steps."""
    limited = [part for part in parts if part.bounds is not Bounds.FREE]
    return {part.name: _share_saturated(part, prepared.read(part)) for part in limited}


def saturated(part: CellPart, activity: Floats) -> Bools:
    if part.bounds is Bounds.FREE:
        return np.zeros(activity.shape, np.bool_)
    return np.asarray(np.abs(signed(activity, part.bounds)) > SATURATED)


def _share_saturated(part: CellPart, read: Floats) -> float:
    return math.nan if part.bounds is Bounds.FREE else float(saturated(part, read).mean())


def _followed_input(
    followers: Doubles, series: Series, form: Symbols | Numbers
) -> tuple[Counts, Counts, Floats]:
    """For each unit the lag of the input with the strongest correlation, the input's channel, and
    this correlation."""
    lags, channels = np.zeros((2, followers.shape[1]), np.int32)
    correlation = np.zeros(len(lags))
    first_lag = 0
    for x in inputs_before(series, form):
        steps, rows, some_lags, numbers = x.shape
        columns = x.reshape(steps, rows, some_lags * numbers)
        column, strongest = _strongest(followers, _standardised(columns, series))
        lag, channel = np.divmod(column, numbers)
        is_stronger = np.abs(strongest) > np.abs(correlation)
        lags[is_stronger] = first_lag + lag[is_stronger]
        channels[is_stronger] = channel[is_stronger]
        correlation[is_stronger] = strongest[is_stronger]
        first_lag += some_lags
    return lags, channels, _rounded(correlation)


def _may_follow_targets(prepared: Prepared) -> bool:
    """Not if some targets do not count, nor if one input decides each, so that it is followed
    instead."""
    scored = prepared.series.scored
    if scored is not None and not scored.all():
        return False
    config = prepared.config
    return not config.is_stream or len(source_lags(config)) != 1


def _strongest(followers: Doubles, followed: Doubles) -> tuple[npt.NDArray[np.intp], Doubles]:
    """For each follower, which column it follows most closely, and the correlation."""
    correlations = followers.T @ followed
    best = np.abs(correlations).argmax(axis=1)
    return best, correlations[np.arange(len(best)), best]


def _rounded(correlation: Doubles) -> Floats:
    return correlation.clip(-1, 1).astype(np.float32)


def _standardised(numbers: npt.NDArray[Any], series: Series) -> Doubles:
    """Values [steps, rows, n] as [steps * rows, n], scaled to length 1 over all samples; zero if
    constant.

    Each row's mean is subtracted: a unit that rests at different values in different rows does not
    follow an input. In trials, each step's mean is subtracted instead.
    """
    columns = numbers.astype(np.float64)
    count = columns.shape[-1]
    size = np.linalg.norm(columns.reshape(-1, count), axis=0)
    columns -= columns.mean(axis=int(series.of_trials), keepdims=True)
    centred = columns.reshape(-1, count)
    length = np.linalg.norm(centred, axis=0)
    length[length <= LEAST_MOVE * size] = np.inf
    return np.asarray(centred / length)

"""The activity of the units of a part in the newest window, and the input that each unit follows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.probes.parts import CellPart
from echornn.probes.prepared import Prepared, as_numbers, part_of
from echornn.probes.series import ProbeSeries
from echornn.progress import Counts, Floats
from echornn.readings import SATURATED, Units, signed
from echornn.tasks.task import Numbers, Symbols

LEAST_MOVE = 1e-6
"""A unit whose standard deviation is below this, relative to its size, counts as constant in float32."""


CLEARLY = 0.05
"""A unit follows a target rather than an input if its correlation with the target is larger by this."""


def units(prepared: Prepared, part: CellPart) -> Units:
    """The units' activity in the newest window with the current weights, and their statistics on the probes' own
    data.
    """
    read = prepared.read(part)
    if prepared.window is None:
        activity = np.zeros((0, 0, read.shape[-1]), np.float32)
    else:
        activity = np.ascontiguousarray(np.swapaxes(part_of(prepared.on_window, part), 0, 1))
    series, form = prepared.series, prepared.config.the_task.inputs
    best_lag, correlation, channel = _followed(read, series, form)
    target, with_target = _followed_targets(read, series, prepared.config)
    is_better = np.abs(with_target) > np.abs(correlation) + CLEARLY
    apart = 1 if series.of_trials else 0
    return Units(
        part.name,
        activity,
        saturated(part, activity),
        math.nan if part.bounds is Bounds.FREE else float(saturated(part, read).mean()),
        np.sqrt(read.var(axis=apart, ddof=1, dtype=np.float64).mean(axis=0)).astype(np.float32),
        best_lag,
        np.where(is_better, with_target, correlation).astype(np.float32),
        read.shape[0] * read.shape[1],
        channel if isinstance(form, Numbers) and form.count > 1 else channel[:0],
        np.where(is_better, target, -1).astype(np.int32),
        part.bounds,
    )


def saturated(part: CellPart, activity: Floats) -> npt.NDArray[np.bool_]:
    """Whether each value of a part is saturated; see `Units.saturated`."""
    if part.bounds is Bounds.FREE:
        return np.zeros(activity.shape, np.bool_)
    return np.abs(signed(activity, part.bounds)) > SATURATED


def _followed(read: Floats, series: ProbeSeries, form: Symbols | Numbers) -> tuple[Counts, Floats, Counts]:
    """For each unit the lag of the input with the strongest correlation, this correlation, and the input's channel.

    Each row's mean is subtracted: a unit that rests at different values in different rows does not follow an input. In
    trials, each step's mean is subtracted instead. With more than two classes, the correlation is with the indicator of
    the symbol for which it is strongest.
    """
    count = read.shape[-1]
    apart = 1 if series.of_trials else 0
    followers = _standardised(read, apart)
    lags, channels, best = np.zeros(count, np.int32), np.zeros(count, np.int32), np.zeros(count)
    for lag in range(series.lags):
        among = followers.T @ _standardised(as_numbers(series.x_before(lag), form), apart)
        channel = np.abs(among).argmax(axis=1)
        strongest = np.take_along_axis(among, channel[:, np.newaxis], axis=1)[:, 0]
        more = np.abs(strongest) > np.abs(best)
        lags[more], channels[more], best[more] = lag, channel[more], strongest[more]
    return lags, best.clip(-1, 1).astype(np.float32), channels


def _followed_targets(read: Floats, series: ProbeSeries, config: EchoConfig) -> tuple[Counts, Floats]:
    """For each unit the target (a number's channel, or 0) with the strongest correlation, and this correlation; zeros
    if some targets do not count, and for the echo, whose targets are inputs.
    """
    count, form = read.shape[-1], config.the_task.outputs
    if series.y is None or series.scored is not None or config.the_task.echoed_lag is not None:
        return np.zeros(count, np.int32), np.zeros(count, np.float32)
    apart = 1 if series.of_trials else 0
    among = _standardised(read, apart).T @ _standardised(as_numbers(series.y, form), apart)
    best = np.abs(among).argmax(axis=1)
    strongest = np.take_along_axis(among, best[:, np.newaxis], axis=1)[:, 0].clip(-1, 1).astype(np.float32)
    return np.asarray(best if isinstance(form, Numbers) else 0 * best, np.int32), strongest


def _standardised(numbers: npt.NDArray[Any], apart: int) -> npt.NDArray[np.float64]:
    """Values [steps, rows, n] without their means over an axis, scaled to length 1 over all samples; zero if constant.

    Args:
        apart: the axis of the means: 0 subtracts each row's mean over its steps, 1 each step's mean over the rows.

    Returns:
        [steps * rows, n].
    """
    columns = numbers.astype(np.float64)
    size = np.linalg.norm(columns.reshape(-1, columns.shape[-1]), axis=0)
    columns -= columns.mean(axis=apart, keepdims=True)
    centred = columns.reshape(-1, columns.shape[-1])
    length = np.linalg.norm(centred, axis=0)
    standardised: npt.NDArray[np.float64] = centred / np.where(length > LEAST_MOVE * size, length, np.inf)
    return standardised

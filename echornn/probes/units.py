"""What each unit of a part follows, how many are saturated, and the states' principal
components."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.data import source_lags
from echornn.probes.prepared import Prepared
from echornn.probes.series import Series, as_numbers, inputs_before
from echornn.progress import Bools, Counts, Floats
from echornn.readings import (
    MOST_COMPONENTS,
    SATURATED,
    CellPart,
    Doubles,
    StatePlane,
    Units,
    parts_of,
    signed,
)
from echornn.tasks.task import Numbers, Symbols

# A unit whose standard deviation is below this, relative to its size, counts as constant in float32
LEAST_MOVE = 1e-6
CLEARLY = 0.05  # a unit follows a target rather than an input if its correlation is larger by this


def units(prepared: Prepared, part: CellPart) -> Units:
    read = prepared.read(part)
    activity = np.zeros((0, 0, read.shape[-1]), np.float32)
    if prepared.window is not None:
        activity = np.ascontiguousarray(np.swapaxes(prepared.on_window.of(part), 0, 1))
    series, form = prepared.series, prepared.config.the_task.inputs
    best_lag, correlation, channel = _followed(read, series, form)
    target, with_target = _followed_targets(read, series, prepared.config)
    is_better = np.abs(with_target) > np.abs(correlation) + CLEARLY
    return Units(
        part.name,
        activity,
        saturated(part, activity),
        math.nan if part.bounds is Bounds.FREE else float(saturated(part, read).mean()),
        np.sqrt(read.var(axis=int(series.of_trials), ddof=1, dtype=np.float64).mean(axis=0)).astype(
            np.float32
        ),
        best_lag,
        np.where(is_better, with_target, correlation).astype(np.float32),
        read.shape[0] * read.shape[1],
        channel if isinstance(form, Numbers) and form.count > 1 else channel[:0],
        np.where(is_better, target, -1).astype(np.int32),
        part.bounds,
    )


def saturation(prepared: Prepared, parts: Iterable[CellPart]) -> dict[str, float]:
    """The saturated share of each part whose numbers have limits, over all units and steps."""
    limited = [part for part in parts if part.bounds is not Bounds.FREE]
    return {part.name: float(saturated(part, prepared.read(part)).mean()) for part in limited}


def saturated(part: CellPart, activity: Floats) -> Bools:
    if part.bounds is Bounds.FREE:
        return np.zeros(activity.shape, np.bool_)
    return np.asarray(np.abs(signed(activity, part.bounds)) > SATURATED)


def _followed(
    read: Floats, series: Series, form: Symbols | Numbers
) -> tuple[Counts, Floats, Counts]:
    """For each unit the lag of the input with the strongest correlation, this correlation, and the
    input's channel."""
    followers = _standardised(read, series)
    lags, channels, best = np.zeros((3, read.shape[-1]))
    first_lag = 0
    for x in inputs_before(series, form):
        columns = x.reshape(*x.shape[:2], -1)
        column, strongest = _strongest(followers, _standardised(columns, series))
        lag, channel = np.divmod(column, x.shape[-1])
        more = np.abs(strongest) > np.abs(best)
        lags[more], channels[more] = first_lag + lag[more], channel[more]
        best[more] = strongest[more]
        first_lag += x.shape[2]
    return lags.astype(np.int32), best.clip(-1, 1).astype(np.float32), channels.astype(np.int32)


def _followed_targets(read: Floats, series: Series, config: EchoConfig) -> tuple[Counts, Floats]:
    """For each unit the target (a number's channel, or 0) with the strongest correlation, and this
    correlation; zeros if some targets do not count, or if one input decides each, so that it is
    followed instead.
    """
    count, form = read.shape[-1], config.the_task.outputs
    if series.scored is not None or (config.is_stream and len(source_lags(config)) == 1):
        return np.zeros(count, np.int32), np.zeros(count, np.float32)
    best, strongest = _strongest(
        _standardised(read, series), _standardised(as_numbers(series.y, form), series)
    )
    is_number = isinstance(form, Numbers)
    return (best if is_number else 0 * best).astype(np.int32), strongest.clip(-1, 1).astype(
        np.float32
    )


def _strongest(followers: Doubles, followed: Doubles) -> tuple[npt.NDArray[np.intp], Doubles]:
    among = followers.T @ followed
    best = np.abs(among).argmax(axis=1)
    return best, np.take_along_axis(among, best[:, np.newaxis], axis=1)[:, 0]


def _standardised(numbers: npt.NDArray[Any], series: Series) -> Doubles:
    """Values [steps, rows, n] as [steps * rows, n], scaled to length 1 over all samples; zero if
    constant.

    Each row's mean is subtracted: a unit that rests at different values in different rows does not
    follow an input. In trials, each step's mean is subtracted instead.
    """
    columns = numbers.astype(np.float64)
    size = np.linalg.norm(columns.reshape(-1, columns.shape[-1]), axis=0)
    columns -= columns.mean(axis=int(series.of_trials), keepdims=True)
    centred = columns.reshape(-1, columns.shape[-1])
    length = np.linalg.norm(centred, axis=0)
    return np.asarray(centred / np.where(length > LEAST_MOVE * size, length, np.inf))


# States whose components are computed, and that are drawn: enough to see clusters, few to send
MOST_SAMPLES = 512


def principal_components(states: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """The mean, the principal components (rows, orthonormal), and the share of the variance along
    each, 0 to 1, of states, float64 [samples, units], finite. With fewer states than units, from
    the states' products with each other.
    """
    count, units = states.shape
    mean = states.mean(axis=0) if count else np.zeros(units)
    centred = states - mean
    kept = min(MOST_COMPONENTS, units)
    _, directions = np.linalg.eigh(centred.T @ centred if units <= count else centred @ centred.T)
    leading: Doubles = directions[:, ::-1][:, :kept].T
    # Each without the part along those before it, filled up with other directions
    if units > count:
        q, r = np.linalg.qr(np.concatenate([leading @ centred, np.eye(kept, units)]).T)
        leading = (q * np.where(np.diag(r) < 0, -1, 1)).T[:kept]
    largest = np.take_along_axis(leading, np.abs(leading).argmax(axis=1)[:, np.newaxis], axis=1)
    components: Doubles = leading * np.where(largest < 0, -1, 1)
    variance = float(np.square(centred).sum())
    along = np.square(centred @ components.T).sum(axis=0)
    return mean, components, along / variance if variance > 0 else np.zeros(kept)


def state_plane(prepared: Prepared, part: CellPart) -> StatePlane:
    series, read = prepared.series, prepared.read(part)
    chosen = np.flatnonzero(
        np.ones(read.shape[:2], np.bool_) if series.scored is None else series.scored
    )
    chosen = chosen[
        np.linspace(0, len(chosen) - 1, min(MOST_SAMPLES, len(chosen))).round().astype(int)
    ]
    states = read.reshape(-1, read.shape[-1])[chosen]
    mean, components, shares = principal_components(states.astype(np.float64))
    weights, outputs, form = (
        prepared.weights,
        prepared.config.output_size,
        prepared.config.the_task.outputs,
    )
    answers = prepared.on_series.outputs[series.steps_back :].reshape(-1, outputs)[chosen]
    y = series.y.reshape(-1, *series.y.shape[2:])
    readout = np.zeros((0, 1 + len(components)))
    if part.name == next(iter(parts_of(prepared.config))):
        at_mean = mean @ weights["W2"] + weights["b2"][0]
        readout = np.concatenate(
            [at_mean.reshape(outputs, 1), (components @ weights["W2"]).T], axis=1
        )
    rows = np.zeros((0, 0, len(components)))
    with np.errstate(all="ignore"):  # states may be infinite, or too large for float32
        if prepared.window is not None:
            rows = (np.swapaxes(prepared.on_window.of(part), 0, 1) - mean) @ components.T
        return StatePlane(
            part.name,
            mean.astype(np.float32),
            components.astype(np.float32),
            shares.astype(np.float32),
            ((states - mean) @ components.T).astype(np.float32),
            y[chosen] if len(y) else y,
            answers if isinstance(form, Numbers) else answers.argmax(axis=-1).astype(np.uint8),
            rows.astype(np.float32),
            readout.astype(np.float32),
        )

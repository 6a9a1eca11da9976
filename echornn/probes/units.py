"""What the states of a part hold: past inputs by lag (memory), what each unit follows, their
principal components."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.probes.prepared import Prepared
from echornn.probes.series import Inputs, Series
from echornn.progress import Bools, Counts, Floats
from echornn.readings import (
    MOST_COMPONENTS,
    SATURATED,
    CellPart,
    Doubles,
    Memory,
    StatePlane,
    Units,
    parts_of,
    signed,
)
from echornn.tasks.task import Numbers, Symbols

LEAST_SIZE = 1e-12  # eigenvalues below this share of the largest are ignored
# A unit whose standard deviation is below this, relative to its size, counts as constant in float32
LEAST_MOVE = 1e-6
CLEARLY = 0.05  # a unit follows a target rather than an input if its correlation is larger by this


def memory(prepared: Prepared, part: CellPart) -> Memory:
    """The r2 by lag of the best linear read-out, fitted on half of the rows and measured on the
    other half.

    In trials, each step's mean is subtracted: a network that only knows the time remembers no
    input. The read-out is of x as 0 or 1, of a one-hot vector with one common r2, or of channels of
    numbers, each with its own r2; a channel that never changes does not count.
    """
    read, series, form = prepared.read(part), prepared.series, prepared.config.the_task.inputs
    rows = read.shape[1] // 2

    def halves(values: npt.NDArray[Any]) -> tuple[Doubles, Doubles]:
        each = [values[:, :rows].astype(np.float64), values[:, rows:].astype(np.float64)]
        if series.of_trials:
            each = [half - half.mean(axis=1, keepdims=True) for half in each]
        fitted, judged = (half.reshape(-1, values.shape[-1]) for half in each)
        return fitted, judged

    # least squares by the eigenvalues of the units' correlations, five times as fast as a singular
    # value decomposition for hundreds of units; differences too small for this are too small for
    # float32 states as well
    fitted, judged = halves(read)
    mean, spread = fitted.mean(axis=0), fitted.std(axis=0)
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    fitted, judged = (fitted - mean) * scale, (judged - mean) * scale
    sizes, directions = np.linalg.eigh(fitted.T @ fitted)
    known = sizes > LEAST_SIZE * sizes[-1]
    inverse = (directions[:, known] / sizes[known]) @ directions[:, known].T
    is_number = isinstance(form, Numbers)
    by_lag, moves = [], np.zeros(1, np.bool_)
    for lag in range(series.lags):
        x = as_numbers(series.x_before(lag), form)
        moves = moves | (x != (x[:, :1] if series.of_trials else x[:1, :1])).any(axis=(0, 1))
        wanted, truth = halves(x)
        mean = wanted.mean(axis=0)
        said = mean + judged @ (inverse @ (fitted.T @ (wanted - mean)))
        axis = 0 if is_number else None
        variance = np.atleast_1d(((truth - truth.mean(axis=0)) ** 2).sum(axis=axis))
        missing = np.atleast_1d(((truth - said) ** 2).sum(axis=axis))
        share = np.divide(missing, variance, out=np.ones_like(variance), where=variance > 0)
        by_lag.append(np.clip(1 - share, 0, 1))
    channels = np.array(by_lag, np.float32)
    return Memory(
        part.name,
        (channels[:, moves] if is_number and moves.any() else channels).mean(
            axis=1, dtype=np.float32
        ),
        read.shape[-1],
        int(moves.sum()) if is_number else form.count - 1,
        len(judged),
        channels if channels.shape[1] > 1 else channels[:, :0],
    )


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
    for lag in range(series.lags):
        channel, strongest = _strongest(
            followers, _standardised(as_numbers(series.x_before(lag), form), series)
        )
        more = np.abs(strongest) > np.abs(best)
        lags[more], channels[more], best[more] = lag, channel[more], strongest[more]
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


def as_numbers(x: Inputs, form: Symbols | Numbers) -> npt.NDArray[Any]:
    """Numbers unchanged, two symbols as one number, more symbols as one-hot; [steps, rows, n]."""
    if isinstance(form, Numbers):
        return x
    return x[..., np.newaxis] if form.count == 2 else x[..., np.newaxis] == np.arange(form.count)


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

"""The activity of the units of a part in the newest window, and the input that each unit follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.probes.parts import CellPart
from echornn.probes.prepared import Prepared, part_of
from echornn.probes.series import ProbeSeries
from echornn.progress import Counts, Floats
from echornn.readings import SATURATED, Units

LEAST_MOVE = 1e-6
"""A unit whose standard deviation is below this, relative to its size, counts as constant in float32."""


def units(prepared: Prepared, part: CellPart) -> Units:
    """The units' activity in the newest window with the current weights, and their statistics on the probes' own
    data.
    """
    read = prepared.read(part)
    if prepared.window is None:
        activity = np.zeros((0, 0, read.shape[-1]), np.float32)
    else:
        activity = np.ascontiguousarray(np.swapaxes(part_of(prepared.on_window, part), 0, 1))
    best_lag, correlation = _followed(read, prepared.series, prepared.config.num_classes)
    return Units(
        part.name,
        activity,
        saturated(part, activity),
        float(saturated(part, read).mean()),
        np.sqrt(read.var(axis=0, ddof=1, dtype=np.float64).mean(axis=0)).astype(np.float32),
        best_lag,
        correlation,
        read.shape[0] * read.shape[1],
    )


def saturated(part: CellPart, activity: Floats) -> npt.NDArray[np.bool_]:
    """Which values of a part are saturated; a gate is measured from its middle, an LSTM's c by tanh(c)."""
    shown = 2 * activity - 1 if part.is_gate else np.tanh(activity) if part.name.endswith("c") else activity
    return np.abs(shown) > SATURATED


def _followed(read: Floats, series: ProbeSeries, classes: int) -> tuple[Counts, Floats]:
    """For each unit the lag of the input with the strongest correlation, and this correlation.

    Each row's mean is subtracted: a unit that rests at different values in different rows does not follow an input.
    With more than two classes, the correlation is with the indicator of the symbol for which it is strongest.
    """
    count = read.shape[-1]
    followers = _standardised(read)
    lags, best = np.zeros(count, np.int32), np.zeros(count)
    for lag in range(series.lags):
        x = series.x_before(lag)[..., np.newaxis]
        among = followers.T @ _standardised(x if classes == 2 else x == np.arange(classes))
        strongest = np.take_along_axis(among, np.abs(among).argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
        more = np.abs(strongest) > np.abs(best)
        lags[more], best[more] = lag, strongest[more]
    return lags, best.clip(-1, 1).astype(np.float32)


def _standardised(numbers: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Values [steps, rows, n] without each row's mean, scaled to length 1 over all samples; zero if constant.

    Returns:
        [steps * rows, n].
    """
    columns = numbers.astype(np.float64)
    size = np.linalg.norm(columns.reshape(-1, columns.shape[-1]), axis=0)
    columns -= columns.mean(axis=0)
    centred = columns.reshape(-1, columns.shape[-1])
    length = np.linalg.norm(centred, axis=0)
    standardised: npt.NDArray[np.float64] = centred / np.where(length > LEAST_MOVE * size, length, np.inf)
    return standardised

"""What each unit of a part does: in the newest window, and which input it follows."""

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
"""A unit that moves less than this, relative to its size, counts as still within float32's precision."""


def units(prepared: Prepared, part: CellPart) -> Units:
    """The units in the newest window with the present weights, and the statistics of each on the probes' own data."""
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
    """Which of a part's numbers are saturated; a gate is measured from its middle, an LSTM's c as h sees it,
    tanh(c).
    """
    shown = 2 * activity - 1 if part.is_gate else np.tanh(activity) if part.name.endswith("c") else activity
    return np.abs(shown) > SATURATED


def _followed(read: Floats, series: ProbeSeries, classes: int) -> tuple[Counts, Floats]:
    """For each unit the lag of the input with the strongest correlation, and that correlation.

    Each row's mean is removed: a unit that rests at different values in different rows does not follow an input. With
    more than two classes the correlation is that with the symbol that shows the most, against all others.
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
    """Numbers [steps, rows, n] without each row's mean, scaled to length one over all samples; zero for one that does
    not move.

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

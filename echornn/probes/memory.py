"""Memory by lag: how well past inputs can be read from a part of the network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.probes.parts import CellPart
from echornn.probes.prepared import Prepared, as_numbers, as_samples
from echornn.readings import Memory
from echornn.tasks.task import Numbers

LEAST_SIZE = 1e-12
"""Eigenvalues below this share of the largest are ignored."""

Doubles = npt.NDArray[np.float64]


def memory(prepared: Prepared, part: CellPart) -> Memory:
    """The r2 by lag of the best linear read-out, fitted on half of the rows and measured on the other half.

    In trials, each step's mean is subtracted from states and inputs: a network that only knows the time remembers no
    input.

    "Short term memory in echo state networks" (Jaeger 2001) defines memory capacity as the sum over all lags. With two
    classes the read-out is of x as 0 or 1; with more, of the one-hot vector, whose numbers give one common r2. Each
    channel of numbers has its own r2, and the reading is their mean.
    """
    read, series, form = prepared.read(part), prepared.series, prepared.config.the_task.inputs
    rows = read.shape[1] // 2
    halves = np.s_[:, :rows], np.s_[:, rows:]
    fitted, judged = (as_samples(read[half], series.of_trials) for half in halves)
    read_out = _ReadOut(fitted, judged)
    by_lag = []
    for lag in range(series.lags):
        x = as_numbers(series.x_before(lag), form)
        wanted, truth = (as_samples(x[half], series.of_trials) for half in halves)
        by_lag.append(read_out.r2(wanted, truth, each=isinstance(form, Numbers)))
    channels = np.array(by_lag, np.float32)
    independent = form.count if isinstance(form, Numbers) else form.count - 1
    whole = channels.mean(axis=1, dtype=np.float32)
    return Memory(
        part.name,
        whole,
        read.shape[-1],
        independent,
        len(judged),
        channels if channels.shape[1] > 1 else channels[:, :0],
    )


class _ReadOut:
    """Least squares with intercept, from numbers float64 [samples, units] to any targets.

    It uses the eigenvalues of the units' correlations, five times as fast as a singular value decomposition for
    hundreds of units. Differences too small for this are too small for float32 states as well.
    """

    def __init__(self, fitted: Doubles, judged: Doubles) -> None:
        mean, spread = fitted.mean(axis=0), fitted.std(axis=0)
        scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
        self._fitted, self._judged = (fitted - mean) * scale, (judged - mean) * scale
        sizes, directions = np.linalg.eigh(self._fitted.T @ self._fitted)
        known = sizes > LEAST_SIZE * sizes[-1]
        self._inverse = (directions[:, known] / sizes[known]) @ directions[:, known].T

    def r2(self, fitted: Doubles, judged: Doubles, each: bool) -> Doubles:
        """The r2 of the read-out of these targets, float64 [samples, numbers]; 0 to 1, one for ``each`` or one."""
        mean = fitted.mean(axis=0)
        read = mean + self._judged @ (self._inverse @ (self._fitted.T @ (fitted - mean)))
        axis = 0 if each else None
        spread = np.atleast_1d(((judged - judged.mean(axis=0)) ** 2).sum(axis=axis))
        missing = np.atleast_1d(((judged - read) ** 2).sum(axis=axis))
        share = np.divide(missing, spread, out=np.ones_like(spread), where=spread > 0)
        return np.asarray(np.clip(1 - share, 0, 1))

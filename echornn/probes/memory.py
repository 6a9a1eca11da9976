"""Memory by lag: how well past inputs can be read from a part of the network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.probes.parts import CellPart
from echornn.probes.prepared import Prepared
from echornn.progress import Symbols
from echornn.readings import Memory

LEAST_SIZE = 1e-12
"""Eigenvalues below this share of the largest are ignored."""

Doubles = npt.NDArray[np.float64]


def memory(prepared: Prepared, part: CellPart) -> Memory:
    """The r2 by lag of the best linear read-out, fitted on half of the rows and measured on the other half.

    "Short term memory in echo state networks" (Jaeger 2001) defines memory capacity as the sum over all lags. With two
    classes the read-out is of x as 0 or 1; with more, of the one-hot vector, whose numbers give one common r2.
    """
    read, series, classes = prepared.read(part), prepared.series, prepared.config.num_classes
    rows = read.shape[1] // 2
    fitted, judged = (_samples(half) for half in (read[:, :rows], read[:, rows:]))
    read_out = _ReadOut(fitted, judged)
    by_lag = []
    for lag in range(series.lags):
        x = series.x_before(lag)
        by_lag.append(read_out.r2(_targets(x[:, :rows], classes), _targets(x[:, rows:], classes)))
    return Memory(part.name, np.array(by_lag, np.float32), read.shape[-1], classes - 1, len(judged))


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

    def r2(self, fitted: Doubles, judged: Doubles) -> float:
        """The r2 of the read-out of these targets, float64 [samples, numbers]; 0 to 1."""
        mean = fitted.mean(axis=0)
        read = mean + self._judged @ (self._inverse @ (self._fitted.T @ (fitted - mean)))
        spread = ((judged - judged.mean(axis=0)) ** 2).sum()
        return float(np.clip(1 - ((judged - read) ** 2).sum() / spread, 0, 1)) if spread else 0.0


def _samples(read: npt.NDArray[np.float32]) -> Doubles:
    return read.reshape(-1, read.shape[-1]).astype(np.float64)


def _targets(x: Symbols, classes: int) -> Doubles:
    """The symbols, uint8 [steps, rows], as numbers, float64 [samples, 1 or classes]."""
    flat = x.reshape(-1)
    if classes == 2:
        return np.asarray(flat[:, np.newaxis], np.float64)
    return np.asarray(flat[:, np.newaxis] == np.arange(classes), np.float64)

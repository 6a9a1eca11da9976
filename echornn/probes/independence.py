"""Whether the inputs of different lags are independent, so that the r2 of all lags may be added up."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.probes.samples import as_numbers, as_samples
from echornn.probes.series import series_for
from echornn.tasks.task import Numbers

MOST_LAGS = 32
"""The nearest lags that are compared with each other."""

MOST_NUMBERS = 512
"""The most numbers, of all these lags together, that are compared."""

MOST_SHARED = 1.5
"""The most that a single number may say about all inputs together, counted in inputs, so that they pass as independent;
independent inputs have 1, apart from sampling noise.
"""

TOLERANCE = 0.25
"""How much the variances of the symbols may differ from their mean, as a share of it, apart from sampling noise."""

DEVIATIONS = 5
"""Standard deviations of sampling noise that are tolerated in the variance at a lag."""

Doubles = npt.NDArray[np.float64]


@functools.lru_cache(2)
def are_independent(config: EchoConfig) -> bool:
    """Whether the inputs at all lags vary, are alike and are uncorrelated, in the data of the probes.

    Then the r2 of linear read-outs, added up over all lags, are at most the number of units (Jaeger 2001). If inputs
    are correlated, a single unit can follow many of them at once. If symbols are not equally frequent, the r2 of a
    one-hot vector is not a mean of independent numbers.
    """
    if config.is_echo:
        return True
    series, form = series_for(config), config.the_task.inputs

    def numbers(lag: int) -> Doubles:
        return as_samples(as_numbers(series.x_before(lag), form), series.of_trials)

    variances = np.array([numbers(lag).var(axis=0) for lag in range(series.lags)])
    if not variances.all():
        return False
    samples = len(numbers(0))
    if not isinstance(form, Numbers) and form.count > 2:
        mean = variances.mean()
        of_symbols, of_all = (np.abs(found / mean - 1).max() for found in (variances.mean(axis=0), variances))
        if of_symbols > TOLERANCE or of_all > TOLERANCE + DEVIATIONS / math.sqrt(samples * mean):
            return False
    lags = min(MOST_LAGS, series.lags, max(2, MOST_NUMBERS // variances.shape[1]))
    together = np.hstack([_independent_part(numbers(lag), form) for lag in range(lags)])
    noise = (1 + math.sqrt(together.shape[1] / samples)) ** 2
    return _largest_share(together) <= MOST_SHARED * noise


def _independent_part(numbers: Doubles, form: Any) -> Doubles:
    """The numbers, or all but one of a one-hot vector in coordinates in which uniform symbols are uncorrelated."""
    if isinstance(form, Numbers) or form.count == 2:
        return numbers
    axes, _ = np.linalg.qr(np.hstack([np.ones((form.count, 1)), np.eye(form.count)[:, 1:]]))
    others: Doubles = numbers @ axes[:, 1:]
    return others


def _largest_share(numbers: Doubles) -> float:
    """The largest eigenvalue of the correlations of the columns, float64 [samples, numbers]."""
    centred = numbers - numbers.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 0, spread, 1)
    return float(np.linalg.eigvalsh(scaled.T @ scaled / len(scaled))[-1])

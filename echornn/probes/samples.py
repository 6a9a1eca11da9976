"""Inputs and states as numbers, one row per sample, for linear read-outs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.probes.task_data import Inputs
from echornn.tasks.task import Numbers, Symbols


def as_samples(values: npt.NDArray[Any], of_trials: bool) -> npt.NDArray[np.float64]:
    """Values [steps, rows, n] as float64 [samples, n]; in trials, each step's mean is subtracted."""
    numbers = values.astype(np.float64)
    if of_trials:
        numbers -= numbers.mean(axis=1, keepdims=True)
    return numbers.reshape(-1, values.shape[-1])


def as_numbers(x: Inputs, form: Symbols | Numbers) -> npt.NDArray[Any]:
    """The targets of read-outs, [steps, rows, n]: numbers unchanged, two symbols as one number, more symbols as
    one-hot.
    """
    if isinstance(form, Numbers):
        return x
    return x[..., np.newaxis] if form.count == 2 else x[..., np.newaxis] == np.arange(form.count)

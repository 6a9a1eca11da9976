"""The results of the probes about rows of the newest window: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class RowDependence:
    """How strongly each prediction of the newest window depends on each input of its row in the window.

    Inputs before the window act through its initial state, and are not measured.

    Attributes:
        strength: float32 [rows read, steps read, steps read]: entry (row, t, s) is how strongly the prediction at step
            t depends on the input x[s]; 0 if s is after t.
        probabilities: float32 [rows read, steps read, outputs], the predictions with the current weights;
            `Progress` has the predictions made before the window changed the weights.
        first_row: the index in the window of the first row read; either all rows were read, or only the requested row.
        first_step: the index in the window of the first step read; of a window longer than 512 steps, only the newest
            are read.
    """

    strength: Floats
    probabilities: Floats
    first_row: int = 0
    first_step: int = 0

    def of_row(self, row: int) -> Floats:
        """The `strength` of a row of the window (from 0): float32 [steps read, steps read]; NaN if the row was not
        read.
        """
        place = row - self.first_row
        if 0 <= place < len(self.strength):
            return np.asarray(self.strength[place])
        return np.full(self.strength.shape[1:], np.nan, np.float32)

    def predictions_of_row(self, row: int) -> Floats:
        """The predictions of a row of the window (from 0): float32 [steps read, num_classes]; NaN if the row was not
        read.
        """
        place = row - self.first_row
        if 0 <= place < len(self.probabilities):
            return np.asarray(self.probabilities[place])
        return np.full(self.probabilities.shape[1:], np.nan, np.float32)


@dataclass(frozen=True, eq=False)
class Effects(RowDependence):
    """How each prediction changes if a single input is changed; the row is computed again for each input.

    A changed input becomes the next symbol, the last symbol becomes the first; with two symbols it is flipped. Each
    number of an input of numbers becomes larger by `echornn.readings.RAISED`. `strength` is the total variation
    distance of the prediction's probabilities before and after (half the sum of the absolute changes), 0 to 1; for
    numbers, the length of their change.

    Attributes:
        turned: bool, of the same shape as `strength`: whether another symbol becomes the likeliest.
    """

    turned: npt.NDArray[np.bool_] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Connectivity(RowDependence):
    """The local derivative of each prediction by each input: `strength` is ||d logit(target at t) / d x[s]|| (Madsen
    2019).

    It describes a tiny change of an input, but inputs are symbols: if units are saturated, it is close to zero even for
    an input that decides the prediction. `Effects` describes the change to another symbol.
    """


@dataclass(frozen=True, eq=False)
class Flip:
    """The predictions of a row, with one input changed and with the unchanged inputs.

    Attributes:
        row, step: the changed input, from 0.
        x: the inputs after the change: uint8 [T] of symbols, or float32 [T, count] of numbers.
        before, after: float32 [T, num_classes], the predictions without and with the change.
    """

    row: int
    step: int
    x: npt.NDArray[Any]
    before: Floats
    after: Floats

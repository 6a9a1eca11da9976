"""The results of probes that look at the rows of the newest window: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols


@dataclass(frozen=True, eq=False)
class OfRows:
    """How much each prediction of the newest window depends on each input of its row in that window.

    Inputs before the window are in the state that it begins with, and are not looked at.

    Attributes:
        strength: float32 [rows read, steps read, steps read], entry (row, t, s): how much the prediction at t depends
            on x[s]; 0 where s comes after t.
        probabilities: float32 [rows read, steps read, num_classes], what the weights of now predict there; `Progress`
            has what was predicted before the window changed them.
        first_row: the row of the window, from 0, that is the first read: all are, or the one that was asked for.
        first_step: the step of the window, from 0, that is the first read: of more than 512, the newest are.
    """

    strength: Floats
    probabilities: Floats
    first_row: int = 0
    first_step: int = 0

    def of_row(self, row: int) -> Floats:
        """`strength` of one row of the window, from 0: float32 [steps read, steps read]; NaN if the row was not
        read."""
        place = row - self.first_row
        if 0 <= place < len(self.strength):
            return np.asarray(self.strength[place])
        return np.full(self.strength.shape[1:], np.nan, np.float32)

    def predictions_of_row(self, row: int) -> Floats:
        """The predictions of one row of the window, from 0: float32 [steps read, num_classes]; NaN if the row was not
        read."""
        place = row - self.first_row
        if 0 <= place < len(self.probabilities):
            return np.asarray(self.probabilities[place])
        return np.full(self.probabilities.shape[1:], np.nan, np.float32)


@dataclass(frozen=True, eq=False)
class Effects(OfRows):
    """How each prediction changes if one input is changed; the row is computed again for each input.

    An input is changed to its next symbol, after the last the first: of two symbols, it is flipped. `strength` is how
    far the prediction moves: the total variation between the probabilities, half the sum of the sizes of their changes,
    0 to 1.

    Attributes:
        turned: bool, of the strength's shape: another symbol is the likeliest then.
    """

    turned: npt.NDArray[np.bool_] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Connectivity(OfRows):
    """The local derivative of each prediction: `strength` is ||d logit(target at t) / d x[s]|| (Madsen 2019).

    It tells what a small change of an input does, and inputs are symbols: where units are saturated it is next to zero
    for an input that decides the prediction. `Effects` tells what another symbol does.
    """


@dataclass(frozen=True, eq=False)
class Flip:
    """One row, computed again with one input changed.

    Attributes:
        row, step: which, from 0.
        x: uint8 [T], the input with the change.
        before, after: float32 [T, num_classes], the predictions without it and with it.
    """

    row: int
    step: int
    x: Symbols
    before: Floats
    after: Floats

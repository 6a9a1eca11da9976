"""The results of probes that look at the rows of the newest window: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols


@dataclass(frozen=True, eq=False)
class OfRows:
    """How much each prediction of the newest window depends on each input of its row in that window.

    Inputs before the window are contained in its initial state, and are not measured.

    Attributes:
        strength: float32 [rows read, steps read, steps read], entry (row, t, s): how much the prediction at t depends
            on x[s]; 0 if s comes after t.
        probabilities: float32 [rows read, steps read, num_classes], the predictions there with the present weights;
            `Progress` has the predictions before the window changed the weights.
        first_row: the first row of the window, from 0, that was read: all rows were, or only the requested one.
        first_step: the first step of the window, from 0, that was read: of more than 512, only the newest are.
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

    An input is changed to the next symbol, the last symbol to the first: with two symbols, it is flipped. `strength` is
    how far the prediction moves: the total variation distance between the probabilities, half the sum of their absolute
    changes, 0 to 1.

    Attributes:
        turned: bool, of the strength's shape: whether another symbol becomes the likeliest.
    """

    turned: npt.NDArray[np.bool_] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Connectivity(OfRows):
    """The local derivative of each prediction: `strength` is ||d logit(target at t) / d x[s]|| (Madsen 2019).

    It describes the effect of a small change of an input, but inputs are symbols: if units are saturated, it is close
        to
    zero even for an input that decides the prediction. `Effects` describes the effect of another symbol.
    """


@dataclass(frozen=True, eq=False)
class Flip:
    """The predictions of one row, computed again with one input changed.

    Attributes:
        row, step: the position of the changed input, from 0.
        x: uint8 [T], the input with the change.
        before, after: float32 [T, num_classes], the predictions without the change and with it.
    """

    row: int
    step: int
    x: Symbols
    before: Floats
    after: Floats

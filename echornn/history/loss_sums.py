"""The mean losses of several networks over some windows. The result does not depend on the pieces in which windows
arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats

LOSSES_AT_ONCE = 4096
"""This many losses are added up at once, or those of `LEAST_AT_ONCE` windows."""

LEAST_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LossSums:
    """The sum of the losses of some windows, for each replica.

    Attributes:
        sums: float64 [replicas], in nats.
        windows: the number of windows in the sums.
    """

    sums: npt.NDArray[np.float64]
    windows: int = 0

    @classmethod
    def none(cls, replicas: int) -> LossSums:
        """Sums of no windows: all 0."""
        return cls(np.zeros(replicas))

    def after(self, losses: Floats) -> LossSums:
        """The sums after adding these losses, float32 [n, replicas]; the same bits in whatever pieces the losses
        arrive.
        """
        sums, replicas = self.sums, len(self.sums)
        at_once = max(LEAST_AT_ONCE, LOSSES_AT_ONCE // replicas)
        for begin in range(0, len(losses), at_once):
            some = losses[begin : begin + at_once]
            # NumPy adds rows one after the other, but the numbers of a single column in pairs
            rows = np.zeros((1 + len(some), max(2, replicas)))
            rows[0, :replicas], rows[1:, :replicas] = sums, some
            sums = rows.sum(axis=0)[:replicas]
        return LossSums(sums, self.windows + len(losses))

    @property
    def means(self) -> Floats:
        """The mean losses, float32 [replicas], in nats; NaN or infinite if a loss was."""
        means: Floats = (self.sums / max(1, self.windows)).astype(np.float32)
        return means

"""The mean losses of several networks over some windows; the result does not depend on how the windows are cut."""

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
    """The sums of the losses of some windows, one for each replica.

    Attributes:
        sums: float64 [replicas], nats.
        windows: the number of windows.
    """

    sums: npt.NDArray[np.float64]
    windows: int = 0

    @classmethod
    def none(cls, replicas: int) -> LossSums:
        """The sums of no windows."""
        return cls(np.zeros(replicas))

    def after(self, losses: Floats) -> LossSums:
        """The sums with these losses, float32 [n, replicas], added; the same bits however they are cut into pieces."""
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
        """The mean losses, float32 [replicas], nats; not finite if a loss was not."""
        means: Floats = (self.sums / max(1, self.windows)).astype(np.float32)
        return means

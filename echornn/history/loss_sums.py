"""The mean losses of many networks over some windows. The result does not depend on the pieces in which windows
arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats

ROWS_AT_ONCE = 64
"""The number of windows that are added in one step."""


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
        sums = self.sums
        for begin in range(0, len(losses), ROWS_AT_ONCE):
            some = losses[begin : begin + ROWS_AT_ONCE]
            rows = np.empty((1 + len(some), len(sums)))  # one window per row, since NumPy adds rows one after the other
            rows[0], rows[1:] = sums, some
            sums = rows.sum(axis=0)
        return LossSums(sums, self.windows + len(losses))

    @property
    def means(self) -> Floats:
        """The mean losses, float32 [replicas], in nats; NaN or infinite if a loss was."""
        means: Floats = (self.sums / max(1, self.windows)).astype(np.float32)
        return means

"""The mean losses of many networks over some windows; the result does not depend on how the windows are cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats

ROWS_AT_ONCE = 64
"""How many windows are added up at once."""


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
        sums = self.sums
        for begin in range(0, len(losses), ROWS_AT_ONCE):
            some = losses[begin : begin + ROWS_AT_ONCE]
            rows = np.empty((1 + len(some), len(sums)))  # as rows, which NumPy adds one after the other
            rows[0], rows[1:] = sums, some
            sums = rows.sum(axis=0)
        return LossSums(sums, self.windows + len(losses))

    @property
    def means(self) -> Floats:
        """The mean losses, float32 [replicas], nats; not finite if a loss was not."""
        means: Floats = (self.sums / max(1, self.windows)).astype(np.float32)
        return means

"""Finds the windows at which replicas solved the task; losses are examined only when the result is requested."""

from __future__ import annotations

from echornn.data.solved import Levels, SolvedAt
from echornn.progress import Floats

MOST_WINDOWS = 4096
"""The number of windows after which their losses are examined even if nothing is requested."""

UNKNOWN_OF_ONE = SolvedAt.unknown(1)


class SolvedCount:
    """The windows at which the replicas of a population solved the task. Examining a single window costs a tenth of the
    call that trains it, so windows are examined together.

    Args:
        before: the value before the first window is added.
        levels: the levels of the replicas.
    """

    def __init__(self, before: SolvedAt, levels: Levels) -> None:
        self._counted, self._levels = before, levels
        self._losses: list[Floats] = []
        self._windows = 0

    def add(self, losses: Floats) -> None:
        """Add the losses of the next windows, float32 [n, replicas]."""
        self._losses.append(losses)
        self._windows += len(losses)
        if self._windows > MOST_WINDOWS:
            self.now()

    def now(self) -> SolvedAt:
        """The value after all windows that have been added."""
        for losses in self._losses:
            self._counted = self._counted.after(losses, self._levels)
        self._losses, self._windows = [], 0
        return self._counted

    def reported(self) -> SolvedAt:
        """The value to report with each call. For a single network it is unknown, since the losses themselves show
        it.
        """
        return self.now() if len(self._counted.at) > 1 else UNKNOWN_OF_ONE

"""Counts when replicas solved the task, from losses that are looked at only when it is asked for."""

from __future__ import annotations

from echornn.progress import Floats
from echornn.tasks.solved import Levels, SolvedAt

MOST_WINDOWS = 4096
"""With so many windows, their losses are looked at even if nothing is asked for."""

UNKNOWN_OF_ONE = SolvedAt.unknown(1)


class SolvedCount:
    """When each replica of a population solved the task. Counting a single window costs as much as a tenth of a call
    that trains it, so windows are counted together.

    Args:
        before: the value before the first window that is added.
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
        """The value after all windows that were added."""
        for losses in self._losses:
            self._counted = self._counted.after(losses, self._levels)
        self._losses, self._windows = [], 0
        return self._counted

    def reported(self) -> SolvedAt:
        """The value to report with each call; that of a lone network is not counted for it, since its losses say it."""
        return self.now() if len(self._counted.at) > 1 else UNKNOWN_OF_ONE

"""The progress of a sweep, and an estimate of the remaining time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from echornn.config import EchoConfig

SPAN = 20.0
"""The time in seconds over which rates are measured."""

LEAST_SPAN = 1.0


@dataclass(frozen=True)
class Status:
    """The progress of a sweep.

    Attributes:
        trainings: the number of networks of the grid.
        known: the number of networks with a result.
        solved: the number of these that have solved the echo.
        abandoned: the number of networks that have no result and cannot be trained.
        failed: the points that cannot be trained: a configuration of each, and the reason.
        under_way: the number of networks in training.
        rate: networks finished per second, recently; 0 if none was yet.
        seconds_left: about how long the rest will take; None while unknown.
        loop_seconds: the time that all workers together have spent in compiled loops.
        where: device, machine and process of each part that was started, newest last.
    """

    trainings: int
    known: int = 0
    solved: int = 0
    abandoned: int = 0
    failed: tuple[tuple[EchoConfig, str], ...] = ()
    under_way: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    loop_seconds: float = 0.0
    where: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether all networks have a result, or cannot be trained."""
        return self.known + self.abandoned >= self.trainings


class Throughput:
    """Measures the recent speed of a sweep.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, float, int]] = deque([(clock(), 0.0, 0)])

    def add(self, work: float = 0.0, known: int = 0) -> None:
        """Add finished work.

        Args:
            work: the finished work, in any unit.
            known: the number of networks that it finished.
        """
        now = self._clock()
        _, work_before, known_before = self._marks[-1]
        self._marks.append((now, work_before + work, known_before + known))
        while len(self._marks) > 2 and self._marks[1][0] < now - SPAN:
            self._marks.popleft()

    def rates(self) -> tuple[float, float]:
        """Work per second, and networks per second; 0 if it is too early to tell."""
        begun, work_before, known_before = self._marks[0]
        _, work, known = self._marks[-1]
        seconds = self._clock() - begun
        if seconds < LEAST_SPAN:
            return 0.0, 0.0
        return (work - work_before) / seconds, (known - known_before) / seconds

"""The progress of a sweep, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from echornn.config import EchoConfig

SPAN = 20.0
"""The rates are measured over so many seconds."""

LEAST_SPAN = 1.0


@dataclass(frozen=True)
class Status:
    """The progress of a sweep.

    Attributes:
        trainings: the number of networks of the grid.
        known: the number of networks with a result.
        solved: the number of these that have solved the echo.
        given_up: the number of networks without a result whose points cannot be trained.
        failed: those points, a configuration for each, and why.
        under_way: the number of networks that are being trained.
        rate: networks finished a second, recently; 0 if none was yet.
        seconds_left: about how long it will take; None while that is unknown.
        loop_seconds: the time that all workers together spent in compiled loops.
        where: device, machine and process of each part that was begun, the newest last.
    """

    trainings: int
    known: int = 0
    solved: int = 0
    given_up: int = 0
    failed: tuple[tuple[EchoConfig, str], ...] = ()
    under_way: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    loop_seconds: float = 0.0
    where: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.known + self.given_up >= self.trainings


class Throughput:
    """Measures the recent speed of a sweep.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, float, int]] = deque([(clock(), 0.0, 0)])

    def add(self, work: float = 0.0, known: int = 0) -> None:
        """Add finished work.

        Args:
            work: the work in any unit.
            known: the networks that are finished with it.
        """
        now = self._clock()
        _, work_before, known_before = self._marks[-1]
        self._marks.append((now, work_before + work, known_before + known))
        while len(self._marks) > 2 and self._marks[1][0] < now - SPAN:
            self._marks.popleft()

    def rates(self) -> tuple[float, float]:
        """Work and networks a second; 0 if it is too early to say."""
        begun, work_before, known_before = self._marks[0]
        _, work, known = self._marks[-1]
        seconds = self._clock() - begun
        if seconds < LEAST_SPAN:
            return 0.0, 0.0
        return (work - work_before) / seconds, (known - known_before) / seconds

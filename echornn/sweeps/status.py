"""The progress of a sweep."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig


@dataclass(frozen=True)
class Status:
    """The progress of a sweep.

    Attributes:
        trainings: the number of networks of the grid.
        known: the number of networks with a result.
        solved: the number of these that have solved the echo.
        abandoned: the number of networks that have no result and cannot be trained.
        failed: the points that cannot be trained: a configuration of each, and the reason.
        loop_seconds: the time that all workers together have spent in compiled loops.
        where: device, machine and process of each part that was started, newest last.
    """

    trainings: int
    known: int = 0
    solved: int = 0
    abandoned: int = 0
    failed: tuple[tuple[EchoConfig, str], ...] = ()
    loop_seconds: float = 0.0
    where: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether all networks have a result, or cannot be trained."""
        return self.known + self.abandoned >= self.trainings

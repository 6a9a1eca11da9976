"""The types of measured programs: one trains, one is waited for; and the error of a program that cannot run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

MEASURED_SECONDS = 0.3
"""The shortest time of a measurement of training; at least one call is measured."""

FEW = 10
"""Windows whose losses are compared; also the most windows per call of a slow program."""

Losses = npt.NDArray[Any]


class CannotError(Exception):
    """The program cannot run on this machine, or cannot train this network; the message says why, in a phrase."""


@dataclass(frozen=True)
class Cost:
    """Seconds: elapsed time, the median of the calls; and processor time of all threads, the mean of the calls."""

    clock: float
    processors: float


class Prepared(Protocol):
    """A program that is ready to be measured, with the versions of its libraries by name."""

    @property
    def versions(self) -> Mapping[str, str]: ...

    def first(self) -> Losses | None:
        """Train from the epoch's beginning with one call; returns the losses, None if nothing is trained."""

    def measure(self) -> Cost:
        """The cost of a window of one network, or of the waiting."""


@dataclass(frozen=True)
class Trains:
    """A program that trains windows.

    Attributes:
        train: trains this number of windows and returns the losses, float32 [windows] or [windows, replicas]. The first
            call begins where the `Problem` does; later calls may continue, or begin there again.
        windows: the windows per call: an epoch, or `FEW` for a slow program.
    """

    train: Callable[[int], Losses]
    windows: int
    replicas: int
    versions: Mapping[str, str]

    def first(self) -> Losses:
        return self.train(self.windows)

    def measure(self) -> Cost:
        calls: list[float] = []
        begun, processors = time.perf_counter(), time.process_time()
        while not calls or time.perf_counter() - begun < MEASURED_SECONDS:
            clock = time.perf_counter()
            self.train(self.windows)
            calls.append(time.perf_counter() - clock)
        each = self.windows * self.replicas
        return Cost(statistics.median(calls) / each, (time.process_time() - processors) / len(calls) / each)


@dataclass(frozen=True)
class Waits:
    """A program that does something once, from start to end.

    Attributes:
        wait: does it, and returns the processor seconds that it took.
        needs: objects to keep alive as long as this.
        warms: whether to do it once before measuring.
    """

    wait: Callable[[], float]
    versions: Mapping[str, str]
    needs: object = None
    warms: bool = True

    def first(self) -> None:
        """Do it once, so that files are in the system's cache."""
        if self.warms:
            self.wait()

    def measure(self) -> Cost:
        begun = time.perf_counter()
        processors = self.wait()
        return Cost(time.perf_counter() - begun, processors)


def with_numpy(**versions: str) -> dict[str, str]:
    """These versions and NumPy's."""
    return {**versions, "NumPy": np.__version__}

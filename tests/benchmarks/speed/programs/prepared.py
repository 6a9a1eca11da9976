"""A program that is ready to be measured: one that trains, or one that is waited for; and why one is left out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

MEASURED_SECONDS = 0.3
"""How long a program trains to be measured, at the least one call."""

FEW = 10
"""Windows whose losses are compared, and the most of a call of a slow program, which nothing is gained by more."""

Losses = npt.NDArray[Any]


class CannotError(Exception):
    """A program that this machine lacks, or that cannot train such a network; the message is a phrase for people."""


@dataclass(frozen=True)
class Cost:
    """Seconds: by the clock, the median of the calls; and of the processors, all threads together, the mean of them."""

    clock: float
    processors: float


class Prepared(Protocol):
    """A program that is ready, and what it is made of, by name."""

    @property
    def versions(self) -> Mapping[str, str]: ...

    def first(self) -> Losses | None:
        """Train a call from the epoch's beginning, and return the losses; None where nothing is trained."""

    def measure(self) -> Cost:
        """What a window of one network costs, or the waiting."""


@dataclass(frozen=True)
class Trains:
    """Trains windows.

    Attributes:
        train: trains so many, and returns their losses, float32 [windows], or [windows, replicas]. The first call
            begins where the `Problem` does; later ones may go on, or begin there again.
        windows: of a call: an epoch of them, or `FEW` of a slow program.
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
    """Does something once, from the beginning to the end.

    Attributes:
        wait: does it, and returns the seconds of the processors that it took.
        needs: what has to be there as long as this.
        warms: whether to do it once before it is measured.
    """

    wait: Callable[[], float]
    versions: Mapping[str, str]
    needs: object = None
    warms: bool = True

    def first(self) -> None:
        """Do it once, so that files are in memory."""
        if self.warms:
            self.wait()

    def measure(self) -> Cost:
        begun = time.perf_counter()
        processors = self.wait()
        return Cost(time.perf_counter() - begun, processors)


def with_numpy(**versions: str) -> dict[str, str]:
    """These versions, and NumPy's."""
    return {**versions, "NumPy": np.__version__}

"""What a measured program is: one trains, one is waited for; and the process that runs one."""

from __future__ import annotations

import hashlib
import json
import os
import pkgutil
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tests.benchmarks.speed.problem import Problem

MEASURED_SECONDS = 0.3
"""The shortest time of a measurement of training; at least one call is measured."""

FEW = 10
"""Windows whose losses are compared; also the most windows per call of a slow program."""

Losses = npt.NDArray[Any]


class Cost(NamedTuple):
    """Seconds that went by, and seconds of all processors, also of processes that were begun and
    have ended. On a busy machine the second says more."""

    clock: float
    processor: float


def cost_of(action: Callable[[], object]) -> Cost:
    clock, processor = time.perf_counter(), processor_seconds()
    action()
    return Cost(time.perf_counter() - clock, processor_seconds() - processor)


def processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class CannotError(Exception):
    """The program cannot run on this machine, or cannot train this network; the message says why,
    in a phrase."""


@dataclass(frozen=True)
class Trains:
    """A program that trains windows.

    Attributes:
        train: trains this number of windows and returns the losses, float32 [windows] or [windows,
            replicas]. The first call begins where the `Problem` does; later calls may continue, or
            begin there again.
        windows: the windows per call: an epoch, or `FEW` for a slow program.
    """

    train: Callable[[int], Losses]
    windows: int
    replicas: int
    versions: Mapping[str, str]

    def first(self) -> Losses:
        return self.train(self.windows)

    def measure(self) -> Cost:
        """That of a window of one network, the median of the calls."""
        calls: list[Cost] = []
        begun = time.perf_counter()
        while not calls or time.perf_counter() - begun < MEASURED_SECONDS:
            calls.append(cost_of(lambda: self.train(self.windows)))
        windows = self.windows * self.replicas
        clock = statistics.median(call.clock for call in calls)
        processor = statistics.median(call.processor for call in calls)
        return Cost(clock / windows, processor / windows)


@dataclass(frozen=True)
class Waits:
    """A program that does something once, from start to end.

    Attributes:
        wait: does it.
        needs: objects to keep alive as long as this.
        warms: whether to do it once before measuring, so that files are in the system's cache.
    """

    wait: Callable[[], object]
    versions: Mapping[str, str]
    needs: object = None
    warms: bool = True

    def first(self) -> None:
        if self.warms:
            self.wait()

    def measure(self) -> Cost:
        return cost_of(self.wait)


def with_numpy(**versions: str) -> dict[str, str]:
    """These versions and NumPy's."""
    return {**versions, "NumPy": np.__version__}


def introduction(program: Trains | Waits) -> dict[str, Any]:
    """The program's versions, its first losses, and a hash of all losses of the first call."""
    losses = program.first()
    answer: dict[str, Any] = {"versions": {"Python": platform.python_version(), **program.versions}}
    if losses is not None:
        answer["losses"] = losses[:FEW].tolist()
        answer["digest"] = hashlib.sha256(losses.tobytes()).hexdigest()
    return answer


def main() -> None:
    """Prepare the program that the first argument names, in JSON. Standard output is lines of JSON:
    first the `introduction`; then, for each line of input, the cost of a window. All other output
    goes to standard error.
    """
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    request = json.loads(sys.argv[1])
    problem = [Problem.read(Path(request["problem"]))] if request["problem"] else []
    try:
        prepare = pkgutil.resolve_name(f"tests.benchmarks.speed.programs.{request['prepare']}")
        program = prepare(*problem, **request["options"])
    except CannotError as error:
        print(json.dumps({"left_out": str(error)}), file=out)
        return
    print(json.dumps(introduction(program)), file=out)
    for _ in sys.stdin:
        print(json.dumps(program.measure()._asdict()), file=out)

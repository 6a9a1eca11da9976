"""Disturbs the programs that tests run on a terminal, so that rare timings become common: see CONTRIBUTING.md."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Disturbance:
    """What is different from a quiet machine.

    Attributes:
        read_bytes: the most bytes that the test reads from the terminal at once.
        late: the most seconds that the test waits before each read and each key.
        nice: how much the program gives way to other processes.
        written: the most characters that the program writes at once, with pauses; 0 for any number.
    """

    read_bytes: int = 1 << 16
    late: float = 0.0
    nice: int = 0
    written: int = 0

    def wait(self) -> None:
        if self.late:
            time.sleep(random.uniform(0, self.late))


DISTURBANCES = {
    "": Disturbance(),
    "pieces": Disturbance(read_bytes=64),
    "late": Disturbance(late=0.3),
    "slow": Disturbance(nice=19),
    "drops": Disturbance(written=48),
}

DISTURBANCE = DISTURBANCES[os.environ.get("RACES", "")]
"""The disturbance in this process and in those that it starts; the variable ``RACES`` names it."""

SECONDS_A_DROP = 0.002


class Drops:
    """A text file that is written in small pieces with pauses."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.fileno = file.fileno
        self.flush = file.flush

    def write(self, text: str) -> None:
        for at in range(0, len(text), DISTURBANCE.written):
            self._file.write(text[at : at + DISTURBANCE.written])
            self._file.flush()
            time.sleep(SECONDS_A_DROP)

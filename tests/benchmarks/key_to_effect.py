"""Measures the time from a key to its effect: after edits, with one and with many networks, and
with a network whose windows take ten thousand times as long.

`python -m tests.benchmarks.key_to_effect [keys]`: how long `space` takes to pause, pressed at
random times at full speed and on the way to the end of an epoch (`e`), for each network, and how
long a window takes. The limit is 0.1 s plus one window.
"""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time
from typing import Any

from echornn import EchoConfig, PopulationProgress, Session
from echornn.session.commands import Command, Edit, FinishEpoch, Pause, Resume

TUTORIAL = EchoConfig(num_epochs=10**6)
LARGE = {
    "state_size": 256,
    "batch_size": 256,
    "truncated_backprop_length": 100,
    "total_series_length": 2_560_000,
}
"""A large network with a hundred windows per epoch."""

NETWORKS: dict[str, dict[str, Any]] = {
    "the tutorial": {},
    "64 replicas": {"replicas": 64},
    "4096 replicas": {"replicas": 4096},
    "(256, 256, 100)": {**LARGE, "replicas": 1},
}

PATIENCE = 600.0


class Clocked:
    """A session at full speed that measures how long its windows take."""

    def __init__(self) -> None:
        self.session = Session(TUTORIAL, on_progress=self._trained)
        self.longest = 0.0
        self.fed = threading.Event()
        self._newest = time.perf_counter()
        self._thread = threading.Thread(target=self.session.run)
        self._thread.start()

    def _trained(self, progress: PopulationProgress) -> None:
        now = time.perf_counter()
        if len(progress.losses) == 1:
            self.longest = max(self.longest, now - self._newest)
        self._newest = now
        self.fed.set()

    def seconds_of(self, command: Command) -> float:
        """The seconds until a command was carried out."""
        asked = time.perf_counter()
        self.session.send(command)
        assert self.session.when_idle(PATIENCE), self.session.frame.message
        return time.perf_counter() - asked

    def until_it_trains(self) -> None:
        self.fed.clear()
        assert self.fed.wait(PATIENCE), self.session.frame.message

    def to_pause(self, begin: Command, chance: random.Random) -> float:
        """The seconds that a pause takes, at a random time after the command ``begin``."""
        self._newest = time.perf_counter()
        self.session.send(begin)
        self.until_it_trains()
        time.sleep(chance.uniform(0, 0.3))
        return self.seconds_of(Pause())

    def end(self) -> None:
        self.session.stop()
        self._thread.join()


def edit(clocked: Clocked, changes: dict[str, object]) -> str:
    """Change the network; returns how long that took, until it trains."""
    begun = time.perf_counter()
    clocked.session.send(Edit(changes))
    clocked.session.send(Resume())
    edited = clocked.session.config.with_fields(changes)
    while clocked.session.config != edited:
        clocked.until_it_trains()
    return f"trains after {time.perf_counter() - begun:.1f} s, most of them compiling"


def main(keys: int = 20) -> None:
    chance = random.Random(0)
    clocked = Clocked()
    for name, changes in NETWORKS.items():
        clocked.until_it_trains()
        if changes:
            print(f"edit to {name}: {edit(clocked, changes)}")
            print(f"  the first key then: {1000 * clocked.seconds_of(Pause()):.0f} ms")
            clocked.longest = 0.0
        for title, begin in (("full speed", Resume()), ("e", FinishEpoch())):
            waits = [1000 * clocked.to_pause(begin, chance) for _ in range(keys)]
            longest = f"longest {max(waits):.0f} ms of {keys}"
            median = f"median {statistics.median(waits):.0f} ms"
            print(f"  {name}, {title}: {median}, {longest}", flush=True)
        if changes:
            print(f"  one window: longest {1000 * clocked.longest:.0f} ms")
        clocked.session.send(Resume())
    clocked.end()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

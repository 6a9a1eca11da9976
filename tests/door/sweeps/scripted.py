"""Networks with scripted results, and an engine without processes.

`python -m tests.door.sweeps.scripted` is an engine whose two workers train without end. It prints
the process id of the server that forks them, and theirs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from echornn.config import EchoConfig
from echornn.sweeps.processes import Processes, Train
from echornn.sweeps.results import Result, TrainedNetwork
from echornn.sweeps.sweep import Began, Done, Lost, News, Part, TrainedWindows

KILLS = 13
"""The echo step that kills its worker process."""


def result_of(config: EchoConfig, until: str = "solved") -> Result:
    """A scripted result: solved at ten times the echo step plus the seed; from echo step 10 on not
    solved. Those with an odd seed become the task's machine five windows later, and, trained to
    the end, lose the task."""
    whole = config.num_epochs * config.windows_per_epoch
    if config.echo_step >= 10:
        return Result(None, 0.6931, whole, 1.0)
    solved_at = 10 * config.echo_step + config.seed
    if until == "automaton" and config.seed % 2:
        return Result(solved_at, 0.03, solved_at + 5, 0.01, right_at=solved_at + 5)
    if until == "all" and config.seed % 2:
        return Result(solved_at, 0.6931, whole, 1.0)
    return Result(solved_at, 0.04, solved_at, 0.01)


def train(part: Part) -> Iterator[News]:
    """Yield the results of a part, one network after the other; some networks kill the process."""
    yield Began("cpu of nowhere")
    for config in part.configs:
        if config.echo_step == KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        yield TrainedWindows(0.001, (TrainedNetwork(config, result_of(config)),))


def train_for_ever(part: Part) -> Iterator[News]:
    yield Began("cpu of nowhere")
    threading.Event().wait()


def trains() -> Train:
    """What a worker prepares; processes can only be sent functions of a module."""
    return train


def stays() -> Train:
    return train_for_ever


class ScriptedEngine:
    """An engine that trains at once, when it is asked for news; networks of some echo steps kill
    their worker."""

    workers = 2
    memory_share = 1.0

    def __init__(self, kills: Sequence[int] = ()) -> None:
        self.trained: list[EchoConfig] = []  # networks with a result, in order
        # Called before each part is trained; it may raise a signal
        self.before: Callable[[Part], object] = lambda part: None
        self._kills = kills
        self._idle = deque(["worker 1", "worker 2"])
        self._busy: deque[tuple[Part, str]] = deque()

    def idle(self) -> Sequence[str]:
        return list(self._idle)

    def start(self, part: Part, worker: str) -> None:
        self._idle.remove(worker)
        self._busy.append((part, worker))

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        if not self._busy:
            return []
        part, worker = self._busy.popleft()
        self.before(part)
        told: list[tuple[int, News]] = [(part.number, Began(f"cpu of {worker}"))]
        for config in part.configs:
            if config.echo_step in self._kills:
                self._idle.append(f"{worker} again")
                return [*told, (part.number, Lost("its process was killed"))]
            self.trained.append(config)
            network = TrainedNetwork(config, result_of(config, part.until))
            told.append((part.number, TrainedWindows(0.001, (network,))))
        self._idle.append(worker)
        return [*told, (part.number, Done())]

    def close(self) -> None:
        while self._busy:
            _, worker = self._busy.popleft()
            self._idle.append(worker)


if __name__ == "__main__":
    # not in the workers, which would have to import the app for it
    from rich.console import Console

    from tests.program import children_of

    engine = Processes(2, stays, preload="")
    for number, name in enumerate(engine.idle()):
        engine.start(Part(number, (EchoConfig(),), "solved"), name)
    begun = 0
    while begun < 2:
        begun += len(engine.news(1.0))
    workers = {worker.process.pid for worker in engine._workers.values()}
    for server in children_of(os.getpid()):
        if workers <= {*children_of(server)}:
            Console().print(server, *workers)
    threading.Event().wait()

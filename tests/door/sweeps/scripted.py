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
from pathlib import Path

from rich.console import Console

from echornn.config import EchoConfig
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import Result
from echornn.sweeps.sweep import Began, Done, Lost, News, Part, TrainedWindows

KILLS = 13
"""The echo step that kills its worker process."""

RAISES = 17
"""The echo step whose training raises an error."""


def result_of(config: EchoConfig) -> Result:
    """A scripted result: solved at ten times the echo step plus the seed; from echo step 10 on not
    solved."""
    if config.echo_step >= 10:
        return Result(None, 0.6931, config.num_epochs * config.windows_per_epoch, 1.0)
    solved_at = 10 * config.echo_step + config.seed
    return Result(solved_at, 0.04, solved_at, 0.01)


def train(part: Part) -> Iterator[News]:
    """Yield the results of a part, one network after the other; some networks kill the process."""
    yield Began("cpu of nowhere")
    for config in part.configs:
        if config.echo_step == KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if config.echo_step == RAISES:
            raise MemoryError("no room for echo step 17")
        yield TrainedWindows(0.001, ((config, result_of(config)),))


def train_for_ever(part: Part) -> Iterator[News]:
    """Train without end."""
    yield Began("cpu of nowhere")
    threading.Event().wait()


def trains() -> Callable[[Part], Iterator[News]]:
    """A worker's function that trains parts."""
    return train


def stays() -> Callable[[Part], Iterator[News]]:
    """A worker's function that does not come to an end."""
    return train_for_ever


def children(pid: int) -> list[int]:
    """The ids of the processes that the first thread of a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class ScriptedEngine:
    """An engine that trains at once, when it is asked for news.

    Attributes:
        trained: all networks with a result, in order.
        started: the parts that were started, each with its worker.
        before: called before each part is trained; it may raise an error, to simulate a kill.

    Args:
        workers: the number of workers.
        kills, raises: networks of these echo steps kill their worker, or raise an error.
    """

    def __init__(
        self, workers: int = 2, kills: Sequence[int] = (), raises: Sequence[int] = ()
    ) -> None:
        self.workers, self.memory_share = workers, 1.0
        self.trained: list[EchoConfig] = []
        self.started: list[tuple[Part, str]] = []
        self.closed = False
        self.before: Callable[[Part], None] = lambda part: None
        self._kills, self._raises = kills, raises
        self._idle = deque(f"worker {number}" for number in range(1, workers + 1))
        self._busy: deque[tuple[Part, str]] = deque()
        self._deaths = 0

    def idle(self) -> Sequence[str]:
        return list(self._idle)

    def start(self, part: Part, worker: str) -> None:
        self._idle.remove(worker)
        self._busy.append((part, worker))
        self.started.append((part, worker))

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        if not self._busy:
            return []
        part, worker = self._busy.popleft()
        self.before(part)
        told: list[News] = [Began(f"cpu of {worker}")]
        for config in part.configs:
            if config.echo_step in self._kills:
                self._deaths += 1
                self._idle.append(f"{worker} again {self._deaths}")
                return [
                    *((part.number, one) for one in told),
                    (part.number, Lost("its process was killed")),
                ]
            if config.echo_step in self._raises:
                self._idle.append(worker)
                return [
                    *((part.number, one) for one in told),
                    (part.number, Lost("MemoryError: no room")),
                ]
            self.trained.append(config)
            told.append(TrainedWindows(0.001, ((config, result_of(config)),)))
        self._idle.append(worker)
        return [(part.number, one) for one in (*told, Done())]

    def close(self) -> None:
        self.closed = True
        self._idle.extend(worker for _, worker in self._busy)
        self._busy.clear()


if __name__ == "__main__":
    engine = Processes(2, stays, preload="")
    for number, name in enumerate(engine.idle()):
        engine.start(Part(number, (EchoConfig(),), "solved"), name)
    begun = 0
    while begun < 2:
        begun += len(engine.news(1.0))
    workers = [worker.process.pid for worker in engine._workers.values()]
    (server,) = {one for one in children(os.getpid()) if {*workers} <= {*children(one)}}
    Console().print(server, *workers)
    threading.Event().wait()

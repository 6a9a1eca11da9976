"""An engine that trains in processes on this machine, each with one TensorFlow thread."""

from __future__ import annotations

import socket
import sys
from collections.abc import Hashable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from echornn.sweeps.engine import EngineError
from echornn.sweeps.fork_server import ForkServer
from echornn.sweeps.part import Done, Lost, News, Part, Ready
from echornn.sweeps.plan import structure_of
from echornn.training.threads import usable_processors

OWN_ENGINE = """
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

spec = PathFinder.find_spec("echornn", [sys.argv[1]])
sys.modules["echornn"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["echornn"])
"""
"""A program that imports `echornn` from the folder in its first argument, even if there are other copies."""

SERVE = "from echornn.sweeps.worker import main; main()"

STARTS = 3
"""The engine gives up after this many consecutive workers have died before they were ready."""


def python_command(program: str) -> list[str]:
    """A command that runs a program with Python and this process's `echornn`, importing nothing from the current
    folder.

    Python puts the current folder first on the import path for ``-m`` and ``-c``, unless ``-P`` is given. If this
    process ignores the user's environment or packages, the new process does too.
    """
    flags = [flag for flag, is_set in (("-E", sys.flags.ignore_environment), ("-s", sys.flags.no_user_site)) if is_set]
    return [sys.executable, "-P", *flags, "-c", OWN_ENGINE + program, str(Path(__file__).parents[2])]


class Processes:
    """Workers that are processes; they are forked when needed, and again when they die.

    They are killed when this engine is closed, and end by themselves when this process is gone. They are processes
    rather than threads, so that only its own part is lost when a worker dies. Each trains only one structure; for
    another structure, a new process takes its place and name. The reasons: only the first program of a process can be
    stored on disk (see `echornn.training.kept_programs`), and compiled programs use memory until the process ends.

    Args:
        workers: the number of workers; by default the number of processors.
        command: the command that starts a `ForkServer`; by default `SERVE` in a `python_command`.
    """

    def __init__(self, workers: int | None = None, command: Sequence[str] | None = None) -> None:
        self.workers = usable_processors() if workers is None else workers
        self.room = 1 / self.workers
        self._command = tuple(python_command(SERVE) if command is None else command)
        self._server: ForkServer | None = None
        self._there: dict[str, Worker] = {}
        self._started = self._failed_starts = 0

    def idle(self) -> Sequence[str]:
        """See `Engine`; a worker that is not started yet counts as idle."""
        idle = [name for name, worker in self._there.items() if worker.is_ready]
        missing = self.workers - len(self._there)
        return [*idle, *(f"process {self._started + 1 + number}" for number in range(missing))]

    def start(self, part: Part, worker: str) -> None:
        """See `Engine`."""
        structure = structure_of(part.configs[0])
        if worker not in self._there:
            self._started += 1
        elif self._there[worker].structure != structure:
            self._drop(worker)
        if worker not in self._there:
            if self._server is None:
                self._server = ForkServer(self._command)
            self._there[worker] = Worker(self._server, structure)
        self._there[worker].begin(part)

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """See `Engine`."""
        come: list[tuple[int, News]] = []
        ready = set(wait([what for worker in self._there.values() for what in worker.waited_for], seconds))
        for name, worker in list(self._there.items()):
            if ready.isdisjoint(worker.waited_for):
                continue
            for news in worker.read():
                if isinstance(news, Ready):
                    worker.is_ready, worker.was_ready = worker.part is None, True
                    self._failed_starts = 0
                elif worker.part is not None:
                    come.append((worker.part, news))
                    if isinstance(news, (Done, Lost)):
                        worker.part = None
            if worker.is_gone:
                if not worker.was_ready:
                    self._failed_starts += 1
                reason = self._drop(name)
                if self._failed_starts == STARTS:
                    raise EngineError(f"no training process can be started: {reason}")
                if worker.part is not None:
                    come.append((worker.part, Lost(reason)))
        return come

    def close(self) -> None:
        """See `Engine`."""
        if self._server is not None:
            self._server.end()
        for name in list(self._there):
            self._drop(name)
        self._server = None

    def _drop(self, name: str) -> str:
        how = self._there.pop(name).end()
        if self._server is not None and self._server.has_ended:
            self._server = None  # the next worker gets a new server
        return how


class Worker:
    """A worker process, and the part that it trains.

    Attributes:
        connection: the connection on which its news arrives.
        process: the forked process, which shows when it has ended.
        structure: the structure of its networks (see `structure_of`).
        part: the number of its current part; None if it has none.
        is_ready: whether it waits for a part.
        was_ready: whether it has ever waited for a part.
        is_gone: whether it has ended or hung up.
    """

    def __init__(self, server: ForkServer, structure: Hashable) -> None:
        self.structure = structure
        self.part: int | None = None
        self.is_ready = self.was_ready = self.is_gone = False
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = server.fork(theirs)
        self.connection = Connection(ours.detach())

    @property
    def waited_for(self) -> tuple[Connection | socket.socket, ...]:
        """The objects that become readable when the worker has sent something, or has ended."""
        return self.connection, self.process.watch

    def begin(self, part: Part) -> None:
        """Send a part to train; if the process is already gone, `read` will show it."""
        self.part, self.is_ready = part.number, False
        try:
            self.connection.send(part)
        except OSError:
            self.is_gone = True

    def read(self) -> Sequence[News | Ready]:
        """Everything that the worker has sent since the last call."""
        said: list[News | Ready] = []
        has_ended = bool(wait([self.process.watch], 0))
        try:
            while self.connection.poll():
                said.append(self.connection.recv())
        except (EOFError, OSError):
            has_ended = True
        self.is_gone = self.is_gone or has_ended
        return said

    def end(self) -> str:
        """Kill the worker if it is still there; returns how it ended, as a phrase."""
        self.connection.close()
        return self.process.end(self.is_gone)

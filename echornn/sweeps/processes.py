"""An engine that trains in processes on this machine, each with one TensorFlow thread."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Hashable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection, wait
from typing import Any

from echornn.sweeps.engine import EngineError
from echornn.sweeps.part import Done, Lost, News, Part, Ready
from echornn.sweeps.plan import structure_of
from echornn.sweeps.worker import Train, prepared, serve
from echornn.training.device import usable_processors

STARTS = 3
"""The engine gives up after this many consecutive workers have died before they were ready."""

SECONDS_TO_END = 1.0
"""Seconds that a process has to end by itself; then it is killed."""

CONTEXT = multiprocessing.get_context("forkserver")


@contextmanager
def _changed(values: MutableMapping[str, Any], name: str, value: str) -> Iterator[None]:
    before = values.get(name)
    values[name] = value
    yield
    values.pop(name)
    if before is not None:
        values[name] = before


def _start_server(preload: str, folder: str) -> None:
    """Start the server from which workers are forked, if there is none yet. Nothing is imported from the current
    folder, and its socket is in a folder of the user's, and not in the abstract namespace, which is everybody's.
    """
    util.abstract_sockets_supported = False  # type: ignore[misc]
    CONTEXT.set_forkserver_preload([preload] if preload else [])
    places = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    with _changed(os.environ, "PYTHONSAFEPATH", "1"), _changed(places, "tempdir", folder):
        forkserver.ensure_running()


class Processes:
    """Workers that are processes; they are forked when needed, and again when they die.

    They are killed when this engine is closed, and end by themselves when this process is gone. They are processes
    rather than threads, so that only its own part is lost when a worker dies. Each trains only one structure; for
    another structure, a new process takes its place and name. The reasons: only the first program of a process can be
    stored on disk (see `echornn.training.programs`), and compiled programs use memory until the process ends.

    Args:
        workers: the number of workers; by default the number of processors.
        prepare: makes the function that trains parts, in a worker.
        preload: the module that is imported before workers are forked; empty if there is none.
    """

    def __init__(
        self,
        workers: int | None = None,
        prepare: Callable[[], Train] = prepared,
        preload: str = "echornn.sweeps.preloaded",
    ) -> None:
        self.workers = usable_processors() if workers is None else workers
        self.room = 1 / self.workers
        self._prepare, self._preload = prepare, preload
        self._folder = tempfile.TemporaryDirectory(prefix="echornn-tui-")
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
            try:
                _start_server(self._preload, self._folder.name)
                self._there[worker] = Worker(self._prepare, structure)
            except (OSError, EOFError) as error:
                raise EngineError(f"no training process can be started: {error}") from error
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
                elif isinstance(news, Lost) and not worker.was_ready:
                    raise EngineError(f"no training process can be started: {news.reason}")
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
        for name in list(self._there):
            self._drop(name)
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        self._folder.cleanup()

    def _drop(self, name: str) -> str:
        return self._there.pop(name).end()


class Worker:
    """A worker process, and the part that it trains.

    Attributes:
        connection: the connection on which its news arrives.
        process: the process.
        structure: the structure of its networks (see `structure_of`).
        part: the number of its current part; None if it has none.
        is_ready: whether it waits for a part.
        was_ready: whether it has ever waited for a part.
        is_gone: whether it has ended or hung up.
    """

    def __init__(self, prepare: Callable[[], Train], structure: Hashable) -> None:
        self.structure = structure
        self.part: int | None = None
        self.is_ready = self.was_ready = self.is_gone = False
        self.connection, theirs = CONTEXT.Pipe()
        with theirs:
            self.process = CONTEXT.Process(target=serve, args=(theirs, prepare), daemon=True)
            self.process.start()

    @property
    def waited_for(self) -> tuple[Connection, int]:
        """What becomes readable when the worker has sent something, or has ended."""
        return self.connection, self.process.sentinel

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
        has_ended = not self.process.is_alive()
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
        self.process.join(SECONDS_TO_END if self.is_gone else 0)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.process.close()
        if code == -signal.SIGKILL:
            return "its process was killed (SIGKILL): by somebody, or by the system, if memory ran out"
        return (
            f"its process was ended by {signal.Signals(-code).name}" if code < 0 else f"its process ended with {code}"
        )

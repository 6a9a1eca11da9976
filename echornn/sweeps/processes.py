"""An engine of processes on this machine, forked from a server that has imported TensorFlow; if one
dies, only its part is lost.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any

from echornn.sweeps.sweep import Done, EngineError, Lost, News, Part
from echornn.training.device import effective_threads, usable_processors

SECONDS_TO_END = 1.0  # by itself
SAFE_PATH = "PYTHONSAFEPATH"
CONTEXT = multiprocessing.get_context("forkserver")

Train = Callable[[Part], Iterator[News]]


def prepared() -> Train:
    """Prepare this process, with one thread an operation, so that results do not depend on the
    number of workers."""
    importlib.import_module("echornn.sweeps.preloaded")
    from echornn.sweeps.part_trainer import PartTrainer
    from echornn.training.device import begin
    from echornn.training.kept_programs import keep

    keep(effective_threads(1))
    begin(1)
    return PartTrainer().train


def serve(connection: Connection, prepare: Callable[[], Train]) -> None:
    """In a worker: train the parts that come, and send the news, until the other end is gone."""
    # Ctrl+C in the terminal is for the computing process only
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nothing, output)
    parts: SimpleQueue[Part] = SimpleQueue()

    def listen() -> None:
        try:
            while True:
                parts.put(connection.recv())
        finally:
            # Also if a part cannot be decoded: the process that waits for news must not wait
            # forever
            os._exit(1)

    threading.Thread(target=listen, name="parts", daemon=True).start()
    try:
        train = prepare()
    except Exception as error:
        connection.send(
            EngineError(f"no training process can be started: {type(error).__name__}: {error}")
        )
        return
    while True:
        part = parts.get()
        try:
            for news in train(part):
                connection.send(news)
            connection.send(Done())
        except Exception as error:
            connection.send(Lost(f"{type(error).__name__}: {error}"))


@dataclass
class Worker:
    """A worker process, and the number of its part, if any; all its parts are of one structure."""

    process: Any
    connection: Connection
    structure: Hashable
    part: int | None = None

    def end(self, seconds: float = 0.0) -> str:
        """Kill the worker if it does not end in these seconds; returns how it ended, as a
        phrase."""
        self.connection.close()
        self.process.join(seconds)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.process.close()
        if code >= 0:
            return f"its process ended with {code}"
        reason = f"its process was ended by {signal.Signals(-code).name}"
        if code == -signal.SIGKILL:
            reason += ": by somebody, or by the system, if memory ran out"
        return reason


class Processes:
    """An `Engine` of processes, by default one a processor, which are forked when needed, and again
    when they die.

    For another structure, a new process takes the place of a worker: only the first program of a
    process can be stored on disk (see `echornn.training.programs`), and compiled programs use
    memory until the process ends.
    """

    def __init__(
        self,
        workers: int | None = None,
        prepare: Callable[[], Train] = prepared,
        preload: str = "echornn.sweeps.preloaded",
    ) -> None:
        self.workers = usable_processors() if workers is None else workers
        self.memory_share = 1 / self.workers
        self._prepare = prepare
        self._preload = preload
        self._folder = tempfile.TemporaryDirectory(prefix="echornn-tui-")
        self._workers: dict[str, Worker] = {}

    def idle(self) -> Sequence[str]:
        busy = {name for name, worker in self._workers.items() if worker.part is not None}
        return [name for name in map(str, range(self.workers)) if name not in busy]

    def start(self, part: Part, worker: str) -> None:
        process = self._workers.get(worker)
        if process is not None and process.structure != part.structure:
            self._workers.pop(worker).end()
            process = None
        if process is None:
            try:
                process = self._forked(part.structure)
            except (OSError, EOFError) as error:
                raise EngineError(f"no training process can be started: {error}") from error
            self._workers[worker] = process
        process.part = part.number
        with suppress(OSError):  # if it has died, `news` will find that out
            process.connection.send(part)

    def _forked(self, structure: Hashable) -> Worker:
        """A new worker. The server starts with the first one: nothing is imported from the current
        folder, and its socket is in a folder of the user's, not in the abstract namespace, which is
        everybody's.
        """
        util.abstract_sockets_supported = False  # type: ignore[misc]
        CONTEXT.set_forkserver_preload([self._preload] if self._preload else [])
        places = multiprocessing.current_process()._config  # type: ignore[attr-defined]
        before = os.environ.get(SAFE_PATH, "")
        places["tempdir"] = self._folder.name
        os.environ[SAFE_PATH] = "1"
        forkserver.ensure_running()
        places["tempdir"] = None
        os.environ[SAFE_PATH] = before
        ours, theirs = CONTEXT.Pipe()
        with theirs:
            process = CONTEXT.Process(target=serve, args=(theirs, self._prepare), daemon=True)
            process.start()
        return Worker(process, ours, structure)

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        all_news: list[tuple[int, News]] = []
        ready = wait([worker.connection for worker in self._workers.values()], seconds)
        for name, worker in list(self._workers.items()):
            if worker.connection not in ready:
                continue
            try:
                while worker.connection.poll():
                    news = worker.connection.recv()
                    if isinstance(news, EngineError):
                        raise news
                    if worker.part is None:
                        continue
                    all_news.append((worker.part, news))
                    if isinstance(news, (Done, Lost)):
                        worker.part = None
            except (EOFError, OSError):
                reason = self._workers.pop(name).end(SECONDS_TO_END)
                if worker.part is not None:
                    all_news.append((worker.part, Lost(reason)))
        return all_news

    def close(self) -> None:
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        self._folder.cleanup()

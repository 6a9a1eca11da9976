"""An engine that trains in processes of this machine, each with one TensorFlow thread."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from echornn.sweeps.engine import EngineError
from echornn.sweeps.part import Done, Lost, News, Part, Ready
from echornn.sweeps.trained_by import difference_in_words, versions_here
from echornn.threads import usable_processors

OWN_ENGINE = """
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

spec = PathFinder.find_spec("echornn", [sys.argv[1]])
sys.modules["echornn"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["echornn"])
"""
"""Imports `echornn` from the folder that the first argument names, wherever else one may lie."""

SERVE = "from echornn.sweeps.worker import main; main()"

STARTS = 3
"""So many workers on end that die before they are ready, and none can be had."""

TAIL_BYTES = 4096


def python_command(program: str) -> list[str]:
    """Starts a Python that runs this program with the `echornn` of this process, and nothing of the current folder.

    Python puts that folder first on the path of what is started with ``-m`` or ``-c``; not so with ``-P``. Where this
    process was told to ignore the user's environment or packages, so is that one.
    """
    flags = [flag for flag, is_set in (("-E", sys.flags.ignore_environment), ("-s", sys.flags.no_user_site)) if is_set]
    return [sys.executable, "-P", *flags, "-c", OWN_ENGINE + program, str(Path(__file__).parents[2])]


class Processes:
    """Workers that are processes, started when they are needed, and again when they die or are worn.

    They are killed when this is closed, and end by themselves when this process is gone. A process each, and not a
    thread: one that dies takes only its part with it, and what it has compiled is given back when it ends.

    Args:
        workers: how many; unset, as many as there are processors.
        command: starts one, with the descriptor to serve on as its last argument; unset, `serve` in a `python_command`.
    """

    def __init__(self, workers: int | None = None, command: Sequence[str] | None = None) -> None:
        self.workers = usable_processors() if workers is None else workers
        self.room = 1 / self.workers
        self._command = tuple(python_command(SERVE) if command is None else command)
        self._there: dict[str, Worker] = {}
        self._started = self._failed_starts = 0

    def idle(self) -> Sequence[str]:
        """See `Engine`; a worker that is not there yet is idle too."""
        idle = [name for name, worker in self._there.items() if worker.is_ready]
        missing = self.workers - len(self._there)
        return [*idle, *(f"process {self._started + 1 + number}" for number in range(missing))]

    def start(self, part: Part, worker: str) -> None:
        """See `Engine`."""
        if worker not in self._there:
            self._started += 1
            self._there[worker] = Worker(self._command)
        self._there[worker].begin(part)

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """See `Engine`."""
        workers = {worker.connection: name for name, worker in self._there.items()}
        come: list[tuple[int, News]] = []
        for connection in wait(list(workers), seconds):
            assert isinstance(connection, Connection)
            name = workers[connection]
            worker = self._there[name]
            for news in worker.read():
                if isinstance(news, Ready):
                    _require_same_code(news)
                    worker.is_ready, worker.was_ready = worker.part is None and not news.worn, True
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
        for name in list(self._there):
            self._drop(name)

    def _drop(self, name: str) -> str:
        return self._there.pop(name).end()


def _require_same_code(ready: Ready) -> None:
    """What a worker trains is kept under the name of what trains here."""
    different = difference_in_words(ready.versions, versions_here())
    if different:
        raise EngineError(f"the program was changed while it ran: a new worker has {different}; start it again")


class Worker:
    """A process, and the part that it trains.

    Attributes:
        connection: where its news come from.
        part: the number of the part that it has; None where it has none.
        is_ready: whether it waits for one.
        was_ready: whether it ever did.
        is_gone: whether it has ended, or hung up.
    """

    def __init__(self, command: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        self.part: int | None = None
        self.is_ready = self.was_ready = self.is_gone = False
        self._stderr = tempfile.TemporaryFile(prefix="echornn-tui-")  # noqa: SIM115 (closed by `end`)
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl+C in the terminal is for whoever computes the sweep
            )
        self.connection = Connection(ours.detach())

    def begin(self, part: Part) -> None:
        """Let it train this; if it is gone already, that is told by `read`."""
        self.part, self.is_ready = part.number, False
        try:
            self.connection.send(part)
        except OSError:
            self.is_gone = True

    def read(self) -> Sequence[News | Ready]:
        """All that it has said."""
        said: list[News | Ready] = []
        try:
            while self.connection.poll():
                said.append(self.connection.recv())
        except (EOFError, OSError):
            self.is_gone = True
        return said

    def end(self) -> str:
        """Have it killed, if it is not gone; how it ended, as a phrase."""
        self.connection.close()
        if not self.is_gone:
            self._process.kill()
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:  # it has hung up, but not ended
            self._process.kill()
            code = self._process.wait()
        tail = self._tail()
        self._stderr.close()
        if code == -signal.SIGKILL:
            return "its process was killed (SIGKILL): by somebody, or by the system, if memory ran out"
        if code < 0:
            return f"its process was ended by {signal.Signals(-code).name}{tail}"
        return f"its process ended with code {code}{tail}"

    def _tail(self) -> str:
        """The last line that it has printed."""
        descriptor = self._stderr.fileno()
        size = os.fstat(descriptor).st_size
        printed = os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace").strip()
        return f": {printed.splitlines()[-1]}" if printed else ""

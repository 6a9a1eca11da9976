"""A server process from which workers are forked, so that they start with everything it has imported; and its client.

The server has only one thread, so no lock is held when it forks. Each forked process has a *watch*: a socket between
the server and the client. When the process ends, the server sends its exit code over the watch. To have the process
killed, the client closes the watch. So if either side dies, the other notices, and no process remains.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import wait
from typing import IO, NoReturn

EXIT_CODE = struct.Struct("i")
"""The message on a watch: the exit code, negative if a signal ended the process."""

SECONDS_TO_END = 1.0
"""Seconds that a process has to end by itself; then it is killed."""

TAIL_BYTES = 4096

SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
"""Signals that the server waits for, besides its sockets."""


class ForkServer:
    """The client side of the server: starts it, and has it fork processes.

    Args:
        command: the command that starts the server; the descriptor of its socket is added as the last argument. The
            program must call `serve_forks`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._printed = printed_file()
        self._how = ""
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._printed,
                stderr=self._printed,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl+C in the terminal is for the computing process only
            )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the server is known to have ended."""
        return bool(self._how)

    def fork(self, connection: socket.socket) -> Forked:
        """Fork a process that serves this connection."""
        return Forked(self, self._socket, connection)

    def end(self) -> str:
        """End the server and all its forked processes, and wait for that; returns how it ended, as a phrase."""
        if not self._how:
            self._socket.close()
            self._process.terminate()
            try:
                code = self._process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                code = self._process.wait()
            self._how = how_it_ended(code, self._printed)
            self._printed.close()
        return self._how


class Forked:
    """The client side of a forked process.

    Attributes:
        watch: a socket that becomes readable as soon as the process, or the server, has ended.

    Args:
        server: the server that forks it.
        asked: the socket to the server.
        connection: the connection that the forked process uses.
    """

    def __init__(self, server: ForkServer, asked: socket.socket, connection: socket.socket) -> None:
        self._server = server
        self._printed = printed_file()
        self.watch, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):  # if the server is gone, the watch shows it
            socket.send_fds(asked, [b"f"], [theirs.fileno(), connection.fileno(), self._printed.fileno()])

    def end(self, is_ending: bool) -> str:
        """Kill the process, unless it is ending by itself; returns how it ended, as a phrase.

        Args:
            is_ending: whether it is ending by itself, so that a short wait makes sense.
        """
        if not (is_ending and wait([self.watch], SECONDS_TO_END)):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                self.watch.shutdown(socket.SHUT_WR)
        code = self.watch.recv(EXIT_CODE.size)
        how = how_it_ended(EXIT_CODE.unpack(code)[0], self._printed) if code else self._server.end()
        self.watch.close()
        self._printed.close()
        return how


def printed_file() -> IO[bytes]:
    """A file for the output of a process; its last line is shown if the process fails."""
    return tempfile.TemporaryFile(prefix="echornn-tui-")


def how_it_ended(code: int, printed: IO[bytes]) -> str:
    """How a process ended, as a phrase, from its exit code and its output."""
    if code == -signal.SIGKILL:
        return "its process was killed (SIGKILL): by somebody, or by the system, if memory ran out"
    descriptor = printed.fileno()
    size = os.fstat(descriptor).st_size
    lines = os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace").strip().splitlines()
    tail = f": {lines[-1]}" if lines else ""
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}{tail}"
    return f"its process ended with code {code}{tail}"


def serve_forks(asked: socket.socket, prepare: Callable[[], object], work: Callable[[int], None]) -> None:
    """Fork a process for each request, until the client is gone or SIGTERM arrives; then no process remains.

    Args:
        asked: the socket on which a `ForkServer` sends requests.
        prepare: imports everything that forked processes need, and leaves no thread running.
        work: the work of a forked process; its argument is the descriptor of its connection.
    """
    with _ending_with(asked):
        prepare()
    signals, wakes = socket.socketpair()
    for one in (signals, wakes):
        one.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    # otherwise the first garbage collection of a forked process would copy the memory of all imported modules
    gc.freeze()
    watches: dict[int, socket.socket] = {}
    ends = False
    while not ends:
        ready = wait([signals, asked, *watches.values()])
        if signals in ready:
            ends = signal.SIGTERM in signals.recv(4096)
        if asked in ready and not ends:
            message, descriptors, *_ = socket.recv_fds(asked, 1, 3)
            ends = not message
            if message:
                watch, connection, printed = descriptors
                pid = os.fork()
                if pid == 0:
                    for_the_server = [watch, *(one.fileno() for one in (asked, signals, wakes, *watches.values()))]
                    _begin(for_the_server, printed, partial(work, connection))
                watches[pid] = socket.socket(fileno=watch)
                os.close(connection)
                os.close(printed)
        for pid, watch_of_it in list(watches.items()):
            if ends or watch_of_it in ready:
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, 0 if ends else os.WNOHANG)
            if ended:
                with watches.pop(pid), contextlib.suppress(OSError):
                    watch_of_it.send(EXIT_CODE.pack(os.waitstatus_to_exitcode(status)))


@contextlib.contextmanager
def _ending_with(asked: socket.socket) -> Iterator[None]:
    """End this process at once if the client is gone during the block; watched by a thread that ends with the block."""
    stop, ours = socket.socketpair()

    def look() -> None:
        hung_up = select.poll()
        for one in (asked, stop):
            hung_up.register(one, 0)  # only hang-ups, not requests
        if asked.fileno() in dict(hung_up.poll()):
            os._exit(0)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ours.close()
        thread.join()
        stop.close()


def _begin(for_the_server: Sequence[int], printed: int, work: Callable[[], None]) -> NoReturn:
    """Do the work of a process that was just forked, then end it.

    Args:
        for_the_server: descriptors that only the server may hold, since they show that it is alive.
        printed: the descriptor of the file for its output.
    """
    try:
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        for descriptor in for_the_server:
            os.close(descriptor)
        for output in (1, 2):
            os.dup2(printed, output)
        work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)

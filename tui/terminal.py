"""The terminal's file descriptors and signals: the only place that touches them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, NoReturn

TAIL_BYTES = 4096


def is_interactive() -> bool:
    """Whether a person sits at a terminal that can show the app: keys come in, and the cursor can be moved."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class NativeLog:
    """What native code (TensorFlow, XLA, CUDA) wrote to its standard error, kept off the screen."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file

    def tail(self) -> str:
        """The last lines, or nothing where native code still writes to a place of the user's own."""
        if self._file is None:
            return ""
        descriptor = self._file.fileno()
        size = os.fstat(descriptor).st_size
        begin = max(0, size - TAIL_BYTES)
        return os.pread(descriptor, size - begin, begin).decode(errors="replace").strip()


def keep_native_stderr_off_the_screen() -> NativeLog:
    """From now on, native code writes its standard error to a log, where it would write to the terminal.

    Textual draws on ``sys.__stderr__``, and native code writes to the same file descriptor 2, so the two are
    parted: Python gets a duplicate of the terminal, descriptor 2 goes to a file without a name. Where a user has
    sent 2 elsewhere (``2>errors.txt``), nothing changes. Call it before TensorFlow is imported.
    """
    if not os.isatty(2):
        return NativeLog()
    _let_python_write_to(os.dup(2))
    log = tempfile.TemporaryFile(prefix="echornn-tui-")  # noqa: SIM115 (descriptor 2 keeps it until the end)
    os.dup2(log.fileno(), 2)
    return NativeLog(log)


def draw_on_the_terminal() -> None:
    """Let Textual, which draws on ``sys.__stderr__``, draw where stdout goes, if stderr is no terminal."""
    if not os.isatty(sys.__stderr__.fileno() if sys.__stderr__ else 2):
        _let_python_write_to(os.dup(1))


def _let_python_write_to(descriptor: int) -> None:
    stream = open(descriptor, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115
    sys.__stderr__ = sys.stderr = stream  # type: ignore[misc]


def on_hangup_or_terminate(leave: Callable[[int], None]) -> None:
    """Call ``leave`` with the exit code when the line drops or the process is told to end; in an event loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, leave, 128 + number)


@contextlib.contextmanager
def ending_signals_call(stop: Callable[[int], None]) -> Iterator[None]:
    """Call ``stop`` with the number of each signal that asks the process to end; outside an event loop."""
    asking = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.signal(number, lambda caught, _: stop(caught)) for number in asking}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_process(code: int) -> NoReturn:
    """End at once: native code in other threads cannot be interrupted, and TensorFlow takes half a second to
    tear itself down."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

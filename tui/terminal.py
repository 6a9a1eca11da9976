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


@contextlib.contextmanager
def native_stderr_kept_off_the_screen() -> Iterator[NativeLog]:
    """Let Python, and so Textual, draw on the terminal, while native code writes to a log.

    Textual draws on ``sys.__stderr__``, and native code writes to the same file descriptor 2, so the two are
    parted: Python gets a duplicate of the terminal, descriptor 2 goes to a file without a name. Where a user
    has sent 2 elsewhere (``2>errors.txt``), native code keeps that, and Python draws where stdout goes.
    """
    stderr_is_terminal = os.isatty(2)
    terminal = os.dup(2 if stderr_is_terminal else 1)
    python_streams = sys.__stderr__, sys.stderr
    stream = open(terminal, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115 (closed below)
    sys.__stderr__ = sys.stderr = stream  # type: ignore[misc]
    try:
        if not stderr_is_terminal:
            yield NativeLog()
            return
        with tempfile.TemporaryFile(prefix="echornn-tui-") as log:
            os.dup2(log.fileno(), 2)
            try:
                yield NativeLog(log)
            finally:
                os.dup2(terminal, 2)
    finally:
        sys.__stderr__, sys.stderr = python_streams  # type: ignore[misc]
        stream.close()


def on_hangup_or_terminate(leave: Callable[[int], None]) -> None:
    """Call ``leave`` with the exit code when the line drops or the process is told to end; in an event loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, leave, 128 + number)


def leave_process(code: int) -> NoReturn:
    """End at once: native code in other threads cannot be interrupted, and TensorFlow takes half a second to
    tear itself down."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

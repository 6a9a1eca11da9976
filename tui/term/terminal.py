"""The terminal's file descriptors, settings and signals; no other file handles them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, NoReturn, TextIO

from echornn.runtime import quiet
from echornn.runtime.background import report
from tui.term.exit_code import ENDING_SIGNALS, ExitCode

TAIL_BYTES = 4096

NAME = "ECHORNN_TERMINAL_NAME"
"""The environment variable with the name of a terminal that no device names, such as a tab of a browser."""

LOOK_MILLISECONDS = 500
"""How often to check whether the terminal still exists, on systems that do not report its end."""

SECONDS_TO_STOP = 1.0
"""If a process still runs this long after stopping itself, there is no shell that could continue it."""

LOOKS_FOR_A_SHELL = 50

BACK_TO_NORMAL = (
    "\x1b[?2026l"  # draw at once
    "\x1b[?2004l"  # no brackets around pasted text
    "\x1b[?7h"  # wrap lines
    "\x1b[?2048l"  # no reports of size
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # no mouse reports
    "\x1b[<u"  # kitty's keyboard mode, which belongs to the alternate screen
    "\x1b[0m\x1b[?1049l\x1b[?25h"  # reset colours, leave the alternate screen, show the cursor
    "\x1b[?1004l"  # no reports of focus
)
"""The sequences that switch off what Textual's driver for Linux switches on, in its order."""

SAVE_CURSOR = "\x1b7"
"""Leaving the alternate screen moves the cursor to where it was saved last, even if that screen is off already."""

Mend = Callable[[], None]
"""A function that restores the terminal."""


def is_interactive() -> bool:
    """Whether the program runs on a terminal that can show the app: keys can be read, and the cursor can be moved."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def name() -> str:
    """The name of this terminal for other viewers of a session: the device, and from where the user has come by SSH; or
    what `NAME` says.
    """
    if given := os.environ.get(NAME):
        return given
    try:
        device = os.ttyname(0).removeprefix("/dev/")
    except OSError:
        device = "no terminal"
    client = os.environ.get("SSH_CLIENT", "").split(" ")[0]
    return f"{device} ({client})" if client else device


def is_in_the_foreground(descriptor: int = 0) -> bool:
    """Whether this process is in the foreground of its terminal; also True if the terminal is gone."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


def wait_for_the_foreground() -> bool:
    """Stop this process while it is in the background (``&``), until the shell continues it (``fg``).

    Returns:
        whether the process is in the foreground now; False if there is no shell that could continue it.
    """
    woken: list[int] = []
    before = {signal.SIGCONT: signal.signal(signal.SIGCONT, lambda number, _: woken.append(number))}
    before[signal.SIGTTOU] = signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    try:
        while not is_in_the_foreground():
            woken.clear()
            os.killpg(0, signal.SIGTTOU)
            for _ in range(LOOKS_FOR_A_SHELL):  # by number, not by time: the clock runs on while the process is stopped
                if woken or is_in_the_foreground():
                    break
                time.sleep(SECONDS_TO_STOP / LOOKS_FOR_A_SHELL)
            else:
                return False
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return True


def screen_for_a_bar() -> TextIO | None:
    """The stream for a progress bar: standard error or standard output, if it is a terminal that can redraw a line."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return None
    return next((stream for stream in (sys.stderr, sys.stdout) if stream.isatty()), None)


def columns(screen: TextIO) -> int:
    """The current width of this terminal; 80 if it is unknown."""
    try:
        return os.get_terminal_size(screen.fileno()).columns or 80
    except OSError:
        return 80


class NativeLog:
    """The log of native code (TensorFlow, XLA, CUDA): its standard error, which must not reach the screen."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file

    @classmethod
    def unnamed(cls) -> NativeLog:
        """A log in a file without a name; if no file can be made, the output is discarded."""
        try:
            return cls(tempfile.TemporaryFile(prefix="echornn-tui-"))
        except OSError:
            return cls(open(os.devnull, "w+b"))

    def take_stderr(self) -> None:
        """Redirect the standard error of native code to this log."""
        if self._file is not None:
            os.dup2(self._file.fileno(), 2)

    def tail(self) -> str:
        """The last lines of the log; empty if the user has redirected standard error."""
        if self._file is None:
            return ""
        descriptor = self._file.fileno()
        size = os.fstat(descriptor).st_size
        begin = max(0, size - TAIL_BYTES)
        return os.pread(descriptor, size - begin, begin).decode(errors="replace").strip()


def keep_native_stderr_off_the_screen(log: NativeLog | None = None) -> NativeLog:
    """Redirect the standard error of native code to a log (``log`` if given), if it would go to the terminal.

    Textual draws on ``sys.__stderr__``, and native code writes to the same file descriptor 2, so they are separated:
    Python gets a duplicate of the terminal, and descriptor 2 goes to a file without a name. If the user has redirected
    descriptor 2 (``2>errors.txt``), nothing changes. Call this before TensorFlow is imported.
    """
    if not os.isatty(2):
        return NativeLog()
    _let_python_write_to(os.dup(2))
    log = log or NativeLog.unnamed()
    log.take_stderr()
    os.environ.setdefault(quiet.LEVEL, "0")  # the log takes everything, and its end is shown after a failure
    return log


def draw_on_the_terminal() -> None:
    """Let Textual, which draws on ``sys.__stderr__``, draw on standard output if standard error is not a terminal.

    Remove ``COLUMNS`` and ``LINES`` if the terminal knows its size. Textual would prefer them, but a parent process has
    set them (every Python program that imports readline does), and they do not follow changes of the size.
    """
    if _says_its_size(1):
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
    if not os.isatty(sys.__stderr__.fileno() if sys.__stderr__ else 2):
        _let_python_write_to(os.dup(1))


def _says_its_size(descriptor: int) -> bool:
    try:
        return all(os.get_terminal_size(descriptor))
    except OSError:
        return False


def _let_python_write_to(descriptor: int) -> None:
    stream = open(descriptor, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115
    sys.__stderr__ = sys.stderr = stream  # type: ignore[misc]


def as_it_is() -> Mend:
    """Remember the terminal's settings; returns a function that restores them, as far as the terminal still exists."""
    settings = termios.tcgetattr(0)

    def mend() -> None:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # even if the shell has put this process into the background
        with contextlib.suppress(OSError, termios.error):
            os.write(1, f"{SAVE_CURSOR}{BACK_TO_NORMAL}".encode())
            termios.tcsetattr(0, termios.TCSANOW, settings)
            termios.tcflush(0, termios.TCIFLUSH)  # drop answers and keys that were meant for the app

    return mend


@contextlib.contextmanager
def signals_call(end: Callable[[int], None], save: Callable[[], object]) -> Iterator[None]:
    """Without an event loop: call ``end`` with the number of each signal that asks to end; call ``save`` on SIGUSR1.

    With an event loop, use `tui.term.loop_signals`. A hangup that is ignored (``nohup``) stays ignored.
    """
    handlers: dict[int, Callable[[int, object], object]] = {
        number: lambda caught, _: end(caught) for number in ENDING_SIGNALS
    }
    handlers[signal.SIGUSR1] = lambda *_: save()
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        del handlers[signal.SIGHUP]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


def when_terminal_is_gone(
    leave: Callable[[], None],
    descriptor: int = 1,
    guardian: int | None = None,
    wake: Callable[[], None] = lambda: None,
) -> None:
    """Call ``leave``, on a separate thread, when the terminal behind ``descriptor`` is gone, even without a signal.

    Args:
        guardian: a file descriptor that reports an error when the parent process is gone; ``leave`` is then called too.
        wake: continues the guardian; it is called regularly, since the guardian must not stay stopped while the app
            runs.
    """
    if not os.isatty(descriptor):
        return

    def watch() -> None:
        poll = select.poll()
        poll.register(descriptor, 0)
        if guardian is not None:
            poll.register(guardian, 0)
        while not (gone := {number for number, _ in poll.poll(LOOK_MILLISECONDS)}):
            wake()
        if guardian is not None and descriptor not in gone:
            os.kill(os.getpid(), signal.SIGTERM)
            poll.unregister(guardian)
        while not poll.poll(LOOK_MILLISECONDS):
            pass
        try:
            leave()
        except Exception as error:  # no other code is left that could end the process
            report(error)
            leave_process(ExitCode.FAILED)

    threading.Thread(target=watch, name="terminal", daemon=True).start()


def leave_process(code: int) -> NoReturn:
    """End the process at once: native code in other threads cannot be interrupted, and TensorFlow takes half a second
    to shut down.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

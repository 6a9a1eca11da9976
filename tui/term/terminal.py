"""The terminal's file descriptors and signals; no other file touches them."""

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
from tui.term import early_signals
from tui.term.early_signals import ENDING_SIGNALS
from tui.term.exit_code import ExitCode

TAIL_BYTES = 4096

LOOK_MILLISECONDS = 500
"""How often it is looked whether the terminal is still there, where the system does not wake us."""

SECONDS_TO_STOP = 1.0
"""Who has sent itself a signal to stop, and still runs after so long, is not to be stopped: no shell is there."""

LOOKS_FOR_A_SHELL = 50

BACK_TO_NORMAL = (
    "\x1b[?2026l"  # drawing at once
    "\x1b[?2004l"  # pasted text in brackets
    "\x1b[?7h"  # lines wrap again
    "\x1b[?2048l"  # reports of size
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[<u"  # kitty's keyboard, which belongs to the alternate screen
    "\x1b[0m\x1b[?1049l\x1b[?25h"  # colours, alternate screen, cursor
    "\x1b[?1004l"  # reports of focus
)
"""Takes back what Textual's driver for Linux switches on, in its order."""

Mend = Callable[[], None]
"""Puts the terminal in order."""


def is_interactive() -> bool:
    """Whether a person sits at a terminal that can show the app: keys come in, and the cursor can be moved."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def is_in_the_foreground(descriptor: int = 0) -> bool:
    """Whether the terminal is this job's, and not the shell's or another job's. One that is gone is nobody else's."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


def wait_for_the_foreground() -> bool:
    """Stop this job, as whoever uses a terminal in the background (``&``), until the shell has it go on (``fg``).

    Returns:
        whether the terminal is this job's now; False where no shell is there that could have it go on.
    """
    woken: list[int] = []
    before = {signal.SIGCONT: signal.signal(signal.SIGCONT, lambda number, _: woken.append(number))}
    before[signal.SIGTTOU] = signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    try:
        while not is_in_the_foreground():
            woken.clear()
            os.killpg(0, signal.SIGTTOU)
            for _ in range(LOOKS_FOR_A_SHELL):  # by number: the clock goes on while this job stands still
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
    """Where a line can be drawn over again: standard error, or standard output, if one is such a terminal."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return None
    return next((stream for stream in (sys.stderr, sys.stdout) if stream.isatty()), None)


def write_some(stream: TextIO, data: bytes) -> int:
    """Write, past Python's buffers, and return how many bytes were taken: a disk that fills takes some.

    Raises:
        OSError: none were taken.
    """
    return os.write(stream.fileno(), data)


def columns(screen: TextIO) -> int:
    """The width of this terminal now; 80 where it does not say."""
    try:
        return os.get_terminal_size(screen.fileno()).columns or 80
    except OSError:
        return 80


class NativeLog:
    """What native code (TensorFlow, XLA, CUDA) wrote to its standard error, kept off the screen."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file

    @classmethod
    def unnamed(cls) -> NativeLog:
        """A log in a file without a name; where there is no room for one, it takes all and keeps nothing."""
        try:
            return cls(tempfile.TemporaryFile(prefix="echornn-tui-"))
        except OSError:
            return cls(open(os.devnull, "w+b"))

    def take_stderr(self) -> None:
        """Let what native code writes to its standard error come here."""
        if self._file is not None:
            os.dup2(self._file.fileno(), 2)

    def tail(self) -> str:
        """The last lines, or nothing where native code still writes to a place of the user's own."""
        if self._file is None:
            return ""
        descriptor = self._file.fileno()
        size = os.fstat(descriptor).st_size
        begin = max(0, size - TAIL_BYTES)
        return os.pread(descriptor, size - begin, begin).decode(errors="replace").strip()


def keep_native_stderr_off_the_screen(log: NativeLog | None = None) -> NativeLog:
    """From now on, native code writes its standard error to a log, ``log`` if given, where it would write to the
    terminal.

    Textual draws on ``sys.__stderr__``, and native code writes to the same file descriptor 2, so the two are
    parted: Python gets a duplicate of the terminal, descriptor 2 goes to a file without a name. Where a user has
    sent 2 elsewhere (``2>errors.txt``), nothing changes. Call it before TensorFlow is imported.
    """
    if not os.isatty(2):
        return NativeLog()
    _let_python_write_to(os.dup(2))
    log = log or NativeLog.unnamed()
    log.take_stderr()
    os.environ.setdefault(quiet.LEVEL, "0")  # the log takes all, and shows its end where something fails
    return log


def draw_on_the_terminal() -> None:
    """Let Textual, which draws on ``sys.__stderr__``, draw where stdout goes, if stderr is no terminal.

    The terminal says how large it is. ``COLUMNS`` and ``LINES``, which Textual would believe more, are what some
    parent left behind: every Python program that imports readline sets them, and no resize changes them.
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
    """Remember how the terminal is set; what is returned brings it back to that, as far as it is still there."""
    settings = termios.tcgetattr(0)

    def mend() -> None:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # also where a shell has put us in the background
        with contextlib.suppress(OSError, termios.error):
            os.write(1, BACK_TO_NORMAL.encode())
            termios.tcsetattr(0, termios.TCSANOW, settings)
            termios.tcflush(0, termios.TCIFLUSH)  # answers and keys that were meant for the app

    return mend


@contextlib.contextmanager
def signals_call(end: Callable[[int], None], save: Callable[[], object]) -> Iterator[None]:
    """Outside an event loop: call ``end`` with the number of each signal that asks to end, ``save`` on SIGUSR1.

    In an event loop, `tui.term.loop_signals` does so. A signal that was kept from before anybody listened counts.
    A hangup that was ignored (``nohup``) stays ignored.
    """
    handlers: dict[int, Callable[[int, object], object]] = {
        number: lambda caught, _: end(caught) for number in ENDING_SIGNALS
    }
    handlers[signal.SIGUSR1] = lambda *_: save()
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        del handlers[signal.SIGHUP]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    for number in early_signals.heard(before.values()):
        end(number)
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
    """Call ``leave``, on a thread of its own, when the terminal behind ``descriptor`` is gone, signal or not.

    Args:
        guardian: a descriptor that reports an error when the parent process is gone, which is then answered as a
            request to end.
        wake: keeps the guardian awake: where this process goes on, it must not stand still.
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
        except Exception as error:  # nobody is there any more who could end it
            report(error)
            leave_process(ExitCode.FAILED)

    threading.Thread(target=watch, name="terminal", daemon=True).start()


def leave_process(code: int) -> NoReturn:
    """End at once: native code in other threads cannot be interrupted, and TensorFlow takes half a second to
    tear itself down."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

"""The terminal's file descriptors, settings and signals; no other file handles them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NoReturn

from echornn.runtime import quiet
from echornn.runtime.background import report
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, end_before_training

# In a process of its own, which imports nothing from the current folder
PROGRAM = (sys.executable, "-P", "-m", "tui")
# The variable with the name of a terminal without a device, such as a browser's tab
NAME = "ECHORNN_TERMINAL_NAME"
# The largest screen that is drawn, in columns and lines: Textual would take minutes for a frame of
# a terminal that claims 65 535
MOST = (1000, 300)
TAIL_BYTES = 4096  # of what was printed at the end, to be shown: several lines
# How often to check whether the terminal still exists, where its end is not reported
LOOK_MILLISECONDS = 500
# How long to wait at the end for answers of the terminal: later ones reach the shell as input
SETTLING_SECONDS = 0.5
# What a terminal sends before and after a pasted text, if it is asked to
PASTE_BEGINS, PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"

BACK_TO_NORMAL = (
    "\x1b7"  # save the cursor: leaving the alternate screen moves it to where it was saved last
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


def is_interactive() -> bool:
    """Whether the program runs on a terminal that can show the app: keys can be read, and the
    cursor can be moved."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def name() -> str:
    """This terminal's name for other viewers: what `NAME` says, or the device, and from where the
    user came by SSH."""
    if given := os.environ.get(NAME):
        return given
    try:
        device = os.ttyname(0).removeprefix("/dev/")
    except OSError:
        device = "no terminal"
    client = os.environ.get("SSH_CLIENT", "").split(" ")[0]
    return f"{device} ({client})" if client else device


class NativeLog:
    """The log of native code (TensorFlow, XLA, CUDA), which must not reach the screen: a file
    without a name, or none if the user has redirected standard error.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.file = file

    def tail(self) -> str:
        if self.file is None:
            return ""
        descriptor = self.file.fileno()
        begin = max(0, os.fstat(descriptor).st_size - TAIL_BYTES)
        return os.pread(descriptor, TAIL_BYTES, begin).decode(errors="replace").strip()


def new_log() -> NativeLog:
    return NativeLog(tempfile.TemporaryFile(prefix="echornn-tui-"))


def keep_native_stderr_off_the_screen(log: NativeLog | None = None) -> NativeLog:
    """Redirect file descriptor 2, to which native code writes, to a log (``log`` if given), if it
    is the terminal. Python gets a duplicate of the terminal. Call this before TensorFlow is
    imported.
    """
    if not os.isatty(2):
        return NativeLog()
    _let_python_write_to(os.dup(2))
    log = log or new_log()
    if log.file is not None:
        os.dup2(log.file.fileno(), 2)
    # The log takes everything, and its end is shown after a failure
    os.environ.setdefault(quiet.LEVEL, "0")
    return log


def draw_on_the_terminal() -> None:
    """Let Textual, which draws on ``sys.__stderr__``, draw on standard output if standard error is
    not a terminal.

    If the terminal knows its size, remove ``COLUMNS`` and ``LINES``, which Textual would prefer: a
    parent has set them (every Python program that imports readline does), and they do not follow
    changes of the size.
    """
    with contextlib.suppress(OSError):
        if all(os.get_terminal_size(1)):
            os.environ.pop("COLUMNS", None)
            os.environ.pop("LINES", None)
    if not os.isatty(sys.__stderr__.fileno() if sys.__stderr__ else 2):
        _let_python_write_to(os.dup(1))


def _let_python_write_to(descriptor: int) -> None:
    stream = open(descriptor, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115
    sys.__stderr__ = sys.stderr = stream  # type: ignore[misc]


def take_as_own() -> None:
    """Make standard input the controlling terminal of this process, which begins a session."""
    # The server may ignore them (nohup): they were about its own terminal
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def as_it_is() -> Callable[[], None]:
    """Remember the terminal's settings; returns a function that restores them, as far as the
    terminal still exists."""
    settings = termios.tcgetattr(0)

    def mend() -> None:
        # Even if the shell has put this process into the background
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError, termios.error):
            os.write(1, BACK_TO_NORMAL.encode())
            termios.tcsetattr(0, termios.TCSANOW, settings)
            # Drop answers and keys that were meant for the app
            termios.tcflush(0, termios.TCIFLUSH)

    return mend


class LoopSignals:
    """Calls a function for each signal, in the running event loop, until `end`.

    asyncio's own handlers hear of signals through the buffer that wakes the loop, and lose them if
    keys have filled it; here they only wake it.
    """

    def __init__(self, calls: Mapping[int, Callable[[], object]]) -> None:
        import asyncio  # late: most subcommands need no loop

        self._loop = asyncio.get_running_loop()
        self._calls = calls
        self._before = {number: signal.getsignal(number) for number in calls}
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, calls)  # none gets lost meanwhile
        for number in calls:
            self._loop.add_signal_handler(number, lambda: None)  # so that it wakes the loop
            signal.signal(number, self._caught)
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)

    def _caught(self, number: int, _: object) -> None:
        self._loop.call_soon_threadsafe(self._calls[number])

    def end(self) -> None:
        for number, handler in self._before.items():
            self._loop.remove_signal_handler(number)
            _give_back(number, handler)


@contextlib.contextmanager
def signals_heard(calls: Mapping[int, Callable[[], object]]) -> Iterator[None]:
    """In the ``with`` block, `LoopSignals`."""
    signals = LoopSignals(calls)
    try:
        yield
    finally:
        signals.end()


def _give_back(number: int, handler: Any) -> None:
    """Restore the handler of a signal; once a session has ended, its exit code stands.

    Nothing is then done, but the signal is not ignored: a program that goes on in the background in
    place of this one would ignore it too.
    """
    signal.signal(number, _do_nothing if handler is end_before_training else handler)


def _do_nothing(_: int, __: object) -> None:
    pass


@contextlib.contextmanager
def asked_to_end(
    stop: Callable[[], object], save: Callable[[], object] = lambda: None
) -> Iterator[list[int]]:
    """The signals so far that ask to end, each of which calls ``stop``; a second Ctrl+C ends at
    once. SIGUSR1 saves. A hangup that is ignored (``nohup``) stays ignored.
    """
    asked: list[int] = []

    def end(number: int, _: object = None) -> None:
        if number == signal.SIGINT and signal.SIGINT in asked:
            leave_process(ExitCode.FORCED)
        asked.append(number)
        stop()

    when_terminal_is_gone(lambda: end(signal.SIGHUP))
    heard = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in heard}
    before[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, lambda *_: save())
    try:
        yield asked
    finally:
        for number, handler in before.items():
            _give_back(number, handler)


def when_terminal_is_gone(
    leave: Callable[[], None], guardian: int | None = None, wake: Callable[[], None] = lambda: None
) -> None:
    """Call ``leave``, on a separate thread, when the terminal of standard output is gone, even
    without a signal.

    ``guardian`` is a descriptor that reports an error when the guardian is gone: the process then
    gets SIGTERM. ``wake`` is called regularly, and continues the guardian, which must not stay
    stopped while the app runs.
    """
    if not os.isatty(1):
        return

    def watch() -> None:
        watched = [1] if guardian is None else [1, guardian]
        if 1 not in _gone_of(watched, wake):
            os.kill(os.getpid(), signal.SIGTERM)
            _gone_of([1])
        try:
            leave()
        except Exception as error:  # no other code is left that could end the process
            report(error)
            leave_process(ExitCode.FAILED)

    threading.Thread(target=watch, name="terminal", daemon=True).start()


def _gone_of(descriptors: Sequence[int], wake: Callable[[], None] = lambda: None) -> set[int]:
    """Wait until one of these is gone; returns all that are. ``wake`` is called meanwhile."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, 0)  # only errors and hang-ups
    while True:
        gone = {descriptor for descriptor, _ in poll.poll(LOOK_MILLISECONDS)}
        if gone:
            return gone
        wake()


def leave_process(code: int) -> NoReturn:
    """End at once: native code cannot be interrupted, and TensorFlow takes half a second to shut
    down."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

"""The guardian: the parent process of the app, which restores the terminal if the app dies, as
after ``kill -9``."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from echornn.errors import RunError
from tui.term import terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode

# Signals that the guardian passes on to the app
FORWARDED = (*ENDING_SIGNALS, signal.SIGQUIT, signal.SIGUSR1)
MOST_BYTES = 1 << 16  # that a pipe holds while nobody reads


@dataclass(frozen=True)
class Guarded:
    """The connection of the app (the child) to its guardian (the parent)."""

    # The pipe to the guardian: `select.poll` reports an error as soon as the guardian is gone
    line: int
    log: terminal.NativeLog  # for the output of native code; the guardian reads it if the app dies

    def leave_words(self, words: str) -> None:
        """Set the text that the guardian prints if the app dies, instead of the last one.

        It waits in the pipe.
        """
        with contextlib.suppress(BrokenPipeError):
            os.write(self.line, words.encode() + b"\0")

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            os.kill(os.getppid(), signal.SIGCONT)


def divide() -> Guarded:
    """Fork.

    The child returns from this function; the parent waits, and ends with the child's exit code.

    Call this before any thread starts, and before a run is locked, since the lock must end with the
    child. (OpenBLAS, in NumPy, has threads; it stops them for a fork and starts them again when
    needed.)
    """
    try:
        termios.tcdrain(0)  # begun in the background (&), it stops here until fg
    except termios.error as error:
        reason = (
            "the terminal belongs to another program: start this one in the foreground, or use "
            "--headless"
        )
        raise RunError(reason) from error
    mend, log = terminal.as_it_is(), terminal.new_log()
    hears, line = os.pipe()
    sys.stdout.flush()
    # Otherwise the child's first garbage collections copy all imported memory, which takes about 25
    # ms
    gc.freeze()
    # Until both processes have their handlers
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    child = os.fork()
    if child:
        os.close(line)
        forward_to(child)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        _guard(child, hears, log, mend)
    os.close(hears)
    # Nothing to save until the app handles this signal
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    return Guarded(line, log)


def forward_to(child: int) -> None:
    """Pass signals on to a child process from now on; an ignored signal stays ignored
    (``nohup``)."""

    def forward(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):  # the child has just ended
            os.kill(child, number)

    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, forward)
    # The app handles stopping, and the guardian follows it
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)


def _guard(child: int, hears: int, log: terminal.NativeLog, mend: Callable[[], None]) -> NoReturn:
    code = end_of(child)
    if code >= 0:
        terminal.leave_process(code)
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(terminal.SETTLING_SECONDS)
    mend()
    # After kill -9, native code's output explains nothing
    log_tail = "" if code == -signal.SIGKILL else log.tail()
    os.set_blocking(hears, False)
    with contextlib.suppress(OSError):  # the terminal may be gone too
        print(
            f"echornn-tui: killed by {signal.Signals(-code).name}\n{log_tail}".rstrip(),
            file=sys.stderr,
        )
        *left, _ = os.read(hears, MOST_BYTES).decode().split("\0")  # each of the words ends so
        if left:
            print(left[-1])
    terminal.leave_process(ExitCode.FAILED)


def end_of(child: int) -> int:
    """The child's exit code, or minus the number of the signal that ended it. While the child is
    stopped, stop too: to the shell both are one job. (If the child was continued meanwhile, it
    wakes this process.)
    """
    # Each signal leaves a byte to read: one that comes just before a wait would not interrupt it
    comes, came = os.pipe()
    os.set_blocking(came, False)
    signal.set_wakeup_fd(came, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ended, status = os.waitpid(child, os.WUNTRACED | os.WNOHANG)
        if not ended:
            os.read(comes, MOST_BYTES)
        elif os.WIFSTOPPED(status):
            os.kill(os.getpid(), signal.SIGSTOP)
            os.kill(child, signal.SIGCONT)
        else:
            return os.waitstatus_to_exitcode(status)

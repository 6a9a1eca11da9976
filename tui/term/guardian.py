"""A small parent process of the app, which restores the terminal if the app dies.

``kill -9``, or an abort inside native code, ends a process before it can do anything. So the app runs in a child, and
its parent, which does nothing but wait, stays what the shell or the scheduler has started.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from echornn.files.run_error import RunError
from tui.term import terminal
from tui.term.early_signals import ENDING_SIGNALS
from tui.term.exit_code import ExitCode
from tui.term.terminal import NativeLog

FORWARDED = (*ENDING_SIGNALS, signal.SIGQUIT, signal.SIGUSR1)
"""What is sent to the guardian is meant for the app."""

TAKEN, LEFT = b"+", b"-"
"""The app has the terminal, or has put it back as it was."""

END = b"\0"
"""Ends each message of the app to its guardian: words, or one of the two signs above."""

MOST_BYTES = 1 << 16
"""Bytes that a pipe holds while nobody reads."""


@dataclass(frozen=True)
class Guarded:
    """What the app, in the child, holds of its guardian.

    Attributes:
        line: a descriptor that reports an error to `select.poll` as soon as the guardian is gone.
        log: where native code may write, read by the guardian if the app dies.
        process: the guardian's number.
    """

    line: int
    log: NativeLog
    process: int = 0

    def leave_words(self, words: str) -> None:
        """What the guardian prints if the app dies; the last words count. Few may be left: they wait in a pipe."""
        self._tell(words.encode())

    def takes_terminal(self) -> None:
        """From now on, somebody must put the terminal back."""
        self._tell(TAKEN)

    def has_left_terminal(self) -> None:
        """The app has put it back itself."""
        self._tell(LEFT)

    @property
    def is_left_alone(self) -> bool:
        """Whether the guardian is gone."""
        poll = select.poll()
        poll.register(self.line, 0)
        return bool(poll.poll(0))

    def wake(self) -> None:
        """Have the guardian go on, should it stand still: who was adopted by another process leaves that alone."""
        with contextlib.suppress(OSError):
            if os.getppid() == self.process:
                os.kill(self.process, signal.SIGCONT)

    def _tell(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has been killed; the app is about to end
            os.write(self.line, data + END)


def divide() -> Guarded:
    """Fork: the child returns, the parent stays, and ends with the exit code of the child.

    Call it before there are threads, and before a run is locked: the lock is to end with the child.
    (OpenBLAS, in NumPy, has threads; it stops them for a fork, and starts them again when needed.)

    Raises:
        RunError: the terminal belongs to another program, and no shell is there that could give it to this one.
    """
    if not terminal.wait_for_the_foreground():
        raise RunError("the terminal belongs to another program: use --headless, or start it in the foreground")
    log = NativeLog.unnamed()
    mend = terminal.as_it_is()
    hears, line = os.pipe()
    sys.stdout.flush()
    gc.freeze()  # else the child's first collections touch, and so copy, all that was imported: some 25 ms
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)  # until both know what to do with them
    guardian = os.getpid()
    child = os.fork()
    if child:
        os.close(line)
        _forward_to(child)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        _guard(child, hears, log, mend)
    os.close(hears)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the app listens, there is nothing to save
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    return Guarded(line, log, guardian)


def _forward_to(child: int) -> None:
    def forward(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:  # a hangup that was ignored before (nohup)
            signal.signal(number, forward)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # the app stops in its own way, and its guardian with it


def _guard(child: int, hears: int, log: NativeLog, mend: terminal.Mend) -> NoReturn:
    """Wait for the child's end, mend what it has left behind, and leave with its exit code."""
    code = _end_of(child)
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    os.set_blocking(hears, False)
    messages = os.read(hears, MOST_BYTES).split(END)[:-1]
    signs = [message for message in messages if message in (TAKEN, LEFT)]
    words = next((message for message in reversed(messages) if message not in (TAKEN, LEFT)), b"")
    if signs[-1:] == [TAKEN]:
        mend()
    if code < 0:
        killed = f"echornn-tui: killed by {signal.Signals(-code).name}"
        said = "" if code == -signal.SIGKILL else log.tail()  # of kill -9 native code knows nothing
        with contextlib.suppress(OSError):  # the terminal may be gone too
            print("\n".join(text for text in (killed, said) if text), file=sys.stderr)
            print(words.decode(), end="\n" if words else "")
    terminal.leave_process(code if code >= 0 else ExitCode.FAILED)


def _end_of(child: int) -> int:
    """The child's exit code, or minus the number of the signal that ended it; while it is stopped, stop too."""
    _, status = os.waitpid(child, os.WUNTRACED)
    while os.WIFSTOPPED(status):
        changed, status = _change_of(child)  # what woke the whole group may have woken it by now
        if not changed:
            os.kill(os.getpid(), signal.SIGSTOP)  # the shell sees one job; what wakes it goes on here
            changed, status = _change_of(child)
            if not changed:
                os.kill(child, signal.SIGCONT)
        if not changed or os.WIFCONTINUED(status):
            _, status = os.waitpid(child, os.WUNTRACED)
    return os.waitstatus_to_exitcode(status)


def _change_of(child: int) -> tuple[bool, int]:
    """Whether the child was woken, stopped again or ended meanwhile, and the status that says so."""
    changed, status = os.waitpid(child, os.WUNTRACED | os.WCONTINUED | os.WNOHANG)
    return changed != 0, status

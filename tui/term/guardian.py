"""The guardian: a small parent process of the app, which restores the terminal if the app dies.

``kill -9``, or an abort in native code, ends a process before it can do anything. So the app runs in a child process.
Its parent only waits, and is the process that the shell or scheduler has started.
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

from echornn.errors import RunError
from tui.term import terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode
from tui.term.terminal import NativeLog

FORWARDED = (*ENDING_SIGNALS, signal.SIGQUIT, signal.SIGUSR1)
"""Signals that the guardian passes on to the app."""

TAKEN, LEFT = b"+", b"-"
"""Messages to the guardian: the app has taken the terminal; the app has restored it."""

END = b"\0"
"""The end of each message from the app to the guardian; a message is a text or one of the two above."""

MOST_BYTES = 1 << 16
"""The bytes that a pipe holds while nobody reads."""


@dataclass(frozen=True)
class Guarded:
    """The connection of the app (the child) to its guardian (the parent).

    Attributes:
        line: a file descriptor on which `select.poll` reports an error as soon as the guardian is gone.
        log: the file for the output of native code; the guardian reads it if the app dies.
        process: the process id of the guardian.
    """

    line: int
    log: NativeLog
    process: int = 0

    def leave_words(self, words: str) -> None:
        """Set the text that the guardian prints if the app dies; a new text replaces the last. Call this only a few
        times: the texts wait in a pipe of limited size.
        """
        self._tell(words.encode())

    def takes_terminal(self) -> None:
        """Tell the guardian that the terminal must be restored from now on."""
        self._tell(TAKEN)

    def has_left_terminal(self) -> None:
        """Tell the guardian that the app has restored the terminal."""
        self._tell(LEFT)

    @property
    def is_left_alone(self) -> bool:
        """Whether the guardian is gone."""
        poll = select.poll()
        poll.register(self.line, 0)
        return bool(poll.poll(0))

    def wake(self) -> None:
        """Continue the guardian if it is stopped. Another process that has become the parent is left alone."""
        with contextlib.suppress(OSError):
            if os.getppid() == self.process:
                os.kill(self.process, signal.SIGCONT)

    def _tell(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # the guardian was killed, and the app is about to end
            os.write(self.line, data + END)


def divide() -> Guarded:
    """Fork. The child returns from this function; the parent waits, and ends with the child's exit code.

    Call this before any thread starts, and before a run is locked, since the lock must end with the child. (OpenBLAS,
    in NumPy, has threads; it stops them for a fork and starts them again when needed.)
    """
    if not terminal.wait_for_the_foreground():
        raise RunError("the terminal belongs to another program: start this one in the foreground, or use --headless")
    log = NativeLog.unnamed()
    mend = terminal.as_it_is()
    hears, line = os.pipe()
    sys.stdout.flush()
    gc.freeze()  # otherwise the child's first garbage collections copy all imported memory, which takes about 25 ms
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)  # until both processes have their handlers
    guardian = os.getpid()
    child = os.fork()
    if child:
        os.close(line)
        forward_to(child)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        _guard(child, hears, log, mend)
    os.close(hears)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # nothing to save until the app handles this signal
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    return Guarded(line, log, guardian)


def forward_to(child: int) -> None:
    """Pass signals on to a child process from now on; an ignored signal stays ignored."""

    def forward(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):  # the child has just ended
            os.kill(child, number)

    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:  # a hangup that is ignored (nohup) stays ignored
            signal.signal(number, forward)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # the app handles stopping, and the guardian follows it


def _guard(child: int, hears: int, log: NativeLog, mend: terminal.Mend) -> NoReturn:
    """Wait for the child's end, clean up after it, and end with its exit code."""
    code = end_of(child)
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
        # after kill -9, the output of native code explains nothing
        said = "" if code == -signal.SIGKILL else log.tail()
        with contextlib.suppress(OSError):  # the terminal may be gone too
            print("\n".join(text for text in (killed, said) if text), file=sys.stderr)
            print(words.decode(), end="\n" if words else "")
    terminal.leave_process(code if code >= 0 else ExitCode.FAILED)


def end_of(child: int) -> int:
    """The child's exit code, or minus the number of the signal that ended it. While the child is stopped, stop too."""
    _, status = os.waitpid(child, os.WUNTRACED)
    while os.WIFSTOPPED(status):
        # the signal that continues the whole group may have continued the child by now
        changed, status = _change_of(child)
        if not changed:
            # to the shell both are one job; a signal that continues the job continues here
            os.kill(os.getpid(), signal.SIGSTOP)
            changed, status = _change_of(child)
            if not changed:
                os.kill(child, signal.SIGCONT)
        if not changed or os.WIFCONTINUED(status):
            _, status = os.waitpid(child, os.WUNTRACED)
    return os.waitstatus_to_exitcode(status)


def _change_of(child: int) -> tuple[bool, int]:
    """Whether the child has continued, stopped or ended since, and its status."""
    changed, status = os.waitpid(child, os.WUNTRACED | os.WCONTINUED | os.WNOHANG)
    return changed != 0, status

"""How the program ends: its exit codes, and the signals that ask it to end. It imports nothing
slow: signals are heard from the first line of the program on."""

from __future__ import annotations

import contextlib
import os
import signal
from enum import IntEnum

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that ask the process to end: hangup of the connection, request of a scheduler, Ctrl+C."""


class ExitCode(IntEnum):
    """The exit codes; scripts may rely on them."""

    DONE = 0
    """Training reached its end, or the user left with q."""
    FAILED = 1
    """Training failed or diverged, or the run could not be saved, or something could not be
    printed."""
    USAGE = 2
    """A flag, a field, a folder or a file cannot be used; nothing was changed.

    Or a command of a script was refused.
    """
    CHECKPOINTED = 42
    """A signal ended the program, and everything was saved: continue with ``--resume``; or before
    anything was trained: start it again."""
    FORCED = 130
    """Ctrl+C ended the program at once (during training, the second Ctrl+C); the last checkpoint is
    unchanged."""


class UsageError(ValueError):
    """A command line, or a preference, that cannot be used; the message says what was given and
    what is allowed."""


class FailedError(Exception):
    """What was asked cannot be done; the message says why."""


def end_before_training(number: int, _: object) -> None:
    """End at once: nothing has to be saved. (An exception could get lost in an import.)"""
    words = f"echornn-tui: ended by {signal.Signals(number).name} before anything was trained\n"
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(2, words.encode())
    os._exit(ExitCode.CHECKPOINTED)


def hear_signals() -> None:
    """Until there is something to save, a signal ends the program with `CHECKPOINTED`."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, end_before_training)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # nothing to save

"""The exit codes of the program, and the signals that ask it to end."""

from __future__ import annotations

import signal
from enum import IntEnum

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that ask the process to end: hangup of the connection, request of a scheduler, Ctrl+C."""


class ExitCode(IntEnum):
    """The exit codes; scripts may rely on them."""

    DONE = 0
    """Training reached its end, or the user left with q."""
    FAILED = 1
    """Training failed or diverged, or the run could not be saved, or something could not be printed."""
    USAGE = 2
    """A flag, a field, a folder or a file cannot be used; nothing was changed. Or a command of a script was refused."""
    CHECKPOINTED = 42
    """A signal ended the program, and everything was saved: continue with ``--resume``."""
    FORCED = 130
    """Ctrl+C ended the program at once (during training, the second Ctrl+C); the last checkpoint is unchanged."""

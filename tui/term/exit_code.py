"""The exit codes of the program."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes that scripts may rely on."""

    DONE = 0
    """Trained to the end, or left with q."""
    FAILED = 1
    """Training failed or diverged, or what was to be saved or printed could not be."""
    USAGE = 2
    """A flag, a field or a folder that cannot be used; nothing was touched."""
    CHECKPOINTED = 42
    """Told to end by a signal, and saved: start it again with ``--resume``."""
    FORCED = 130
    """Ended at once by Ctrl+C; while training only by a second one, with the last checkpoint as it was."""

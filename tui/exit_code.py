"""How the program says how it ended."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes that scripts may rely on; ended by a signal, it is 128 + the signal's number."""

    DONE = 0
    FAILED = 1
    USAGE = 2

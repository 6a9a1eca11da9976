"""The type of the programs that a command line can start, and the error about an invalid flag."""

from __future__ import annotations

from collections.abc import Callable

from tui.term import terminal

FrontEnd = Callable[[], int]
"""A program to run: it runs to its end, and returns the exit code."""


class UsageError(ValueError):
    """An invalid flag; the message contains the flag, its value and what is allowed."""


def require_terminal(command: str, instead: str) -> None:
    """Check that the program runs on a terminal that can show the app."""
    if not terminal.is_interactive():
        raise UsageError(f"{command} needs a terminal that can move the cursor; {instead}")


def require_fps(fps: float) -> None:
    """Check ``--fps``."""
    if not 0.1 <= fps <= 60:
        raise UsageError(f"fps = {fps!r} cannot be used: 0.1 to 60")


def require_at(at: int | None) -> None:
    """Check ``--at`` without knowing the run."""
    if at is not None and at < 0:
        raise UsageError(f"at = {at} cannot be used: the number of windows along the run's path, 0 or more")

"""The type of what a command line starts, and the error for a flag that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

FrontEnd = Callable[[], int]
"""What a command line starts: it runs to its end and returns the exit code."""


class Training(partial[int]):
    """A front end that trains: it handles signals itself, even those that arrived before it started."""


class UsageError(ValueError):
    """A flag that cannot be used; the message names it, its value and what is allowed."""


def require_at(at: int | None) -> None:
    """Raise an error if ``--at`` cannot be a window of any run.

    Raises:
        UsageError: ``at`` is below 0.
    """
    if at is not None and at < 0:
        raise UsageError(f"at = {at} cannot be used: 0 or more, the windows along the run's path")

"""A clock that a test moves forward by hand."""

from __future__ import annotations


class Clock:
    """A clock in seconds; its time changes only when the test changes it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

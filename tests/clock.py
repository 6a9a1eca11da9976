"""A clock that a test turns."""

from __future__ import annotations


class Clock:
    """Seconds that go on only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

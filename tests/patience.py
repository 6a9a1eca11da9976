"""Waits for another process or thread without using the processor; and a clock that a test moves by
hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 240.0
"""The most seconds that anything may take on a loaded machine."""

PAUSE = 0.01
"""Seconds between two checks."""


def wait_for(condition: Callable[[], T]) -> T:
    """The value of the condition, as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (met := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(PAUSE)
    return met


class Clock:
    """A clock in seconds; its time changes only when the test changes it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SlowClock(Clock):
    """A clock that is 20 ms later each time that somebody looks, as if everything took so long."""

    def __call__(self) -> float:
        self.now += 0.02
        return self.now

"""Waiting for what another process or thread does, without taking the processor from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds that anything may take, on a machine under load."""

PAUSE = 0.01
"""Seconds between two looks."""


def wait_for(condition: Callable[[], T]) -> T:
    """What the condition comes to, as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (met := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(PAUSE)
    return met

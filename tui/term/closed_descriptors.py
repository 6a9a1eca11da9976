"""Opens the null device for standard streams that were closed (``>&-``), so that no other file gets their numbers."""

from __future__ import annotations

import os
import sys


def fill() -> None:
    """Open what is closed of 0, 1 and 2, on the device that holds nothing, before anything else is opened."""
    closed = [number for number in range(3) if not _is_open(number)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, and stays open
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = open(0, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = open(2, "w", closefd=False)  # type: ignore[misc]  # noqa: SIM115


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True

"""Opens the null device for standard streams that were closed (``>&-``); otherwise files opened later would get the
numbers 0 to 2.
"""

from __future__ import annotations

import os
import sys


def fill() -> None:
    """Open the null device for each closed descriptor of 0, 1 and 2; call this before any file is opened."""
    closed = [number for number in range(3) if not _is_open(number)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)  # this gets the lowest free number, and stays open
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

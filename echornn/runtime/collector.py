"""Pauses Python's garbage collector while modules are imported."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Pause the collector inside a ``with`` statement. Imported objects stay, and searching them again and again takes
    a tenth of the time that importing TensorFlow, or the app, needs. If the collector is off, it stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """As `paused`; in addition the collector never searches the existing objects again: for a program's own imports."""
    with paused():
        yield
        gc.freeze()

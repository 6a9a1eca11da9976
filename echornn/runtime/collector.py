"""Pauses Python's garbage collector while modules are imported."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Pause the garbage collector in a ``with`` statement. Imported objects are kept anyway, and searching them
    repeatedly takes a tenth of the import time of TensorFlow or the app. A collector that is off stays off.
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
    """Like `paused`, and afterwards the collector never searches the existing objects: for a program's own imports."""
    with paused():
        yield
        gc.freeze()

"""Keeps Python's garbage collector still while modules are imported."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Collect nothing inside. What an import makes stays, and to look through it again and again takes a tenth of the
    time that TensorFlow, or the app, needs to be imported. Where the collector is off, it stays off.
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
    """As `paused`; and what is there at the end is never looked through again: for a program's own imports."""
    with paused():
        yield
        gc.freeze()

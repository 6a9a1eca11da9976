"""Ends calls of a user's code that do not return, when the program has to end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

CALLS: Counter[int] = Counter()
"""How many calls of a user's code each thread is in, by its number."""


class StillBusyError(BaseException):
    """A user's code was still busy when the program had to end. It is no `Exception`, which the code may catch."""

    def __str__(self) -> str:
        """The message for users."""
        return "it was still busy when the program was to end"


@contextmanager
def in_a_call() -> Iterator[None]:
    """Inside, this thread calls a user's code, and `end_calls` can end the call."""
    thread = threading.get_ident()
    CALLS[thread] += 1
    try:
        yield
    finally:
        CALLS[thread] -= 1


def end_calls() -> None:
    """Raise `StillBusyError` in each call of a user's code, on its thread, as soon as Python is there again."""
    import ctypes

    for thread, calls in list(CALLS.items()):
        if calls > 0 and thread != threading.get_ident():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(StillBusyError))

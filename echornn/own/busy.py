"""Ends calls of a user's code that do not return: when the program has to end, or when they take too long."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

CALLS: Counter[int] = Counter()
"""How many calls of a user's code each thread is in, by its number."""


BEGUN: dict[int, float] = {}
"""When each thread began its outermost call, by `time.monotonic`."""

MOST_SECONDS = 300.0
"""The seconds that a call may take in a process that nobody watches. Data of an epoch takes milliseconds."""


class StillBusyError(BaseException):
    """A user's code was still busy when the program had to end. It is no `Exception`, which the code may catch."""

    def __str__(self) -> str:
        """The message for users."""
        return "it was still busy when the program was to end"


class TooLongError(StillBusyError):
    """A call of a user's code took too long in a process that nobody watches."""

    def __str__(self) -> str:
        """The message for users."""
        return "it was still busy after minutes, and was given up"


@contextmanager
def in_a_call() -> Iterator[None]:
    """Inside, this thread calls a user's code, and `end_calls` can end the call."""
    thread = threading.get_ident()
    if not CALLS[thread]:
        BEGUN[thread] = time.monotonic()
    CALLS[thread] += 1
    try:
        yield
    finally:
        CALLS[thread] -= 1


def end_calls() -> None:
    """Raise `StillBusyError` in each call of a user's code, on its thread, as soon as Python is there again."""
    for thread, calls in list(CALLS.items()):
        if calls > 0 and thread != threading.get_ident():
            _raise_in(thread, StillBusyError)


def end_long_calls(seconds: float) -> None:
    """Raise `TooLongError` in each call of a user's code that has taken longer than so many seconds."""
    for thread, calls in list(CALLS.items()):
        if calls > 0 and time.monotonic() - BEGUN[thread] > seconds:
            BEGUN[thread] = time.monotonic()
            _raise_in(thread, TooLongError)


def limit_calls() -> None:
    """Limit each call of a user's code to `MOST_SECONDS` from now on, for a process that nobody watches."""

    def watch() -> None:
        while True:
            time.sleep(1)
            end_long_calls(MOST_SECONDS)

    threading.Thread(target=watch, name="limit of calls", daemon=True).start()


def _raise_in(thread: int, error: type[BaseException]) -> None:
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))

"""Keeps signals that arrive before the program can handle them.

This module runs first, so it imports nothing slow.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from types import FrameType

from tui.term.exit_code import ExitCode

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that ask the process to end: hangup of the connection, request of a scheduler, Ctrl+C."""

SAME_SECONDS = 0.3
"""A single Ctrl+C can arrive twice, from the terminal and from the guardian; a second Ctrl+C comes later than this."""


class KeptSignals:
    """A signal handler that remembers signals; a second Ctrl+C ends the process at once."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._asked_at = time.monotonic()

    def __call__(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGINT in self.heard and now - self._asked_at > SAME_SECONDS:
            os._exit(ExitCode.FORCED)
        self._asked_at = now
        self.heard.append(number)


def keep() -> None:
    """Remember ending signals from now on. A signal that is ignored (``nohup``, ``&`` in a script) stays ignored."""
    kept = KeptSignals()
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)  # until all of them have their handler
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, kept)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)


@contextlib.contextmanager
def leave_to_the_next_program() -> Iterator[None]:
    """Leave signals, also kept ones, to the `keep` of the program that this process becomes by `os.execv` within this
    context: until that has run, they would end the process without a word. If there is no next program, they are
    delivered at the end of the context.
    """
    blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    for number in heard(map(signal.getsignal, ENDING_SIGNALS)):
        signal.raise_signal(number)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked_before)


def heard(handlers: Iterable[object]) -> list[int]:
    """The signals that were kept, each once; ``handlers`` are the handlers that were set before."""
    kept = [number for handler in handlers if isinstance(handler, KeptSignals) for number in handler.heard]
    return list(dict.fromkeys(kept))


def forget(number: int) -> None:
    """Forget this signal if it was kept, since it no longer asks the process to end."""
    for one in ENDING_SIGNALS:
        handler = signal.getsignal(one)
        if isinstance(handler, KeptSignals):
            handler.heard = [kept for kept in handler.heard if kept != number]


def let_go() -> None:
    """Stop keeping signals: from now on they end the process, and a kept one does so now; Ctrl+C as
    `KeyboardInterrupt`.
    """
    handlers: list[object] = []
    for number in ENDING_SIGNALS:
        handlers.append(handler := signal.getsignal(number))
        if isinstance(handler, KeptSignals):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for kept in heard(handlers):
        os.kill(os.getpid(), kept)

"""Keeps signals that come before the program can handle them.

It imports nothing that takes time: it is the first to run.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from types import FrameType

from tui.term.exit_code import ExitCode

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""They ask the process to end: the line dropped, a scheduler's request, Ctrl+C."""

SAME_SECONDS = 0.3
"""One Ctrl+C comes twice, from the terminal and from the guardian; a second one comes later than this."""


class Kept:
    """A handler of signals that remembers them; a second Ctrl+C ends at once."""

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
    """From now on, remember them. A signal that is ignored (``nohup``, ``&`` in a script) stays ignored."""
    kept = Kept()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, kept)


def heard(handlers: Iterable[object]) -> list[int]:
    """The signals that were kept, each once, by the handlers that were there before."""
    kept = [number for handler in handlers if isinstance(handler, Kept) for number in handler.heard]
    return list(dict.fromkeys(kept))


def let_go() -> None:
    """Keep none any more: they end the process, now if one has come; Ctrl+C as `KeyboardInterrupt`."""
    handlers: list[object] = []
    for number in ENDING_SIGNALS:
        handlers.append(handler := signal.getsignal(number))
        if isinstance(handler, Kept):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for kept in heard(handlers):
        os.kill(os.getpid(), kept)

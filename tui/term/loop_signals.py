"""Handles signals in an asyncio event loop without losing any."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Mapping
from types import FrameType

from tui.term.exit_code import ENDING_SIGNALS

WAKINGS_READ = 4096


class LoopSignals:
    """Calls a function for each signal, in the running event loop, until `end`.

    asyncio's own `add_signal_handler` can lose signals: it sends them through the buffer that wakes the loop. Each key
    from the terminal's thread takes a byte of that buffer too, and it holds only about 280 bytes.

    Args:
        calls: the functions to call, by signal number.
    """

    def __init__(self, calls: Mapping[int, Callable[[], object]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls = calls
        self._has_ended = False
        self._reads, self._writes = socket.socketpair()
        self._reads.setblocking(False)
        self._writes.setblocking(False)
        self._loop.add_reader(self._reads, self._wake)
        self._wakes_before = signal.set_wakeup_fd(self._writes.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._caught) for number in calls}

    def end(self) -> None:
        """Restore the handlers that were set before."""
        self._has_ended = True
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakes_before)
        self._loop.remove_reader(self._reads)
        self._reads.close()
        self._writes.close()

    def _caught(self, number: int, _: FrameType | None) -> None:
        """Pass a signal on to the loop; this can interrupt the main thread anywhere."""
        self._loop.call_soon_threadsafe(self._act, number)

    def _act(self, number: int) -> None:
        if self._has_ended:
            signal.raise_signal(number)  # the signal arrived just before the end: raise it for the restored handler
        else:
            self._calls[number]()

    def _wake(self) -> None:
        """Empty the buffer that wakes the loop. A signal just before the loop begins to wait ends the wait through
        it.
        """
        with contextlib.suppress(BlockingIOError):
            self._reads.recv(WAKINGS_READ)


def call_on_signals(end: Callable[[], None], save: Callable[[], None]) -> LoopSignals:
    """Call ``end`` for signals that ask the process to end; call ``save`` on SIGUSR1."""
    return LoopSignals({**dict.fromkeys(ENDING_SIGNALS, end), signal.SIGUSR1: save})

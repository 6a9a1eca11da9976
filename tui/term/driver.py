"""Textual's driver, whose input neither ends nor floods the app, and whose signals do not interrupt
it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from collections import deque
from typing import Any

from textual.events import Callback, CursorPosition, Key, MouseMove, Resize
from textual.message import Message
from textual.messages import InBandWindowResize

from tui.term.private_textual import OpenDriver
from tui.term.terminal import LoopSignals
from tui.term.terminal_input import TerminalInput

# Messages that the app gets before it may draw: Textual draws nothing while messages wait for it
FEW = 4
# Of many, it gets one in so many: the last key of a flood waits for about 200 drawings at most
SHARE = 32
# To wait for the app, which says nothing of what it gets before its first screen
PATIENCE_SECONDS = 1.0
# After which an escape is the key, if no more came; as Textual's driver
LATE_MILLISECONDS = 100
READ_BYTES = 4096  # as Textual's driver


class TerminalDriver(OpenDriver):
    """A driver that hands messages to the app a few at a time, so that it draws in between."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Textual's handlers interrupt the main thread anywhere: while it hands text to the writing
        # thread, they would wait for the lock of that thread's queue forever.
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)
        self._signals = LoopSignals(
            {signal.SIGTSTP: self.stop_process, signal.SIGCONT: self._go_on}
        )
        self._in_loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        # While the app has messages to handle: what hands it the next ones if it does not say so
        self._handling: asyncio.TimerHandle | None = None

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        resized: Any = signal.getsignal(signal.SIGWINCH)
        # A second change of size may interrupt Textual's handler of the first, which would then
        # have the last word.
        signal.signal(
            signal.SIGWINCH, lambda *caught: self._in_loop.call_soon_threadsafe(resized, *caught)
        )

    def _go_on(self) -> None:
        """Take the terminal again; after SIGSTOP, which left no time to restore it, only draw
        again."""
        if self.has_terminal:
            signal.raise_signal(signal.SIGWINCH)
        else:
            self.start_application_mode()

    def suspend_application_mode(self) -> None:
        """Restore the terminal until the process goes on."""
        super().stop_application_mode()
        self.close()

    def stop_application_mode(self) -> None:
        """Restore the terminal for good.

        The thread that reads keys may wait for one that the shell got: it is left.
        """
        self.forget_reader()
        super().stop_application_mode()
        self.exit_event.set()
        self._signals.end()

    def run_input_thread(self) -> None:
        """Read keys and pastes until the end, or until the terminal is gone."""
        sent = TerminalInput()
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            if poll.poll(LATE_MILLISECONDS):
                try:
                    data = os.read(self.fileno, READ_BYTES)
                except OSError:
                    return
                if not data:
                    return
                for message in sent.messages(data):
                    self.process_message(message)
            for message in sent.late_messages():
                self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Take a message from the thread that reads.

        The operating system knows the size, whatever the input says.
        """
        if not isinstance(message, Resize | InBandWindowResize):
            self._in_loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: Message) -> None:
        """Let a message wait behind the others, save the key that always quits, and the answer that
        drawing awaits."""
        waiting = self._waiting
        if isinstance(message, CursorPosition) or (
            isinstance(message, Key) and message.key == "ctrl+q"
        ):
            super().process_message(message)
        elif waiting and isinstance(message, MouseMove) and isinstance(waiting[-1], MouseMove):
            waiting[-1] = message
        else:
            waiting.append(message)
            if self._handling is None:
                self._hand_on()

    def _hand_on(self) -> None:
        """Give the app a few messages; when it has handled them, the next, so that it draws in
        between."""
        if self._handling is not None:
            self._handling.cancel()
            self._handling = None
        count = len(self._waiting)
        if not count:
            return
        for _ in range(min(count, max(FEW, count // SHARE))):
            super().process_message(self._waiting.popleft())
        self._handling = self._in_loop.call_later(PATIENCE_SECONDS, self._hand_on)
        self.send_message(Callback(self._hand_on))

"""Textual's driver with its own stopping, continuing and reading of keys, where Textual's could lose screen or app."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any

from tui.term import terminal
from tui.term.in_turn import InTurn
from tui.term.loop_signals import LoopSignals
from tui.term.plain_driver import PlainDriver
from tui.term.private_textual import OpenDriver
from tui.term.terminal_input import TerminalInput

LOOK_MILLISECONDS = 100
"""How often to check whether an escape is a key or begins a longer sequence, and whether to stop reading."""

BUSY_MILLISECONDS = 5
"""The same while input waits for the app."""

READ_BYTES = 4096


class GuardedDriver(PlainDriver, OpenDriver):
    """A driver that also uses private parts of Textual's driver."""

    _has_terminal = _is_suspending = _is_leaving = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Handle the stop and continue signals between two steps of the event loop.

        Textual's own handlers interrupt the main thread anywhere. If it is just handing text to the writing thread, the
        lock of that thread's queue is held, and the handler waits for it forever.
        """
        super().__init__(*arguments, **options)
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)  # for the time after the app, so that Textual's handlers do not stay
        self._signals = LoopSignals({signal.SIGTSTP: self.stop_as_told, signal.SIGCONT: self.go_on_as_told})
        self._in_turn = InTurn(self.process_message, self.send_message, overtakes=type(self).overtakes)

    def start_application_mode(self) -> None:
        """Switch the terminal to the app's mode, as soon as this process is in the foreground.

        SIGSTOP leaves no time to restore the terminal. After SIGCONT Textual would then take the app's settings for the
        user's. So a terminal that is still in the app's mode is restored first. A process that continues in the
        background (``bg``) stops again, since the terminal belongs to the shell.
        """
        if self._has_terminal:
            self.suspend_application_mode()
        while not terminal.is_in_the_foreground(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)
        self._has_terminal = True
        super().start_application_mode()

    def read_keys(self) -> None:
        """Read until the end, or until the terminal is gone. No bytes can prevent the next key from being read."""
        source = TerminalInput()
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            data = b""
            if self._in_turn.is_full:
                time.sleep(BUSY_MILLISECONDS / 1000)
            elif poll.poll(LOOK_MILLISECONDS if self._in_turn.is_empty else BUSY_MILLISECONDS):
                data = os.read(self.fileno, READ_BYTES)
                if not data:
                    return
            for message in source.messages(data):
                self._in_turn.add(message)
            self._in_turn.hand_on()

    def disable_input(self) -> None:
        """Stop reading keys. If the guardian is gone, do not wait for the reading thread.

        By then the shell reads too. It can get the key that the reading thread has noticed, and that thread would then
        wait for the next key.
        """
        if self.guarded.is_left_alone:
            self.forget_reader()
        super().disable_input()
        if self.guarded.is_left_alone:
            self.exit_event.set()

    def stop_as_told(self) -> None:
        """Stop the process, unless the app is about to end: a Ctrl+Z at that time is meant for the shell."""
        if not self._is_leaving:
            super().stop_as_told()

    def go_on_as_told(self) -> None:
        """Take the terminal again after a stop, unless it was restored permanently."""
        if not self._is_leaving:
            super().go_on_as_told()

    def stop_application_mode(self) -> None:
        """Restore the terminal: until the process continues, or permanently."""
        self._is_leaving = not self._is_suspending
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        """Restore the terminal before a stop; signals are still handled."""
        self._is_suspending = True
        super().suspend_application_mode()
        self._is_suspending = False

    def close(self) -> None:
        """Close the driver, after everything is written and the terminal is restored."""
        super().close()
        self._has_terminal = False
        if not self._is_suspending:
            self._signals.end()

"""Textual's driver with our own stopping, waking and reading of keys, where Textual's loses the screen or the app."""

from __future__ import annotations

import os
import select
import signal
from typing import Any

from tui.term import terminal
from tui.term.driver import PlainDriver
from tui.term.loop_signals import LoopSignals
from tui.term.private_textual import OpenDriver
from tui.term.terminal_input import TerminalInput

LOOK_MILLISECONDS = 100
"""How often it is looked whether a key was all, or the beginning of a longer one, and whether to read on."""

READ_BYTES = 4096


class GuardedDriver(PlainDriver, OpenDriver):
    """Uses what is inside Textual's driver."""

    _has_terminal = _is_suspending = _is_leaving = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Stop and go on between two steps of the event loop.

        Textual's own handlers run in the middle of whatever the main thread does. If that is to hand text to
        the thread that writes, its queue is locked, and they wait for it for ever.
        """
        super().__init__(*arguments, **options)
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)  # when the app has ended, not Textual's
        self._signals = LoopSignals({signal.SIGTSTP: self.stop_as_told, signal.SIGCONT: self.go_on_as_told})

    def start_application_mode(self) -> None:
        """Take the terminal, when it is this job's.

        SIGSTOP leaves no time to give it back first, but SIGCONT has Textual take it, and with that take its own
        settings for the user's; so what is still held is given back before. Woken in the background (``bg``), it
        stops again: the terminal belongs to the shell.
        """
        if self._has_terminal:
            self.suspend_application_mode()
        while not terminal.is_in_the_foreground(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)
        self._has_terminal = True
        super().start_application_mode()

    def read_keys(self) -> None:
        """Read until the end, or until the terminal is gone; whatever the bytes are, the next key is heard."""
        source = TerminalInput()
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            data = b""
            if poll.poll(LOOK_MILLISECONDS):
                data = os.read(self.fileno, READ_BYTES)
                if not data:
                    return
            for message in source.messages(data):
                self.process_message(message)

    def disable_input(self) -> None:
        """Stop reading keys; without its guardian, do not wait for the reader.

        The shell reads too, by then, and a key goes to whoever is first: the reader, who has seen it come, may
        wait for the next one.
        """
        if self.guarded.is_left_alone:
            self.forget_reader()
        super().disable_input()
        if self.guarded.is_left_alone:
            self.exit_event.set()

    def stop_as_told(self) -> None:
        """Stop, unless the app is about to end: a Ctrl+Z from then on comes from the shell's terminal."""
        if not self._is_leaving:
            super().stop_as_told()

    def go_on_as_told(self) -> None:
        """Take the terminal again, unless it was given back for good."""
        if not self._is_leaving:
            super().go_on_as_told()

    def stop_application_mode(self) -> None:
        """Give the terminal back, for a while or for good."""
        self._is_leaving = not self._is_suspending
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while: what wakes it is listened to all the same."""
        self._is_suspending = True
        super().suspend_application_mode()
        self._is_suspending = False

    def close(self) -> None:
        """All is written, and the terminal is as it was."""
        super().close()
        self._has_terminal = False
        if not self._is_suspending:
            self._signals.end()

"""Textual's driver for a terminal, which tells the guardian when it has the terminal, and bears SIGSTOP."""

from __future__ import annotations

import asyncio
import errno
import signal
from collections.abc import Callable
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from tui.tty.guardian import Guarded


def driver_for(guarded: Guarded, show_all: Callable[[], None]) -> type[LinuxDriver]:
    """The driver's class for this guardian's app, whose ``show_all`` draws the screen whatever the terminal shows."""

    class GuardedDriver(LinuxDriver):
        _has_terminal = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            """Stop and go on between two steps of the event loop.

            Textual's own handlers run in the middle of whatever the main thread does. If that is to hand text to
            the thread that writes, its queue is locked, and they wait for it for ever.
            """
            super().__init__(*arguments, **options)
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
            loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)

        def start_application_mode(self) -> None:
            """Take the terminal.

            SIGSTOP leaves no time to give it back first, but SIGCONT has Textual take it, and with that take its own
            settings for the user's; so what is still held is given back before.
            """
            if self._has_terminal:
                self.suspend_application_mode()
            guarded.takes_terminal()
            self._has_terminal = True
            super().start_application_mode()  # type: ignore[no-untyped-call]
            self._app.call_later(show_all)  # the terminal's other screen is empty, or as somebody left it

        def disable_input(self) -> None:
            """Stop reading keys; without its guardian, do not wait for the reader.

            The shell reads too, by then, and a key goes to whoever is first: the reader, who has seen it come, may
            wait for the next one.
            """
            if guarded.is_left_alone:
                self._key_thread = None
            super().disable_input()
            if guarded.is_left_alone:
                self.exit_event.set()

        def run_input_thread(self) -> None:
            """Read keys; who may no longer read is about to end, and the shell has the screen: it says nothing there.

            Where the guardian is killed, the shell takes the terminal, and reading it is an error.
            """
            try:
                super().run_input_thread()
            except OSError as error:
                if error.errno != errno.EIO and not guarded.is_left_alone:
                    raise

        def close(self) -> None:
            """All is written, and the terminal is as it was."""
            super().close()
            self._has_terminal = False
            guarded.has_left_terminal()

    return GuardedDriver

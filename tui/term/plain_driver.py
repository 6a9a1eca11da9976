"""Textual's driver for a terminal; it tells the guardian process when it takes the terminal, and accepts any input."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import ClassVar

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.term.guardian import Guarded
from tui.term.in_turn import Overtakes
from tui.term.possible import is_possible


class PlainDriver(LinuxDriver):
    """A driver that uses only public parts of Textual's drivers.

    Attributes:
        guarded: the connection to the guardian process.
        show_all: draws the whole screen again, without assuming what the terminal shows.
        overtakes: says which keys are handled before those that wait.
    """

    guarded: ClassVar[Guarded]
    show_all: ClassVar[Callable[[], object]]
    overtakes: ClassVar[Overtakes]

    def start_application_mode(self) -> None:
        """Switch the terminal to the app's mode."""
        self.guarded.takes_terminal()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        type(self).show_all()  # the terminal's alternate screen is empty, or has another program's text

    def run_input_thread(self) -> None:
        """Read keys until the end. Errors are not printed: the process is about to end, and the shell has the screen.

        If the guardian is killed, the shell takes the terminal, and reading from it is an error.
        """
        try:
            self.read_keys()
        except OSError as error:
            if error.errno != errno.EIO and not self.guarded.is_left_alone:
                raise

    def read_keys(self) -> None:
        """Read until the end. Input that cannot be parsed is lost, including other input of the same read."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except OSError:
                raise
            except Exception:
                continue

    def process_message(self, message: Message) -> None:
        """Pass on an event, unless no terminal can have sent it."""
        if is_possible(message):
            super().process_message(message)

    def close(self) -> None:
        """Close the driver, after everything is written and the terminal is restored."""
        super().close()
        self.guarded.has_left_terminal()

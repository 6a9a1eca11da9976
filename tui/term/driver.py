"""Textual's driver for a terminal, which tells the guardian when it takes the terminal, and accepts any input."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import ClassVar

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.term.guardian import Guarded
from tui.term.plain_screen import is_plain
from tui.term.possible import is_possible


class PlainDriver(LinuxDriver):
    """Uses what Textual's drivers have in public.

    Attributes:
        guarded: what it holds of its guardian.
        show_all: has the whole screen drawn soon, whatever the terminal shows.
    """

    guarded: ClassVar[Guarded]
    show_all: ClassVar[Callable[[], object]]

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self.guarded.takes_terminal()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        type(self).show_all()  # the terminal's other screen is empty, or as somebody left it

    def run_input_thread(self) -> None:
        """Read keys; who may no longer read is about to end, and the shell has the screen: it says nothing there.

        Where the guardian is killed, the shell takes the terminal, and reading it is an error.
        """
        try:
            self.read_keys()
        except OSError as error:
            if error.errno != errno.EIO and not self.guarded.is_left_alone:
                raise

    def read_keys(self) -> None:
        """Read until the end; what cannot be read is lost, with what came together with it."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except OSError:
                raise
            except Exception:
                continue

    def process_message(self, message: Message) -> None:
        """Hand on what a terminal can mean."""
        if is_possible(message):
            super().process_message(message)

    def close(self) -> None:
        """All is written, and the terminal is as it was."""
        super().close()
        self.guarded.has_left_terminal()


def driver_for(guarded: Guarded, show_all: Callable[[], object]) -> type[PlainDriver]:
    """The driver's class for this guardian's app; its attributes are given here."""
    if is_plain():
        base = PlainDriver
    else:
        from tui.term.guarded_driver import GuardedDriver

        base = GuardedDriver
    return type(base.__name__, (base,), {"guarded": guarded, "show_all": staticmethod(show_all)})

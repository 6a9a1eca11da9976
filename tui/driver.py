"""Textual's driver for a terminal, which tells the guardian when it has the terminal, and bears SIGSTOP."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from tui.guardian import Guarded


def driver_for(guarded: Guarded) -> type[LinuxDriver]:
    """The driver's class for this guardian's app."""

    class GuardedDriver(LinuxDriver):
        _has_terminal = False

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

        def close(self) -> None:
            """All is written, and the terminal is as it was."""
            super().close()
            self._has_terminal = False
            guarded.has_left_terminal()

    return GuardedDriver

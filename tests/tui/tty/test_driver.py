"""Textual's driver, where the terminal does what terminals seldom do."""

from __future__ import annotations

import errno
import os

import pytest
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tui.tty.driver import driver_for
from tui.tty.guardian import Guarded
from tui.tty.terminal import NativeLog


async def test_reading_a_terminal_that_the_shell_has_taken_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback would be drawn over the shell's prompt."""

    def taken(self: LinuxDriver) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    panics: list[object] = []
    app: App[None] = App()
    monkeypatch.setattr(app, "call_later", lambda *call: panics.append(call))
    monkeypatch.setattr(LinuxDriver, "run_input_thread", taken)
    LinuxDriver(app)._run_input_thread()
    assert panics, "Textual itself bears it now"
    panics.clear()
    driver_for(Guarded(-1, NativeLog()), lambda: None)(app)._run_input_thread()
    assert not panics

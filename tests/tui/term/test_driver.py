"""Textual's driver, when the terminal behaves unusually."""

from __future__ import annotations

import errno
import os
import signal

import pytest
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tui.term import terminal
from tui.term.driver import driver_for
from tui.term.guarded_driver import GuardedDriver
from tui.term.guardian import Guarded
from tui.term.terminal import NativeLog


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


async def test_who_leaves_neither_stops_nor_takes_the_terminal_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is the shell's by then: Ctrl+Z is meant for the shell, and continuing would take the terminal for
    good.
    """
    done: list[str] = []
    for name in ("start", "stop"):
        monkeypatch.setattr(LinuxDriver, f"{name}_application_mode", lambda _, name=name: done.append(name))
    monkeypatch.setattr(terminal, "is_in_the_foreground", lambda _: True)
    monkeypatch.setattr(os, "kill", lambda _, number: done.append(number.name))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    with open(os.devnull, "wb") as line:
        driver = driver_for(Guarded(line.fileno(), NativeLog()), lambda: None)(App())
        assert isinstance(driver, GuardedDriver)
        driver.start_application_mode()
        driver.stop_as_told()
        driver.go_on_as_told()
        assert done == ["start", "stop", "SIGSTOP", "start"]
        driver.stop_application_mode()
        driver.stop_as_told()
        driver.go_on_as_told()
        assert done == ["start", "stop", "SIGSTOP", "start", "stop"]
        driver.close()
    assert signal.getsignal(signal.SIGTSTP) == signal.getsignal(signal.SIGCONT) == signal.SIG_DFL
    for number, handler in handlers.items():
        signal.signal(number, handler)

"""Textual's driver with its own stopping, continuing and reading of keys, where Textual's could lose screen or app."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.message import Message
from textual.messages import InBandWindowResize

from tui.term import terminal
from tui.term.guardian import Guarded
from tui.term.in_turn import InTurn, Overtakes
from tui.term.loop_signals import LoopSignals
from tui.term.private_textual import OpenDriver, XTermParser

LOOK_MILLISECONDS = 100
"""How often to check whether an escape is a key or begins a longer sequence, and whether to stop reading."""

BUSY_MILLISECONDS = 5
"""The same while input waits for the app."""

READ_BYTES = 4096

MOST_CELLS_AWAY = 10_000
"""Mouse positions farther away than this are noise."""

MOTION = re.compile(rb"\x1b\[<(3[2-9]|[45]\d|6[0-3]);\d+;\d+M(?=\x1b\[<\1;\d+;\d+M)")
"""A report that the mouse has moved (SGR 1006), which the next report makes outdated. A terminal reports every cell
that the pointer crosses, and each report costs more than a key.
"""


class GuardedDriver(OpenDriver):
    """The driver of an app whose guardian process restores the terminal if the app dies.

    Attributes:
        guarded: the connection to the guardian process.
        show_all: draws the whole screen again, without assuming what the terminal shows.
        overtakes: says which keys are handled before those that wait.
    """

    guarded: ClassVar[Guarded]
    show_all: ClassVar[Callable[[], object]]
    overtakes: ClassVar[Overtakes]

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
        self._in_turn = InTurn(self.process_message, self.send_message, type(self).overtakes)

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
        self.guarded.takes_terminal()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        type(self).show_all()  # the terminal's alternate screen is empty, or has another program's text

    def run_input_thread(self) -> None:
        """Read keys until the end, or until the terminal is gone. A sequence that cannot be parsed is lost."""
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")("replace").decode
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            text = ""
            if self._in_turn.is_full:
                time.sleep(BUSY_MILLISECONDS / 1000)
            elif poll.poll(LOOK_MILLISECONDS if self._in_turn.is_empty else BUSY_MILLISECONDS):
                data = b""
                with contextlib.suppress(OSError):  # if the guardian was killed, the shell has the terminal
                    data = os.read(self.fileno, READ_BYTES)
                if not data:
                    return
                text = decode(MOTION.sub(b"", data))
            try:
                for message in (*parser.feed(text),) if text else parser.tick():
                    self._in_turn.add(message)
            except Exception:  # the parser raises errors of many kinds, for example on invalid numbers
                parser = XTermParser()
            self._in_turn.hand_on()

    def process_message(self, message: Message) -> None:
        """Pass on an event. Sizes in the input, which can be any numbers, are not: the operating system knows them."""
        if isinstance(message, events.Resize | InBandWindowResize):
            return
        if isinstance(message, events.MouseEvent) and max(message.screen_x, message.screen_y) > MOST_CELLS_AWAY:
            return
        super().process_message(message)

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
        self.guarded.has_left_terminal()
        self._has_terminal = False
        if not self._is_suspending:
            self._signals.end()


def driver_for(guarded: Guarded, show_all: Callable[[], object], overtakes: Overtakes) -> type[GuardedDriver]:
    """The class of the driver for an app, with these attributes."""
    space = {"guarded": guarded, "show_all": staticmethod(show_all), "overtakes": staticmethod(overtakes)}
    return type("GuardedDriver", (GuardedDriver,), space)

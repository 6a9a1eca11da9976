"""Draws a frame only when the terminal is ready for it, and waits for the terminal before the app ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from echornn.session.commands import Save
from echornn.session.pictures.frame import State
from tui.app.parts.part import AppPart
from tui.term.exit_code import ExitCode
from tui.term.output import ASK, Backpressure

ONLY_HERE = "this cannot go on without the screen; «quit» ends it, and the run is kept"


OVER = "nothing is left to train in the background: «quit» leaves, and the run is kept"


class SlowTerminal(AppPart):
    """The part of the app that keeps a slow terminal connection from falling behind."""

    def __init__(self) -> None:
        super().__init__()
        self._line = Backpressure()
        self._ask_with_next = False
        self._leaving: asyncio.Task[None] | None = None
        self._code: ExitCode | None = None
        self.detaches = False
        """Whether the user left with `D`, so that the training goes on."""
        self.why_no_detach: Callable[[], str] = lambda: ONLY_HERE
        """Returns why the training cannot go on without this screen; empty if it can."""

    def _may_draw(self) -> bool:
        """Whether the terminal is ready for a frame. If so, the next update asks it to report when it has drawn the
        frame.
        """
        if not self._line.is_clear:
            return False
        self._ask_with_next = True
        return True

    def behind_an_update(self) -> str:
        """Bytes to send after an update of the screen: after the first update of a frame, a query that the terminal
        answers once it has drawn the frame; otherwise empty.
        """
        if not self._ask_with_next or self.is_headless or self._leaving:
            return ""
        self._ask_with_next = False
        self._line.asked()
        return ASK

    def on_cursor_position(self) -> None:
        """Record the terminal's answer: it has drawn the frame."""
        self._line.answered()

    async def action_quit(self) -> None:
        self._leave(ExitCode.DONE)

    async def action_detach(self) -> None:
        """Leave the screen, while the training goes on without it."""
        state = self._frame.state
        over = OVER if state in (State.FINISHED, State.FAILED) else ""
        if why_not := self.why_no_detach() or over:
            self._refuse(why_not)
            return
        self.detaches = True
        await self.action_quit()

    def action_help_quit(self) -> None:
        """Show a message on how to quit. Ctrl+C does not quit, since the user may have meant to copy."""
        self.notify("«quit» ends the program; the run is kept")

    def _save(self) -> None:
        self._send(Save())

    def _leave(self, code: ExitCode) -> None:
        """End the app with this exit code. If a signal came first, its exit code is used instead."""
        self._is_leaving = True
        self.session.stop()
        self._code = code if self._code is None else max(self._code, code)
        if self._line.is_settled:
            self.exit(self._code)
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave_when_settled())

    async def _leave_when_settled(self) -> None:
        await self._line.settle()
        self.exit(self._code)

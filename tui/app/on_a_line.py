"""Draws a frame only when the terminal is ready for it, and waits for the terminal before the app ends."""

from __future__ import annotations

import asyncio

from echornn.session.commands import Save
from tui.app.part import AppPart
from tui.term.backpressure import ASK, Backpressure
from tui.term.exit_code import ExitCode


class OnALine(AppPart):
    """An app whose terminal may be far away."""

    def __init__(self) -> None:
        super().__init__()
        self._line = Backpressure()
        self._ask_with_next = False
        self._leaving: asyncio.Task[None] | None = None
        self._code: ExitCode | None = None

    def _may_draw(self) -> bool:
        """Whether the terminal is ready for a frame; if so, it is asked how far it is behind the next."""
        if not self._line.is_clear:
            return False
        self._ask_with_next = True
        return True

    def behind_an_update(self) -> str:
        """What follows an update of the screen: the question how far the terminal is, behind the first of a frame."""
        if not self._ask_with_next or self.is_headless or self._leaving:
            return ""
        self._ask_with_next = False
        self._line.asked()
        return ASK

    def on_cursor_position(self) -> None:
        """The terminal's answer: it has drawn a frame."""
        self._line.answered()

    async def action_quit(self) -> None:
        self._leave(ExitCode.DONE)

    def action_help_quit(self) -> None:
        """Ctrl+C: a key that may be meant for something else."""
        self.notify("q ends the program; the run is kept")

    def _save(self) -> None:
        self.session.send(Save())

    def _leave(self, code: ExitCode) -> None:
        """End with this exit code; with that of a signal, whichever came first: ``q``, or escape to the map."""
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

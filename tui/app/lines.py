"""Lines of words on a screen: what each begins, and what is said of it."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from echornn.config import TASK
from echornn.errors import RunError
from echornn.session import commands
from echornn.session.pictures.frame import State
from tui.app.keys import why_not
from tui.app.screen_commands import FileCommand, ScreenCommand, Until, What
from tui.app.script import Begun, Outcome
from tui.app.sender import Sender
from tui.app.shown import Shown
from tui.app.words import Line, WordError, lines_of

if TYPE_CHECKING:
    from tui.app.training_screen import TrainingScreen


class Lines:
    """Begins lines, one at a time."""

    def __init__(self, shown: Shown, sender: Sender, doer: TrainingScreen) -> None:
        self._shown = shown
        self._sender = sender
        self._doer = doer

    def read(self, text: str) -> list[Line]:
        """The commands of a typed line; a WordError if one of them cannot be done."""
        lines = lines_of(text)
        if len(lines) == 1 and not self._sender.is_behind:
            self._require(lines[0])
        return lines

    async def begin(self, line: Line) -> Begun:
        """Begin a line; one that cannot be done has its outcome at once."""
        frame, sent_before = self._shown.frame, self._sender.newest
        making = None
        try:
            self._require(line)
            begun = await self._do(line.what)
        except (WordError, RunError, OSError) as error:
            begun = str(error)
        if isinstance(begun, asyncio.Task):
            making = begun
        elif begun:
            why_not = begun
            return Begun(line, outcome=partial(Outcome, line, why_not, is_refused=True))
        if self._sender.newest > sent_before and not isinstance(line.what, ScreenCommand):
            return Begun(line, self._sender.newest, frame.trained_in_all, frame.config)
        return Begun(line, outcome=partial(_outcome_of, line, making))

    async def _do(self, what: What) -> asyncio.Task[str] | str:
        """Do it; returns the task that makes a file, or why it cannot be done, or nothing."""
        if isinstance(what, Until):
            return ""  # it only waits
        if isinstance(what, FileCommand):
            return self._doer.make(what)
        if isinstance(what, ScreenCommand):
            return why_not(what, self._shown.frame) or await self._doer.do(what)
        return self._doer.send(what)

    def _require(self, line: Line) -> None:
        """A WordError if it is known now that a line can do nothing."""
        frame, what = self._shown.frame, line.what
        if frame.state is State.FAILED or isinstance(what, commands.DriveCommand):
            trouble = why_not(what, frame)
            if trouble:
                raise WordError(trouble)
        elif isinstance(what, commands.ChangingCommand) and TASK not in what.changes:
            fields = frame.config.fields()
            for name in what.changes:
                close = get_close_matches(name, fields, 1)
                if name not in fields and close:
                    raise WordError(f"{name!r} is no field of this task: did you mean {close[0]}?")


def _outcome_of(line: Line, making: asyncio.Task[str] | None) -> Outcome | None:
    if making is None:
        return Outcome(line)
    if not making.done():
        return None
    try:
        return Outcome(line, note=making.result())
    except (OSError, ValueError) as error:
        return Outcome(line, str(error), is_refused=True)

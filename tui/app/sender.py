"""What this screen sends to the session, and whether its answer is on the screen yet."""

from __future__ import annotations

from echornn.readings import Question
from echornn.runtime.visitor import NO_FILES, is_visitor
from echornn.session.commands import Ask, Command
from echornn.session.pictures.frame import State
from echornn.session.rules import may_send
from echornn.session.session import ViewedSession
from tui.app.keys import why_not
from tui.app.screen_commands import What
from tui.app.shown import Shown
from tui.app.status import ONLY_LOOKS, audience_text


class Sender:
    """Sends commands, if this viewer may. Those who call it say why not, where it is not sent."""

    def __init__(self, session: ViewedSession, shown: Shown) -> None:
        self._session = session
        self._shown = shown
        self._question: Question | None = None  # that the session has been asked
        self.newest = 0  # the number of the newest command

    def send(self, command: Command) -> str:
        """Send a command; returns why this viewer may not, or nothing."""
        audience = self._shown.picture.audience
        if not may_send(command, audience):
            return audience_text(audience)
        self.newest = self._session.send(command)
        return ""

    def ask(self, question: Question | None) -> None:
        """Ask for the readings that the views need, unless these are asked for already."""
        if question != self._question:
            self._question = question
            self.send(Ask(question))

    @property
    def asked(self) -> Question | None:
        return self._question

    @property
    def is_behind(self) -> bool:
        """Whether commands were sent whose effect is not on the screen yet."""
        return self.newest > self._shown.frame.answered

    def why_not(self, what: What) -> str:
        """Why something can do nothing now; nothing if that is not sure, since the screen is
        behind."""
        frame = self._shown.frame
        if self.is_behind and frame.state is not State.FAILED:
            return ""
        return why_not(what, frame)

    def why_no_files(self) -> str:
        """Why this viewer may not use files beside the run's: one that only looks, or a visitor."""
        if is_visitor():
            return NO_FILES
        if self._shown.picture.audience.only_looks:
            return f"{ONLY_LOOKS}: no file is read or written"
        return ""

    def take_over(self) -> str:
        """Steer the session from here; returns why that is impossible, or nothing."""
        audience = self._shown.picture.audience
        if audience.may_steer:
            return "you steer this session already"
        if audience.ended or audience.only_looks:
            return audience_text(audience)
        self._session.take_over()
        self._shown.steer()
        return ""

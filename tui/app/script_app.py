"""The app without a screen, which does a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from echornn.session.commands import Answer, Command, Go, Move
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.session.session import ViewedSession
from tui.app.app import EchoApp
from tui.app.hints import Hints
from tui.app.screen_commands import Leave
from tui.app.script import Begun, Outcome, Script
from tui.app.theme import Theme
from tui.app.training_screen import TrainingScreen
from tui.app.words import Line
from tui.term.exit_code import ExitCode
from tui.views.view import is_of_part

LOOKS_A_SECOND = 40.0  # at a session: a script waits for its effects, and nobody watches
LONGEST_WAIT = 5.0  # seconds until a session elsewhere lets the script steer; then it begins anyway

Say = Callable[[Outcome, Frame], None]


class NoHints(Hints):
    def say(self, text: str) -> None:
        """Hints are for somebody at a screen."""


class ScriptScreen(TrainingScreen):
    """A `TrainingScreen` that draws only what a line needs, and judges lines by the newest
    frame."""

    HINTS = NoHints

    def __init__(self, *of_screen: Any, say: Callable[[Outcome], None]) -> None:
        super().__init__(*of_screen)
        self._say_outcome = say
        self.newest = self.shown.frame  # which need not be drawn

    def look(self) -> Picture:
        """The newest picture, without drawing it."""
        picture = self.under_curve.look(self._query)
        self.newest = picture.frame
        return picture

    def look_for_lines(self, number: int) -> tuple[Frame, Answer | None]:
        return self.newest, self.session.not_done(number) if number else None

    async def begin_line(self, line: Line) -> Begun:
        self.show_newest_frame()  # what the screen does is judged by the picture on it
        self.newest = self.shown.frame
        return await super().begin_line(line)

    def send(self, command: Command) -> str:
        """Send a command.

        A window that is not there is refused: the next line would be done in the wrong place.
        """
        if isinstance(command, Go | Move):
            command = replace(command, is_exact=True)
        return super().send(command)

    def when_drawn(self, call: Callable[[], None]) -> None:
        """Draw, and call this; but first wait for the probe readings that views need, as somebody
        at a screen would."""
        self.show_newest_frame()
        self._show_views()
        if self._waits_for_readings() and self.has_widgets:
            self.set_timer(1 / LOOKS_A_SECOND, partial(self.when_drawn, call))
        else:
            super().when_drawn(call)

    def _waits_for_readings(self) -> bool:
        frame, asked = self.shown.frame, self.sender.asked
        if any(view.is_waiting(frame) for view in self.watched.views):
            return True
        if asked is None or frame.readings is None or frame.why_no_readings:
            return False
        # Those of the part that was asked for are to come
        return frame.state.stands_still and not is_of_part(frame.readings, asked.part)

    def tell(self, outcome: Outcome) -> None:
        self._say_outcome(outcome)

    def use_theme(self, theme: Theme) -> None:
        """Draw with this background; the next app has its own."""
        self.app.theme = f"textual-{theme}"


class ScriptApp(EchoApp):
    """Does the lines of a script, and ends.

    Args:
        session: the session; it may be one that trains in another process.
        lines: the script.
        say: is called with what became of each line, and the frame after it.
        trains_itself: whether the session trains in this process; then training that goes on after
            the last line is waited for.
    """

    def __init__(
        self,
        session: ViewedSession,
        lines: Sequence[Line],
        say: Say,
        trains_itself: bool,
        ascii_only: bool = False,
    ) -> None:
        make = partial(ScriptScreen, say=self._tell)
        super().__init__(session, LOOKS_A_SECOND, ascii_only, training=make)
        self._lines = list(lines)
        self._say = say
        self._trains_itself = trains_itself
        self._looks = 0
        self._script: Script | None = None
        self._outcomes: list[Outcome] = []

    @property
    def _screen(self) -> ScriptScreen:
        assert isinstance(self.training, ScriptScreen)
        return self.training

    @property
    def undone(self) -> int:
        """The number of lines that were not done: the one that was refused or failed, and all after
        it."""
        return len(self._lines) - sum(not outcome.is_last for outcome in self._outcomes)

    def show_newest_frame(self) -> None:
        """Look at the newest frame, without drawing it, and go on with the script."""
        if not self.training.has_widgets:
            return
        before = self._screen.newest
        picture = self._screen.look()
        frame, audience = picture.frame, picture.audience
        if audience.ended:
            if not self._is_leaving:
                self._tell(Outcome(Line("", Leave()), audience.ended, has_failed=True))
                self.leave(ExitCode.FAILED)
            return
        self._looks += 1
        if self._script is None and not self._may_begin(frame, audience.may_steer):
            return
        if before.state is State.LOADING and frame.state is not State.LOADING:
            self._screen.show_newest_frame()
        if self._script is None:
            self._script = self.training.scripts.do(self._lines)
        self.call_later(self._go_on)

    def _may_begin(self, frame: Frame, may_steer: bool) -> bool:
        has_waited = self._looks > LONGEST_WAIT * LOOKS_A_SECOND
        return frame.state is not State.LOADING and (may_steer or has_waited)

    async def _go_on(self) -> None:
        await self.training.scripts.go_on()
        if self._script is None or not self._script.is_over or self._is_leaving:
            return
        frame = self._screen.newest
        has_stopped = any(outcome.is_last for outcome in self._outcomes)
        if self._trains_itself and frame.state is State.RUNNING and not has_stopped:
            return
        has_failed = frame.state is State.FAILED
        if self._trains_itself and frame.has_diverged:
            has_failed = True
        if any(outcome.is_refused for outcome in self._outcomes):
            self.leave(ExitCode.USAGE)
        elif has_failed or has_stopped:
            self.leave(ExitCode.FAILED)
        else:
            self.leave(ExitCode.DONE)

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        try:
            self._say(outcome, self._screen.newest)
        except OSError:
            # Such as a reader of the output that has ended; who says it names the others
            if self._script is not None:
                self._script.stop()
            self.leave(ExitCode.FAILED)

    def notify(self, message: str, **options: object) -> None:
        """Notifications are for somebody at a screen."""

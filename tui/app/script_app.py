"""The app without a screen, which does a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from echornn.session.commands import Answer, Command, Go, Move
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import ViewedSession
from tui.app.app import EchoApp
from tui.app.script import Begun, Outcome, Script
from tui.app.theme import Theme
from tui.app.words import Line
from tui.term.exit_code import ExitCode
from tui.views.view import is_of_part

LOOKS_A_SECOND = 40.0


class ScriptApp(EchoApp):
    """Draws only what a line needs. ``say`` is called with what became of each line, and the frame
    after it. If the session trains in this process, training that goes on after the last line is
    waited for.
    """

    def __init__(
        self,
        session: ViewedSession,
        lines: Sequence[Line],
        say: Callable[[Outcome, Frame], None],
        trains_itself: bool,
        ascii_only: bool = False,
    ) -> None:
        super().__init__(session, LOOKS_A_SECOND, ascii_only)
        self._lines, self._say_outcome, self._trains_itself = list(lines), say, trains_itself
        self._newest, self._looks = self._frame, 0
        self._script: Script | None = None
        self._outcomes: list[Outcome] = []

    @property
    def undone(self) -> int:
        """The number of lines that were not done: the one that was refused or failed, and all after
        it."""
        return len(self._lines) - sum(not outcome.is_last for outcome in self._outcomes)

    def show_newest_frame(self) -> None:
        """Look at the newest frame, without drawing it, and go on with the script."""
        before, picture = self._newest, self.under_curve.look(self._query)
        self._newest = picture.frame
        if picture.audience.ended:
            if not self._is_leaving:
                self._tell(Outcome(Line("", ""), picture.audience.ended, has_failed=True))
                self.leave(ExitCode.FAILED)
            return
        self._looks += 1
        # Then it begins anyway
        steers = picture.audience.may_steer or self._looks > 5 * LOOKS_A_SECOND
        if self._script is None and (self._newest.state is State.LOADING or not steers):
            return
        if before.state is State.LOADING is not self._newest.state:
            self.draw()
        if self._script is None:
            self._script = self.do_lines(self._lines)
        self.call_later(self._go_on)

    def draw(self) -> None:
        super().show_newest_frame()

    async def _go_on(self) -> None:
        await self._go_on_with_lines()
        has_stopped = any(outcome.is_last for outcome in self._outcomes)
        goes_on = self._trains_itself and self._newest.state is State.RUNNING and not has_stopped
        if self._script is None or not self._script.is_over or goes_on or self._is_leaving:
            return
        has_failed = self._newest.state is State.FAILED or (
            self._trains_itself and self._newest.has_diverged
        )
        if any(outcome.is_refused for outcome in self._outcomes):
            self.leave(ExitCode.USAGE)
        else:
            self.leave(ExitCode.FAILED if has_failed or has_stopped else ExitCode.DONE)

    # ---- what is different without a screen

    def _look_for_lines(self, number: int) -> tuple[Frame, Answer | None]:
        return self._newest, self.session.not_done(number) if number else None

    async def _begin_line(self, line: Line) -> Begun:
        self.draw()  # actions are judged by the picture on the screen
        self._newest = self._frame
        return await super()._begin_line(line)

    def _obey(self, command: Command) -> int:
        """Send a command.

        A window that is not there is refused: the next line would be done in the wrong place.
        """
        return super()._obey(
            replace(command, is_exact=True) if isinstance(command, Go | Move) else command
        )

    def _when_drawn(self, call: Callable[[], None]) -> None:
        """Draw, and call this; but first wait for the probe readings that views need, as somebody
        at a screen would."""
        self.draw()
        self._show_views()
        frame, asked = self._frame, self._asked
        waits = any(view.is_waiting(frame) for view in self._views)
        if (
            asked is not None
            and frame.readings is not None
            and not frame.unread
            and frame.state.stands_still
        ):
            # Those of the part that was asked for are to come
            waits |= not is_of_part(frame.readings, asked.part)
        if waits and not self._is_leaving:
            self.set_timer(1 / LOOKS_A_SECOND, partial(self._when_drawn, call))
        else:
            super()._when_drawn(call)

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        try:
            self._say_outcome(outcome, self._newest)
        except OSError:
            # Such as a reader of the output that has ended; who says it names the others
            if self._script is not None:
                self._script.stop()
            self.leave(ExitCode.FAILED)

    def action_theme(self, theme: Theme) -> None:
        """Draw with this background; the next app has its own."""
        self.theme = f"textual-{theme}"

    def _hint(self, text: str) -> None:
        """Hints are for somebody at a screen."""

    def notify(self, message: str, **options: object) -> None:
        """So are notifications."""

"""The tour: a screen that shows a lesson on a card."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from echornn.session.pictures.frame import State
from tui.app.actions import KEYED
from tui.app.keys import IN_THE_TOUR
from tui.app.layout import LEAST_WIDTH
from tui.app.lesson import LESSON, LessonStep, filled, lesson_of
from tui.app.run_files import NOT_KEPT, keep_answer
from tui.app.screen_commands import What
from tui.app.script import Outcome, Script, has_come
from tui.app.training_screen import TrainingScreen
from tui.views.canvas import Cells, CellWidget, Press
from tui.views.keymap import keymap_of

# Chosen by eye
MOST_LINES = 6  # of a card's text
MOST_TYPED = 60  # letters of a line that a person may rather type


class LessonCard(CellWidget):
    """A title, the text, and a key with what it does; a click on the key presses it."""

    DEFAULT_CSS = "LessonCard { height: 4; padding: 0 1; background: $boost; }"

    def __init__(self) -> None:
        super().__init__()
        self._title = self._text = self._key = self._does = ""

    def show(self, title: str, text: str, key: str, does: str) -> None:
        self._title, self._text, self._key, self._does = title, text, key, does
        self.redraw()

    def lines(self, width: int) -> list[str]:
        """The text in lines of a card of this width."""
        text = self.keymap.text(self._text)
        return wrap(text, max(1, width - 2), max_lines=MOST_LINES, placeholder=" ...")

    def draw(self, cells: Cells) -> None:
        cells.write(0, 0, "─" * cells.width, "finished")
        cells.write(2, 0, f" {self._title} ", "finished")
        leaves = self.keymap.text(" «leave_tour» leaves the tour ")
        x = cells.width - len(leaves) - 2
        if x > len(self._title) + 6:
            cells.write(x, 0, leaves, "finished")
            cells.mark(x, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        lines = self.lines(cells.width + 2)
        for y, line in enumerate(lines[: cells.height - 2], 1):
            cells.write(0, y, line, "text")
        last = cells.height - 1
        end = cells.write(0, last, self._does, "running" if self._key else "muted")
        if self._key:
            cells.mark(0, last, end, 1, Press(self._key))


class LessonScreen(TrainingScreen):
    """A `TrainingScreen` with a lesson.

    A step's key is a key of the app, and does what it always does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*IN_THE_TOUR]

    def __init__(self, *of_screen: Any, lesson: Sequence[LessonStep] = ()) -> None:
        super().__init__(*of_screen)
        self._steps = list(lesson or lesson_of(LESSON.read_text(encoding="utf-8")))
        titles = [step.title for step in self._steps if step.does]
        self._titles = list(dict.fromkeys(titles))
        self._card = LessonCard()
        # What ended the step before: the number of a command, and the lines that follow it
        self._newest_before = 0
        self._following = Script(())
        self._card_height = 0

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._card

    @property
    def _step(self) -> LessonStep | None:
        return self._steps[0] if self._steps else None

    # ---- the card

    def _lay_out(self, size: Size) -> None:
        self._card_height = self._wanted_height(size.width)
        self._card.styles.height = self._card_height
        super()._lay_out(size)

    def _room(self, size: Size) -> Size:
        return Size(size.width, size.height - self._card_height)

    def _wanted_height(self, width: int) -> int:
        """Of the card: its text between the title and the key; nothing once the tour is left."""
        if not self._steps:
            return 0
        return 2 + max(2, len(self._card.lines(width)))

    def _too_small(self, least_height: int) -> str:
        if not self._steps:
            return super()._too_small(least_height)
        return f"too small: curve and tour need {LEAST_WIDTH}x{least_height}"

    def _show_picture(self) -> None:
        self._status.advises = not self._steps
        super()._show_picture()
        self._go_on_if_it_has_come()
        self._show_card()

    @property
    def _is_up_to_date(self) -> bool:
        """Whether the numbers on the screen are those of the step: all that the step before did
        has been done."""
        frame = self._frame
        if frame.state is State.LOADING or not self._following.is_over:
            return False
        return frame.answered >= self._newest_before

    def _show_card(self) -> None:
        step, frame = self._step, self._frame
        if step is None:
            return
        title = "tour"
        if step.title in self._titles:
            number = self._titles.index(step.title) + 1
            title = f"tour {number} of {len(self._titles)}"
        if frame.state is State.FAILED:
            text = "Training has failed; the lines above say why."
        elif self._newest_before and not self._is_up_to_date and frame.message:
            text = f"{frame.message[:1].upper()}{frame.message[1:]}"
        else:
            text = filled(step.text, frame)
        key, does = self._key_of(step)
        self._card.show(f"{title}: {step.title}", text, key, does)
        if self._card_height != self._wanted_height(self.app.size.width):
            self._lay_out(self.app.size)

    def _key_of(self, step: LessonStep) -> tuple[str, str]:
        """The key that leads on, and how the card says so; no key for what comes by itself."""
        state, waits = self._frame.state, step.until is not None
        is_over = state is State.FAILED or (waits and state is State.FINISHED)
        if is_over or not step.does:
            return self._press("leave_tour", "leave the tour")
        if waits and state is State.PAUSED:
            return self._press("pause", "train on")  # which resumes now
        if waits:
            return "", step.does
        if step.question:
            return self._press("do_step", step.does)
        line = step.lines[0]
        for action in KEYED:
            if action.command == line.what:
                return self._press(action.binding.id or "", step.does)
        if len(line.text) > MOST_TYPED:
            return self._press("do_step", step.does)
        key = keymap_of(self.app).key("do_step")
        return key, f"press «do_step», or type :{line.text}: {step.does}"

    def _press(self, id: str, does: str) -> tuple[str, str]:
        return keymap_of(self.app).key(id), f"press «{id}»: {does}"

    # ---- what leads on

    def did(self, what: What, why_not: str) -> None:
        """Go on to the next step if this is what the shown one waits for."""
        step = self._step
        if step is not None and what == step.awaits and not why_not:
            self._go_on()
        if self.has_widgets:
            self._show_card()

    def tell(self, outcome: Outcome) -> None:
        if outcome.why_not:  # a note would cover the card
            super().tell(outcome)
        if self.has_widgets:  # no other picture need follow that of the last line
            self._go_on_if_it_has_come()
            self._show_card()

    def _go_on_if_it_has_come(self) -> None:
        """Go on to the next step if the shown one is over by itself, and is over."""
        step = self._step
        if step is None or step.until is None or not self._is_up_to_date:
            return
        if has_come(step.until, self._frame):
            self._go_on()

    def _go_on(self) -> None:
        """Do what else the step does, and show the next one as soon as its numbers have come."""
        step = self._steps.pop(0)
        self._newest_before = self.sender.newest
        self._following = self.scripts.do(step.lines[1:])
        self.call_later(self.scripts.go_on)

    # ---- its keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key may act here; leaving only after escape has closed panels and removed
        cursors."""
        match action:
            case "leave_tour":
                return bool(self._steps) and self._is_watching and not self.watched.has_cursor
            case "do_step":
                step = self._step
                return bool(self._is_watching and step and (step.awaits or step.question))
            case _:
                return super().check_action(action, parameters)

    def action_do_step(self) -> None:
        step = self._steps[0]
        if step.question:
            self._command_line.open(question=step.question)
        else:
            self.scripts.do(step.lines[:1])

    def _enter_line(self, text: str) -> str:
        question, step = self._command_line.question, self._step
        if not question or step is None:
            return super()._enter_line(text)
        folder = self.shown.folder
        if folder is None:
            return NOT_KEPT
        try:
            keep_answer(folder, [step.title, question, text])
        except OSError as error:
            return f"the answer cannot be kept: {error.strerror}"
        self._go_on()
        self._show_card()
        return ""

    def action_leave_tour(self) -> None:
        """Remove the card: the app goes on without it."""
        self._steps.clear()
        self._show_picture()
        self._lay_out(self.app.size)
        self.notify("The run goes on; echornn-tui tour takes the tour again.")

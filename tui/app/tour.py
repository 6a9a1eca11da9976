"""The tour: an app that shows a lesson, which is Markdown with lines to do after ``:``, step by
step on a card."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from echornn.data.levels import can_be_solved, chance_level
from echornn.data.series import source_lags
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.session.commands import Command, Resume
from echornn.session.pictures.frame import Frame, State
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.script import UNTIL, Begun, Outcome, has_come
from tui.app.session_app import LEAST_HEIGHT, LEAST_WIDTH
from tui.app.words import Line, WordError, lines_of
from tui.views.canvas import Cells, CellWidget, Press

LESSON = Path(__file__).with_name("lesson.md")
OTHER_LESSONS = {"clipping": Path(__file__).with_name("clipping.md")}


class LessonStep(NamedTuple):
    """What a lesson says, and the lines that lead on: somebody does the first, and the others
    follow."""

    title: str
    text: str
    does: str  # what the lines do, in words
    lines: list[Line]  # none at the end of the lesson

    @property
    def awaits(self) -> bool:
        """Whether the step is over by itself, when something has come."""
        return bool(self.lines) and str(self.lines[0].what).startswith(UNTIL)


def lesson_of(text: str) -> list[LessonStep]:
    """The steps of a lesson: one for each line after ``:``, with its heading and the text above
    it."""
    steps: list[LessonStep] = []
    title, paragraph, is_done = "", "", False
    for line in map(str.strip, text.splitlines()):
        if line.startswith(":"):
            words, _, does = line[1:].partition(" # ")
            steps.append(
                LessonStep(title, paragraph, does.strip() or words.strip(), lines_of(words))
            )
            is_done = True
        elif line.startswith("#"):
            title, paragraph = line.strip("# "), ""
        elif line:
            paragraph, is_done = line if is_done else f"{paragraph} {line}".strip(), False
    if not all(step.lines for step in steps) or not steps:
        raise WordError("a lesson has lines after :, such as : step 100")
    return [*steps, LessonStep(title, "" if is_done else paragraph, "", [])]


def _memory(frame: Frame) -> str:
    """How well the input that the last target depends on can be read from the state."""
    found = None if frame.readings is None else frame.readings.memory
    lag = max(source_lags(frame.own_config), default=0)
    if found is None or lag >= len(found.by_lag):
        return "..."
    return f"{max(0.0, float(found.by_lag[lag])):.2f}"


def _solved(frame: Frame) -> str:
    if not can_be_solved(frame.own_config):
        return NOTHING_COUNTS
    if frame.seed_stats is not None:
        return f"{frame.seed_stats.solved:,} of {frame.seed_stats.replicas:,} have solved it"
    return (
        f"solved at window {at:,}"
        if (at := frame.loss_stats.solved_at) is not None
        else "not solved"
    )


NUMBERS: dict[str, Callable[[Frame], str]] = {
    "chance": lambda frame: loss_text(chance_level(frame.own_config), 3),
    "loss": lambda frame: loss_text(frame.loss, 3),
    "mean": lambda frame: loss_text(frame.loss_stats.mean, 3),
    "memory": _memory,
    "solved": _solved,
    "windows": lambda frame: f"{(frame.seed_stats or frame.loss_stats).windows:,}",
}
"""The names that a lesson may have in braces, besides the fields of the configuration."""


def filled(text: str, frame: Frame) -> str:
    known = {
        **frame.own_config.fields(),
        **{name: number(frame) for name, number in NUMBERS.items()},
    }
    return re.sub(r"\{(\w+)\}", lambda name: str(known.get(name[1], name[0])), text)


class TourCard(CellWidget):
    """A title, the text, and a key with what it does; a click on the key presses it."""

    DEFAULT_CSS = "TourCard { height: 4; padding: 0 1; background: $boost; }"

    def __init__(self) -> None:
        super().__init__()
        self.shown = ("", "", "", "")  # title, text, key, what the card says of it

    def lines(self, width: int) -> list[str]:
        text = self.keymap.text(self.shown[1])
        return wrap(text, max(1, width - 2), max_lines=6, placeholder=" ...")

    def draw(self, cells: Cells) -> None:
        title, _, key, does = self.shown
        cells.write(0, 0, "─" * cells.width, "finished")
        cells.write(2, 0, f" {title} ", "finished")
        leaves = self.keymap.text(" «leave_tour» leaves the tour ")
        at = cells.width - len(leaves) - 2
        if at > len(title) + 6:
            cells.write(at, 0, leaves, "finished")
            cells.mark(at, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        for y, words in enumerate(self.lines(cells.width + 2)[: cells.height - 2], 1):
            cells.write(0, y, words, "text")
        end = cells.write(0, cells.height - 1, does, "running" if key else "muted")
        cells.mark(0, cells.height - 1, end * bool(key), 1, Press(key))


class TourApp(EchoApp):
    """An `EchoApp` with a lesson.

    A step's key is a key of the app, and does what it always does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.TOUR_KEYS]

    def __init__(self, *of_app: Any, lesson: Sequence[LessonStep] = ()) -> None:
        super().__init__(*of_app)
        self._steps: list[LessonStep] = [*(lesson or lesson_of(LESSON.read_text(encoding="utf-8")))]
        self._titles = [*dict.fromkeys(step.title for step in self._steps if step.lines)]
        self._card = TourCard()
        self._awaited = 0  # the number of the last command of the step before
        self._height = 0  # of the card

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._card

    @property
    def _step(self) -> LessonStep | None:
        return self._steps[0] if self._steps else None

    def _card_height(self, width: int) -> int:
        return 2 + max(2, len(self._card.lines(width))) if self._steps else 0

    def _lay_out(self, size: Size) -> None:
        self._height = height = self._card_height(size.width)
        self._card.styles.height = height
        super()._lay_out(Size(size.width, size.height - height))
        if height and self._status.too_small:
            self._status.too_small = (
                f"too small: curve and tour need {LEAST_WIDTH}x{LEAST_HEIGHT + height}"
            )

    def _show(self) -> None:
        self._status.advises = not self._steps
        super()._show()
        step, frame = self._step, self._frame
        is_shown = frame.answered >= self._awaited and frame.state is not State.LOADING
        if step is not None and step.awaits and is_shown and has_come(step.lines[0], frame):
            self._go_on()
        self._show_card()

    def _show_card(self) -> None:
        step, frame = self._step, self._frame
        if step is None:
            return
        is_step = step.title in self._titles
        place = (
            f"tour {self._titles.index(step.title) + 1} of {len(self._titles)}"
            if is_step
            else "tour"
        )
        text = filled(step.text, frame)
        if frame.state is State.FAILED:
            text = "Training has failed; the lines above say why."
        elif frame.answered < self._awaited:  # the numbers are still those of before
            text = f"{frame.message[:1].upper()}{frame.message[1:]}"
        self._card.shown = f"{place}: {step.title}", text, *self._key_of(step)
        self._card.redraw()
        if self._height != self._card_height(self.size.width):
            self._lay_out(self.size)

    def _key_of(self, step: LessonStep) -> tuple[str, str]:
        """The key that leads on, and how the card says so; no key for what comes by itself."""
        state, what, does = (
            self._frame.state,
            step.lines[0].what if step.lines else "leave_tour",
            step.does,
        )
        if state is State.FAILED or not step.lines or (step.awaits and state is State.FINISHED):
            what, does = "leave_tour", "leave the tour"
        elif step.awaits and state is State.PAUSED:
            what, does = Resume(), "train on"
        elif step.awaits:
            return "", does
        known = (one.id for one in (*keys.BINDINGS, *keys.TOUR_KEYS) if _does(one.action) == what)
        if name := next(known, None):
            return self.keymap.key(name), f"press «{name}»: {does}"
        return self.keymap.key("do_step"), f"press «do_step», or type :{step.lines[0].text}: {does}"

    # ---- what leads on

    async def run_action(self, action: Any, *spaces: Any, **by_name: Any) -> bool:
        step, self._refusal = self._step, ""
        is_run = await super().run_action(action, *spaces, **by_name)
        self._did(step, _does(action) if is_run and isinstance(action, str) else None)
        return is_run

    async def _begin_line(self, line: Line) -> Begun:
        step = self._step
        begun = await super()._begin_line(line)
        self._did(step, line.what)
        return begun

    def _tell(self, outcome: Outcome) -> None:
        if outcome.why_not:  # a note would cover the card
            super()._tell(outcome)

    def _did(self, step: LessonStep | None, what: Command | str | None) -> None:
        """Go on to the next step if this is what the shown one waits for."""
        awaited = (
            step.lines[0].what if step is not None and step.lines and not step.awaits else None
        )
        if what is not None and what == awaited and step is self._step and not self._refusal:
            self._go_on()
        if self._has_widgets:
            self._show_card()

    def _go_on(self) -> None:
        self.do_lines(self._steps.pop(0).lines[1:])
        self.call_later(self._go_on_with_lines)
        self._awaited = self._sent

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; leaving only after escape has closed panels and removed
        cursors."""
        if action == "leave_tour":
            return bool(self._steps) and self._watching and not self._has_cursor
        if action == "do_step":
            return (
                self._watching
                and self._step is not None
                and bool(self._step.lines)
                and not self._step.awaits
            )
        return super().check_action(action, parameters)

    def action_do_step(self) -> None:
        self.do_lines(self._steps[0].lines[:1])

    def action_leave_tour(self) -> None:
        """Remove the card: the app goes on without it."""
        self._steps.clear()
        self._show()
        self._lay_out(self.size)
        self.notify("The run goes on; echornn-tui tour takes the tour again.", markup=False)


def _does(action: str) -> Command | str:
    return keys.meaning(action) if action.startswith("send(") else action

"""The tour: the app with a card above the line of keys, which shows a lesson step by step."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.actions import ActionParseResult
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Size

from echornn.data.levels import chance_level
from echornn.data.series import source_lags
from echornn.diagnosis.loss_stats import loss_text
from echornn.session.commands import Command, Resume
from echornn.session.pictures.frame import Frame, State
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.script import Begun, LessonStep, has_come, lesson_of
from tui.app.session_app import LEAST_HEIGHT, LEAST_WIDTH
from tui.app.words import Line
from tui.views.canvas import Cells, CellWidget, Press

LESSON = Path(__file__).with_name("lesson.md")
LEAST_LINES, MOST_LINES = 2, 6  # of a step's text
AGAIN = "echornn-tui tour"


def _solved(frame: Frame) -> str:
    stats, one = frame.seed_stats, frame.loss_stats
    if stats is not None:
        return f"{stats.solved:,} of {stats.replicas:,} have solved it"
    return "not solved" if one.solved_at is None else f"solved at window {one.solved_at:,}"


def _memory(frame: Frame) -> str:
    """How well the input that the last target depends on can be read from the state."""
    found, lags = frame.readings.memory if frame.readings is not None else None, source_lags(frame.own_config)
    known = found is not None and lags and max(lags) < len(found.by_lag)
    return f"{float(found.by_lag[max(lags)]):.2f}" if found is not None and known else "(not read yet)"


NUMBERS: dict[str, Callable[[Frame], str]] = {
    "chance": lambda frame: loss_text(chance_level(frame.own_config), 3),
    "loss": lambda frame: loss_text(frame.loss, 3),
    "mean": lambda frame: loss_text(frame.loss_stats.mean, 3),
    "memory": _memory,
    "solved": _solved,
    "window": lambda frame: f"{frame.trained:,}",
    "windows": lambda frame: f"{(frame.seed_stats or frame.loss_stats).windows:,}",
}
"""The names that a lesson may have in braces, besides the fields of the configuration."""


def filled(text: str, frame: Frame) -> str:
    """The text of a lesson with the numbers of the run."""
    fields = frame.own_config.fields()

    def number(name: re.Match[str]) -> str:
        return NUMBERS[name[1]](frame) if name[1] in NUMBERS else str(fields.get(name[1], name[0]))

    return re.sub(r"\{(\w+)\}", number, text)


class TourCard(CellWidget):
    """A title, the text, and a key with what it does; a click on the key presses it."""

    DEFAULT_CSS = "TourCard { height: 4; padding: 0 1; background: $boost; }"

    def __init__(self) -> None:
        super().__init__()
        self.title = self.text = self.key = self.does = ""

    def show(self, title: str, text: str, key: str, does: str) -> None:
        if (title, text, key, does) != (self.title, self.text, self.key, self.does):
            self.title, self.text, self.key, self.does = title, text, key, does
            self.redraw()

    def lines(self, width: int) -> list[str]:
        return textwrap.wrap(self.keymap.text(self.text), max(1, width), max_lines=MOST_LINES, placeholder=" ...")

    def draw(self, cells: Cells) -> None:
        cells.write(0, 0, "─" * cells.width, "finished")
        cells.write(2, 0, f" {self.title} ", "finished")
        leaves = self.keymap.text(" «leave_tour» leaves the tour ")
        at = cells.width - len(leaves) - 2
        if at > len(self.title) + 6:
            cells.write(at, 0, leaves, "finished")
            cells.mark(at, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        for y, words in enumerate(self.lines(cells.width)[: cells.height - 2], 1):
            cells.write(0, y, words, "text")
        end = cells.write(0, cells.height - 1, self.does, "running" if self.key else "muted")
        if self.key:
            cells.mark(0, cells.height - 1, end, 1, Press(self.key))


class TourApp(EchoApp):
    """An `EchoApp` with a lesson. A step's key is a key of the app, and does what it always does."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.TOUR_KEYS]
    HELPED_KEYS: ClassVar[list[Binding]] = [*keys.TOUR_KEYS, *keys.BINDINGS]
    LAST_WORDS = (f"take the tour again: {AGAIN}",)

    def __init__(self, *of_app: Any, lesson: Sequence[LessonStep] = ()) -> None:
        super().__init__(*of_app)
        self._steps: list[LessonStep] = [*(lesson or lesson_of(LESSON.read_text(encoding="utf-8")))]
        self._titles = [*dict.fromkeys(step.title for step in self._steps if step.lines)]
        self._card = TourCard()
        self._awaited = 0  # the number of the last command of the step before

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._card

    @property
    def _step(self) -> LessonStep | None:
        """The step that is shown; None after the tour."""
        return self._steps[0] if self._steps else None

    @property
    def _card_height(self) -> int:
        lines = len(self._card.lines(self.size.width - 2))
        return 2 + max(LEAST_LINES, lines) if self._steps else 0

    def _lay_out(self, size: Size) -> None:
        """Divide what the card leaves of the screen."""
        height = self._card_height
        self._card.styles.height = height
        super()._lay_out(Size(size.width, size.height - height))
        if height and self._status.too_small:
            self._status.too_small = f"too small: curve and tour need {LEAST_WIDTH}x{LEAST_HEIGHT + height}"

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
        place = f"tour {self._titles.index(step.title) + 1} of {len(self._titles)}" if is_step else "tour"
        text = filled(step.text, frame)
        if frame.state is State.FAILED:
            text = "Training has failed; the lines above say why."
        elif frame.answered < self._awaited:  # the numbers are still those of before
            text = f"{frame.message[:1].upper()}{frame.message[1:]}"
        self._card.show(f"{place}: {step.title}", text, *self._key_of(step))
        if self._card.styles.height != self._card_height:
            self._lay_out(self.size)

    def _key_of(self, step: LessonStep) -> tuple[str, str]:
        """The key that leads on, and how the card says so; no key for what comes by itself."""
        state, what, does = self._frame.state, step.lines[0].what if step.lines else "leave_tour", step.does
        if state is State.FAILED or not step.lines or (step.awaits and state is State.FINISHED):
            what, does = "leave_tour", "leave the tour"
        elif step.awaits and state is State.PAUSED:
            what, does = Resume(), "train on"
        elif step.awaits:
            return "", does
        for active in self.screen.active_bindings.values():
            if _does(active.binding.action) == what:
                return active.binding.key, f"press {self.get_key_display(active.binding)}: {does}"
        return self.keymap.key("do_step"), f"press «do_step», or type :{step.lines[0].text}: {does}"

    # ---- what leads on

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        step, self._refusal = self._step, ""
        is_run = await super().run_action(action, default_namespace, namespaces)
        self._did(step, _does(action) if is_run and isinstance(action, str) else None)
        return is_run

    async def _begin_line(self, line: Line) -> Begun:
        step = self._step
        begun = await super()._begin_line(line)
        self._did(step, line.what)
        return begun

    def _did(self, step: LessonStep | None, what: Command | str | None) -> None:
        """Go on to the next step if this is what the shown one waits for."""
        awaited = step.lines[0].what if step is not None and step.lines and not step.awaits else None
        if what is not None and what == awaited and step is self._step and not self._refusal:
            self._go_on()
        if self._has_widgets:
            self._show_card()

    def _go_on(self) -> None:
        """Do the other lines of this step, and show the next."""
        self.do_lines(self._steps.pop(0).lines[1:])
        self.call_later(self._go_on_with_lines)
        self._awaited = self._sent

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; leaving only after escape has closed panels and removed cursors."""
        if action == "leave_tour":
            return bool(self._steps) and self._watching and not self._has_cursor
        if action == "do_step":
            return self._watching and self._step is not None and bool(self._step.lines) and not self._step.awaits
        return super().check_action(action, parameters)

    def action_do_step(self) -> None:
        """Do the line of the step, whatever key it has."""
        self.do_lines(self._steps[0].lines[:1])
        self.call_later(self._go_on_with_lines)

    def action_leave_tour(self) -> None:
        """Remove the card: the app goes on without it."""
        self._steps.clear()
        self._card.display = False
        self._show()
        self._lay_out(self.size)
        self.refresh_bindings()
        self.notify(f"The run goes on; {AGAIN} takes the tour again.", markup=False)


def _does(action: str) -> Command | str:
    """What a key does: the command that its action sends, or the action itself."""
    return keys.meaning(action) if action.startswith("send(") else action

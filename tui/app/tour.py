"""The card of the tour, above the line of keys: where it is, what is to be seen, and the key that leads on."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from textual.actions import ActionParseResult
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Size

from echornn.config import EchoConfig
from echornn.session.commands import Edit
from echornn.session.pictures.frame import Frame, State
from tui.app import keys, tour_steps
from tui.app.app import EchoApp
from tui.app.session_app import LEAST_HEIGHT, LEAST_WIDTH
from tui.app.status import StatusLine
from tui.app.tour_steps import ALL, END, OWN_KEYS, SHORT, STEPS, TRY_SHORT, Needs, TourStep
from tui.views.canvas import Cells, CellWidget, Press

LONGEST, AT_AN_END = 148, 4
"""The room for the sentences of a step, in characters, and how many stay empty at a line's end: two lines of 78."""


def card_height(width: int) -> int:
    """The lines of the card on a screen of this width: a title, the words, and the key."""
    return 2 + max(2, ceil(LONGEST / max(1, width - 2 - AT_AN_END)))


@dataclass(frozen=True)
class CardText:
    """What the card says.

    Attributes:
        title: the number and the title of the step.
        words: the sentences.
        key: the name of the key that is to be pressed; empty while there is only to wait.
        does: that key as it is shown, and what it does.
        leaves: how to leave the tour.
    """

    title: str
    words: str
    key: str
    does: str
    leaves: str


class TourCard(CellWidget):
    """The card; a click on its key presses it."""

    DEFAULT_CSS = """
    TourCard {
        height: 4;
        padding: 0 1;
        background: $boost;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = CardText("", "", "", "", "")

    def show(self, text: CardText) -> None:
        """Draw this text."""
        if text != self._text:
            self._text = text
            self.redraw()

    def draw(self, cells: Cells) -> None:
        text = self._text
        cells.write(0, 0, "─" * cells.width, "finished")
        cells.write(2, 0, f" {text.title} ", "finished")
        leaves = f" {text.leaves} "
        at = cells.width - len(leaves) - 2
        if at > len(text.title) + 6:
            cells.write(at, 0, leaves, "finished")
            cells.mark(at, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        lines = textwrap.wrap(self.keymap.text(text.words), max(1, cells.width))
        for y, words in enumerate(lines[: cells.height - 2], 1):
            cells.write(0, y, words, "text")
        if text.key:
            end = cells.write(0, cells.height - 1, text.does, "running")
            cells.mark(0, cells.height - 1, end, 1, Press(text.key))


LEAVE = (("leave_tour",), "leave the tour")
UNDO = (("send('undo')",), "undo")

MOST_NAMED = 2
"""The most changed settings that are named."""


@dataclass(frozen=True)
class Told:
    """What the tour says.

    Attributes:
        words: the sentences.
        actions: the actions of the app of which one is to be taken now; none while there is only to wait.
        does: what they do.
        leads: whether they lead on to the next step.
    """

    words: str
    actions: tuple[str, ...] = ()
    does: str = ""
    leads: bool = False


def told(place: int, frame: Frame, first: EchoConfig, views: Collection[str]) -> Told:
    """What is said at a step of `ALL`.

    Args:
        first: the configuration at the tour's beginning.
        views: the keys of the views on the screen; a screen that is too small has none.
    """
    step = ALL[place]
    if frame.state is State.FAILED:
        return Told("Training has failed; the lines above say why.", *LEAVE)
    if frame.state is State.LOADING:
        return Told(tour_steps.loading(frame))
    wanted = step.settings(first)
    if frame.config != wanted:
        return _back(place, frame, first, wanted)
    if step.looks and views and step.view not in views:  # which alone is measured
        return Told("This step is about another view.", (f"view('{step.view}')",), "show it")
    if step.ready(frame):
        return Told(step.words(frame), step.actions, step.does, leads=True)
    if step.looks and not views and step.needs is Needs.NOTHING:
        return Told("This step is about a view, for which there is no room now.", step.actions, step.does, leads=True)
    return Told(step.waits(frame), *_helps(step, frame))


def _back(place: int, frame: Frame, first: EchoConfig, wanted: EchoConfig) -> Told:
    """What leads to the settings of a step: the key of the step before, or undo."""
    before = ALL[place - 1] if place else None
    if before is not None and before.settings(first) == frame.config:
        return Told(f"The settings are still those of the step before, {before.title}.", before.actions, before.does)
    changed = f"The settings are no longer those of the tour: {_differences(frame.config, wanted)}."
    return Told(changed, *UNDO) if frame.undoable else Told(changed, *LEAVE)


def _differences(config: EchoConfig, wanted: EchoConfig) -> str:
    """The settings that differ, as text."""
    pairs = [(one.name, getattr(config, one.name), getattr(wanted, one.name)) for one in dataclasses.fields(config)]
    changed = [f"{name} is {now}, not {then}" for name, now, then in pairs if now != then]
    named = ", ".join(changed[:MOST_NAMED])
    return named + (f", and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else "")


def _helps(step: TourStep, frame: Frame) -> tuple[tuple[str, ...], str]:
    """The actions that make a step ready, and what they do; none if it only takes time."""
    if frame.state is State.FINISHED and step.needs is not Needs.NOTHING:
        return LEAVE
    if step.needs is Needs.PAUSED:
        running = frame.state is State.RUNNING
        return (("send('pause')",), "pause") if running else (("send('step')",), "train one window")
    if step.needs is Needs.TRAINING and frame.state is State.PAUSED:
        return ("send('resume')",), "train on"
    return (), ""


AGAIN = "echornn-tui tour"
"""The command that begins the tour."""


class TourApp(EchoApp):
    """An `EchoApp` with the tour. Each step's key is a key of the app, and does what it always does.

    Attributes:
        place: the number of the step, from 0; after the last it is that of `END`, and then None: the tour is left.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*OWN_KEYS]
    HELPED_KEYS: ClassVar[list[Binding]] = [*OWN_KEYS, *keys.BINDINGS]
    LAST_WORDS = (f"take the tour again: {AGAIN}",)

    place: int | None = 0
    _awaited = 0
    """The number of the command that the tour's newest key has sent."""

    def on_mount(self) -> None:
        self._first = self._frame.config

    @property
    def step(self) -> TourStep | None:
        """The step that is shown; None after the tour."""
        return None if self.place is None else ALL[self.place]

    @property
    def _card(self) -> TourCard:
        return self._main.query_one(TourCard)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield TourCard()

    def _lay_out(self, size: Size) -> None:
        """Divide what the card leaves of the screen."""
        height = 0 if self.place is None else card_height(size.width)
        self._card.styles.height = height
        super()._lay_out(Size(size.width, size.height - height))
        status = self._main.query_one(StatusLine)
        if height and status.too_small:
            status.too_small = f"too small: curve and tour need {LEAST_WIDTH}x{LEAST_HEIGHT + height}"

    def _show(self) -> None:
        self._main.query_one(StatusLine).advises = self.place is None
        super()._show()
        self._show_card()

    def _show_card(self) -> None:
        step, now = self.step, self._told
        if step is None or self.place is None:
            return
        number = f"tour {self.place + 1} of {len(STEPS)}" if step is not END else "tour"
        key, display = self._key_of(now.actions)
        does = f"press {display}: {now.does}" if key else ""
        leaves = f"{self.get_key_display(OWN_KEYS[0])} leaves the tour"
        self._card.show(CardText(f"{number}: {step.title}", now.words, key, does, leaves))

    @property
    def _told(self) -> Told:
        """What the tour says now; nothing while the frame does not show yet what the step's key did."""
        frame = self._frame
        is_shown = frame.answered >= self._awaited or frame.state in (State.LOADING, State.FAILED)
        if self.place is None or not is_shown:
            return Told("")
        return told(self.place, frame, self._first, [view.key for view in self._views])

    def _key_of(self, actions: tuple[str, ...]) -> tuple[str, str]:
        """The key of the first action that has one now, and how it is shown."""
        known = {active.binding.action: active.binding for active in reversed(self.screen.active_bindings.values())}
        for action in actions:
            if action in known:
                return known[action].key, self.get_key_display(known[action])
        return "", "the key"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; leaving only after escape has closed panels and removed cursors."""
        if action == "leave_tour":
            return self.place is not None and self._watching and not self._has_cursor
        if action == TRY_SHORT:
            return self.place is not None and self._watching
        return super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, and go on to the next step if it is the one that the tour waits for."""
        place, now = self.place, self._told
        is_run = await super().run_action(action, default_namespace, namespaces)
        if is_run and place is not None and place == self.place and action in now.actions:
            self._awaited = self._sent
            if now.leads and self.step is not END:
                await self._go_on()
        if is_run and self._has_widgets:
            self._show_card()
        return is_run

    async def _go_on(self) -> None:
        assert self.place is not None
        self.place += 1
        if self.step is not None and self.step.view:
            await self.run_action(f"view('{self.step.view}')")

    def action_try_short(self) -> None:
        """Train a new network with a window that is too short for the echo."""
        self._send(Edit({"truncated_backprop_length": SHORT}))

    def action_leave_tour(self) -> None:
        """Remove the card: the app goes on without it."""
        self.place = None
        self._card.display = False
        self._show()
        self._lay_out(self.size)
        self.refresh_bindings()
        self.notify(f"The run goes on; {AGAIN} takes the tour again.", markup=False)

"""The app with the tour: a card above the line of keys leads through seven steps of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.actions import ActionParseResult
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Size

from echornn.session.commands import Edit
from echornn.session.pictures.frame import State
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.layout import LEAST_HEIGHT, LEAST_WIDTH
from tui.app.tour.card import CardText, TourCard, card_height
from tui.app.tour.guide import Told, told
from tui.app.tour.keys import OWN_KEYS
from tui.app.tour.steps import ALL, END, SHORT, STEPS, TRY_SHORT, TourStep
from tui.app.widgets.status import StatusLine

AGAIN = "echornn-tui tour"
"""The command that begins the tour."""


class TourApp(EchoApp):
    """An `EchoApp` with the tour. Each step's key is a key of the app, and does what it always does.

    Attributes:
        place: the number of the step, from 0; after the last it is that of `END`, and then None: the tour is left.
    """

    CSS_PATH = "../app.tcss"
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

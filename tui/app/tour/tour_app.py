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
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.tour.card import HEIGHT, CardText, TourCard
from tui.app.tour.keys import OWN_KEYS
from tui.app.tour.steps import END, FAR, STEPS, TRY_FAR, TourStep


class TourApp(EchoApp):
    """An `EchoApp` with the tour. Each step's key is a key of the app, and does what it always does.

    Attributes:
        place: the number of the step, from 0; after the last it is that of `END`, and then None: the tour is left.
    """

    CSS_PATH = "../app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*OWN_KEYS]
    HELPED_KEYS: ClassVar[list[Binding]] = [*OWN_KEYS, *keys.BINDINGS]

    place: int | None = 0

    @property
    def step(self) -> TourStep | None:
        """The step that is shown; None after the tour."""
        return None if self.place is None else (*STEPS, END)[self.place]

    @property
    def _card(self) -> TourCard:
        return self._main.query_one(TourCard)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield TourCard(self._ascii_only)

    def _lay_out(self, size: Size) -> None:
        """Divide what the card leaves of the screen."""
        super()._lay_out(Size(size.width, size.height - (0 if self.place is None else HEIGHT)))

    def _show(self) -> None:
        super()._show()
        self._show_card()

    def _show_card(self) -> None:
        step = self.step
        if step is None or self.place is None:
            return
        number = f"tour {self.place + 1} of {len(STEPS)}" if step in STEPS else "tour"
        ready = step.ready(self._frame)
        key, display = self._key_of(step.actions)
        does = f"press {display}: {step.does}"
        words = step.words(self._frame) if ready else step.waits(self._frame)
        leaves = f"{self.get_key_display(OWN_KEYS[0])} leaves the tour"
        self._card.show(CardText(f"{number}: {step.title}", words, key if ready else "", does, leaves))

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
        if action == TRY_FAR:
            return self.place is not None and self._watching
        return super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, and go on to the next step if it is the one that the tour waits for."""
        step = self.step
        is_run = await super().run_action(action, default_namespace, namespaces)
        if is_run and step is not None and step is not END and step is self.step and action in step.actions:
            await self._go_on()
        return is_run

    async def _go_on(self) -> None:
        assert self.place is not None
        self.place += 1
        if self.step is not None and self.step.view:
            await self.run_action(f"view('{self.step.view}')")
        self._show_card()

    def action_try_far(self) -> None:
        """Ask the network for an echo that is farther back than the gradient reaches."""
        self._send(Edit({"echo_step": FAR}))

    def action_leave_tour(self) -> None:
        """Remove the card: the app goes on without it."""
        self.place = None
        self._card.display = False
        self._lay_out(self.size)
        self.refresh_bindings()

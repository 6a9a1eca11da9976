"""The last line of the screen, with the keys that do something now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer

LEFT_OUT = ("branches", "window(-1)", "step", "faster", "seeds", "undo", "settings", "view('1')")
"""Actions whose keys are left out where not all have room, in this order: help and quit are always named."""


@runtime_checkable
class Named(Protocol):
    """What Textual's footer draws for a key; the class itself is private to it."""

    key: str
    key_display: str
    description: str
    action: str


def kept(widths: Sequence[tuple[str, int]], room: int, left_out: Sequence[str] = LEFT_OUT) -> set[str]:
    """The actions whose keys have room.

    Args:
        widths: actions, with the columns that each takes.
        left_out: those that go where not all have room, in this order.
    """
    taken, actions = dict(widths), {action for action, _ in widths}
    for action in left_out:
        if sum(taken[one] for one in actions) <= room:
            break
        actions.discard(action)
    return actions


class KeyLine(Footer):
    """The footer, with as many keys as have room. It is composed anew only where what it names has changed, and once
    for all changes that come at the same time: composing takes as long as drawing the whole screen.

    Args:
        offers: whether an action that is bound has anything to do now, by this key.
        left_out: see `kept`.
    """

    def __init__(self, offers: Callable[[str, str], bool], left_out: Sequence[str] = LEFT_OUT) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._offers = offers
        self._left_out = left_out
        self._is_stale = False
        self._names: object = None

    def compose(self) -> ComposeResult:
        self._names = self._named_now() if self._bindings_ready else None  # they may have changed since `recompose`
        drawn = [one for one in super().compose() if not isinstance(one, Named) or self._offers(one.action, one.key)]
        widths = [(one.action, len(f"{one.key_display} {one.description} ")) for one in drawn if isinstance(one, Named)]
        shown = kept(widths, self.app.size.width + 1, self._left_out)  # behind the last one nothing needs a space
        yield from (one for one in drawn if not isinstance(one, Named) or one.action in shown)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Compose anew behind what waits for this widget, and as Textual does only while the terminal has the focus.

        Textual's own footer waits for the next drawing of the screen that is open; where that is closed before it is
        drawn, the footer would stay as it was.
        """
        self._bindings_ready = True
        if screen.app.app_focus and self.is_attached and not self._is_stale:
            self._is_stale = True
            self.call_later(self.recompose)

    async def recompose(self) -> None:
        self._is_stale = False
        if self._named_now() != self._names:
            await super().recompose()

    def _named_now(self) -> object:
        """The keys that make sense now, and the width that there is for them."""
        keys = [
            (binding, is_enabled)
            for _, binding, is_enabled, _ in self.screen.active_bindings.values()
            if binding.show and self._offers(binding.action, binding.key)
        ]
        return self.app.size.width, keys

    def on_resize(self, event: Resize) -> None:
        self.call_later(self.recompose)

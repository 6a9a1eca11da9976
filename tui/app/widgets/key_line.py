"""The keys that make sense now, on the last line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Footer

LEFT_OUT = ("faster", "branches", "step", "seeds", "undo", "window(-1)", "settings", "view('1')")
"""Actions whose keys are left out where not all have room, in this order: help and quit are always named."""


@runtime_checkable
class Named(Protocol):
    """What Textual's footer draws for a key; the class itself is private to it."""

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
    """The footer, with as many keys as have room.

    Args:
        offers: whether an action has anything to do now, of those that are bound.
        left_out: see `kept`.
    """

    def __init__(self, offers: Callable[[str], bool], left_out: Sequence[str] = LEFT_OUT) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._offers = offers
        self._left_out = left_out
        self._composed_for = 0

    def compose(self) -> ComposeResult:
        self._composed_for = self.app.size.width
        drawn = [one for one in super().compose() if not isinstance(one, Named) or self._offers(one.action)]
        widths = [(one.action, len(f"{one.key_display} {one.description} ")) for one in drawn if isinstance(one, Named)]
        shown = kept(widths, self._composed_for + 1, self._left_out)  # behind the last one nothing needs a space
        yield from (one for one in drawn if not isinstance(one, Named) or one.action in shown)

    def on_resize(self, event: Resize) -> None:
        if event.size.width != self._composed_for:
            self.call_after_refresh(self.recompose)

"""The last line of the screen, with the keys that do something now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.screen import Screen

from tui.kit.cells import Cells, CellWidget


def kept(widths: Sequence[tuple[str, int]], room: int, left_out: Sequence[str]) -> set[str]:
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


class KeyLine(CellWidget):
    """The keys that do something now, as many as have room.

    Textual's own footer is a widget for each key, which are made anew whenever the keys change: that takes as long as
    drawing the whole screen.

    Args:
        offers: whether an action that is bound has anything to do now, by this key.
        left_out: see `kept`.
    """

    STYLES = ("keys--key", "keys--name")
    COMPONENT_CLASSES = set(STYLES)
    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .keys--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & > .keys--name { color: $footer-description-foreground; background: $footer-description-background; }
    }
    """

    def __init__(self, offers: Callable[[str, str], bool], left_out: Sequence[str]) -> None:
        super().__init__()
        self._offers = offers
        self._left_out = left_out

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Draw anew, but only while the terminal has the focus, as Textual does: without it no widget has the keys."""
        if screen.app.app_focus:
            self.redraw()

    def draw(self, cells: Cells) -> None:
        offered = {action: (self.app.get_key_display(key), key.description) for action, key in self._offered().items()}
        widths = [(action, len(f"{display} {name} ")) for action, (display, name) in offered.items()]
        shown = kept(widths, cells.width + 1, self._left_out)  # behind the last one nothing needs a space
        x = 0
        for action, (display, name) in offered.items():
            if action in shown:
                x = cells.write(x, 0, display, "keys--key")
                x = cells.write(x, 0, f" {name}", "keys--name") + 1

    def _offered(self) -> dict[str, Binding]:
        """The first key of each action that makes sense now."""
        offered: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show and self._offers(binding.action, binding.key):
                offered.setdefault(binding.action, binding)
        return offered

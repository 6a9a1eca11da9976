"""The last line of the screen: the keys that have an effect now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.screen import Screen

from tui.kit.cells import Cells, CellWidget
from tui.kit.keyed_app import keymap_of


def kept(widths: Sequence[tuple[str, int]], room: int, left_out: Sequence[str]) -> set[str]:
    """The actions whose keys fit on the line.

    Args:
        widths: the actions, each with the columns that its key takes.
        left_out: actions to leave out if not all fit, in this order.
    """
    taken, actions = dict(widths), {action for action, _ in widths}
    for action in left_out:
        if sum(taken[one] for one in actions) <= room:
            break
        actions.discard(action)
    return actions


class KeyLine(CellWidget):
    """The line of keys that have an effect now, as many as fit.

    Textual's footer has a widget for each key, and makes them again whenever the keys change, which takes as long as
    drawing the whole screen.

    Args:
        offers: whether an action, by this key, would have an effect now.
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
        """Draw again; but like Textual only while the terminal has the focus, since otherwise no widget has the
        keys.
        """
        if screen.app.app_focus:
            self.redraw()

    def draw(self, cells: Cells) -> None:
        offered = {action: (self.app.get_key_display(key), key.description) for action, key in self._offered().items()}
        widths = [(action, len(f"{display} {name} ")) for action, (display, name) in offered.items()]
        shown = kept(widths, cells.width + 1, self._left_out)  # the last key needs no space after it
        x = 0
        for action, (display, name) in offered.items():
            if action in shown:
                x = cells.write(x, 0, display, "keys--key")
                x = cells.write(x, 0, f" {name}", "keys--name") + 1

    def _offered(self) -> dict[str, Binding]:
        """The first key of each action that is available now, in the order of the actions."""
        offered: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show and self._offers(binding.action, binding.key):
                offered.setdefault(binding.action, binding)
        places = {name: place for place, name in enumerate(keymap_of(self.app).keys)}
        return dict(sorted(offered.items(), key=lambda one: places.get(one[1].id or "", len(places))))

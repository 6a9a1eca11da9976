"""The last line of the screen: the keys that have an effect now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.binding import Binding
from textual.screen import Screen

from tui.views.canvas import Cells, CellWidget, Press
from tui.views.keymap import key_name, keymap_of


@dataclass(frozen=True)
class KeyPart:
    """A part of the line that a click presses.

    Attributes:
        key: the key that it presses.
        sign, name: the key as it is shown, and what it does; one of them may be empty.
        is_open: whether it is the key of what is shown now.
    """

    key: str
    sign: str
    name: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Tabs:
    """Keys of which each shows something else in the same place; the line names each of them, if there is room.

    Attributes:
        action: the action of the binding that stands for all of them.
        names: what each shows, by the id of its binding.
        shown: returns the ids of what is shown now.
    """

    action: str
    names: Mapping[str, str]
    shown: Callable[[], Sequence[str]]


def character_of(key: str) -> str:
    """The character that a key types; empty if it types none."""
    name = " " if key == "space" else key_name(key)
    return name if len(name) == 1 else ""


def parts_of(display: str, name: str, binding: Binding, known: Mapping[str, str]) -> list[KeyPart]:
    """The parts of a binding: one, or one for each of several keys in its display, such as ``+/-``.

    Args:
        known: the names of the keys that have an effect now, by their characters.
    """
    several = [known.get(character) for character in display] if len(display) > 1 else []
    if sum(key is not None for key in several) < 2 or display.isalnum():
        return [KeyPart(binding.key, display, name)]
    signs = [KeyPart(key or binding.key, character) for key, character in zip(several, display, strict=True)]
    return [*signs, KeyPart(binding.key, "", name)]


MOST = 8
"""The most keys on the line; the palette and the help have the others."""


def kept(widths: Sequence[tuple[str, int]], room: int, left_out: Sequence[str]) -> set[str]:
    """The actions whose keys fit on the line.

    Args:
        widths: the actions, each with the columns that its key takes.
        left_out: actions to leave out if not all fit or there are more than `MOST`, in this order.
    """
    taken, actions = dict(widths), {action for action, _ in widths}
    for action in left_out:
        if sum(taken[one] for one in actions) <= room and len(actions) <= MOST:
            break
        actions.discard(action)
    return actions


class KeyLine(CellWidget):
    """The line of keys that have an effect now, as many as fit.

    Textual's footer has a widget for each key, and makes them again whenever the keys change, which takes as long as
    drawing the whole screen.

    Args:
        offers: whether an action, by this key, would have an effect now.
        left_out: returns the actions to leave out; see `kept`.
        tabs: keys of which each is named, if there is room.
    """

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
    }
    """

    def __init__(
        self, offers: Callable[[str, str], bool], left_out: Callable[[], Sequence[str]], tabs: Tabs | None = None
    ) -> None:
        super().__init__()
        self._offers = offers
        self._left_out = left_out
        self._tabs = tabs

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Draw again; but like Textual only while the terminal has the focus, since otherwise no widget has the
        keys.
        """
        if screen.app.app_focus:
            self.redraw()

    def draw(self, cells: Cells) -> None:
        offered = self._offered()
        room = cells.width + 1  # the last key needs no space after it
        parts = self._parts(offered, in_words=True)
        if sum(map(_width, parts.values())) > room:
            parts = self._parts(offered, in_words=False)
        shown = kept([(action, _width(of)) for action, of in parts.items()], room, self._left_out())
        x = 0
        for action in (action for action in parts if action in shown):
            for part in parts[action]:
                begin = x
                x = cells.write(x, 0, part.sign, "key_open" if part.is_open else "key")
                x = cells.write(x, 0, f"{' ' if part.name else ''}{part.name}", "key_name")
                press = Press(part.key)
                cells.mark(begin, 0, x - begin, 1, press)
                x += bool(part.name)

    def _parts(self, offered: Mapping[str, Binding], in_words: bool) -> dict[str, list[KeyPart]]:
        """The parts of each action; those of the tabs with names, if ``in_words``."""
        known = {character_of(key): key for key in self.screen.active_bindings}
        parts = {
            action: parts_of(self.app.get_key_display(binding), binding.description, binding, known)
            for action, binding in offered.items()
        }
        tabs = self._tabs
        if tabs is not None and tabs.action in parts:
            here = tabs.shown()
            own = parts[tabs.action][-1]
            keys = keymap_of(self.app)
            signs = [
                KeyPart(keys.key(action), keys.name(action), name if in_words else "", action in here)
                for action, name in tabs.names.items()
            ]
            parts[tabs.action] = signs if in_words else [*signs, KeyPart(own.key, "", own.name)]
        return parts

    def _offered(self) -> dict[str, Binding]:
        """The first key of each action that is available now."""
        offered: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show and self._offers(binding.action, binding.key):
                offered.setdefault(binding.action, binding)
        keymap = keymap_of(self.app)
        if not keymap.moved:
            return offered
        places = {name: place for place, name in enumerate(keymap.keys)}  # Textual has the moved ones last
        return dict(sorted(offered.items(), key=lambda one: places.get(one[1].id or "", len(places))))


def _width(parts: Sequence[KeyPart]) -> int:
    """The columns of an action's parts, each with the space after a name."""
    return sum(len(part.sign) + (len(part.name) + 1 + 1 if part.name else 0) for part in parts)

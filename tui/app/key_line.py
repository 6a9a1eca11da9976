"""The last line of the screen: the keys that have an effect now, as many as fit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from textual.binding import Binding
from textual.screen import Screen

from tui.views.canvas import Cells, CellWidget, Press

MOST_KEYS = 8  # the palette and the help have the others


class KeyPart(NamedTuple):
    """What a click presses: a key as it is shown, and what it does; one of them may be empty."""

    key: str
    sign: str
    name: str = ""
    is_open: bool = False

    @property
    def width(self) -> int:
        """Its columns, with the space behind a name."""
        if not self.name:
            return len(self.sign)
        return len(f"{self.sign} {self.name} ")


class KeyLine(CellWidget):
    """Instead of Textual's footer, which makes its widgets again for each change (22 to 85 ms; this
    takes 1.5); several keys may share a place.

    Args:
        offers: whether a key is shown now.
        left_out: the ids of keys that are left out first, if there are many or it is narrow.
        tabs: titles by the ids of keys that share the place of the first.
        opened: the ids of those that are open.
    """

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom; height: 1;
        color: $footer-foreground; background: $footer-background;
    }
    """

    def __init__(
        self,
        offers: Callable[[Binding], bool],
        left_out: Callable[[], Sequence[str]],
        tabs: Mapping[str, str] | None = None,
        opened: Callable[[], Collection[str]] = tuple,
    ) -> None:
        super().__init__()
        self._offers = offers
        self._left_out = left_out
        self._tabs = tabs or {}
        self._opened = opened

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if screen.app.app_focus:  # otherwise no widget has the keys
            self.redraw()

    def draw(self, cells: Cells) -> None:
        x = 0
        for part in self._parts_that_fit(cells.width + 1):  # the last needs no space behind it
            begin = x
            x = cells.write(x, 0, part.sign, "key_open" if part.is_open else "key")
            if part.name:
                x = cells.write(x, 0, f" {part.name}", "key_name")
            cells.mark(begin, 0, x - begin, 1, Press(part.key))
            if part.name:
                x += 1

    def _parts_that_fit(self, room: int) -> list[KeyPart]:
        """The keys with the names of their tabs, if these fit, and without those left out first."""
        bindings = self._offered()
        parts = {id: self._parts(binding, in_words=True) for id, binding in bindings.items()}
        if _width(parts) > room:
            parts = {id: self._parts(binding, in_words=False) for id, binding in bindings.items()}
        for id in self._left_out():
            if _width(parts) > room or len(parts) > MOST_KEYS:
                parts.pop(id, None)
        return list(chain.from_iterable(parts.values()))

    def _offered(self) -> dict[str, Binding]:
        """The keys of the last line, by their ids; of several keys of an action, the first."""
        offered: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and self._offers(binding):
                offered.setdefault(binding.id or binding.action, binding)
        return offered

    def _parts(self, binding: Binding, in_words: bool) -> list[KeyPart]:
        name = binding.description.partition(":")[0]
        rest = KeyPart(binding.key, "", name)
        if binding.id in self._tabs:
            tabs = self._tab_parts(in_words)
            return tabs if in_words else [*tabs, rest]
        display = self.app.get_key_display(binding)
        ids = self.keymap.together.get(binding.id or "", ())
        keys = {self.keymap.name(id): self.keymap.key(id) for id in ids}
        signs = list(display)
        shows_each = bool(keys) and all(name in signs for name in keys)  # such as +/-
        if not shows_each:
            return [KeyPart(binding.key, display, name)]
        return [*(KeyPart(keys.get(sign, binding.key), sign) for sign in signs), rest]

    def _tab_parts(self, in_words: bool) -> list[KeyPart]:
        opened = self._opened()
        parts = []
        for id, title in self._tabs.items():
            name = title if in_words else ""
            parts.append(KeyPart(self.keymap.key(id), self.keymap.name(id), name, id in opened))
        return parts


def _width(parts: Mapping[str, Sequence[KeyPart]]) -> int:
    return sum(part.width for part in chain.from_iterable(parts.values()))

"""The last line of the screen: the keys that have an effect now, as many as fit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from textual.binding import Binding
from textual.screen import Screen

from tui.views.canvas import Cells, CellWidget, Press

MOST = 8  # keys; the palette and the help have the others


class KeyPart(NamedTuple):
    """What a click presses: a key as it is shown, and what it does; one of them may be empty."""

    key: str
    sign: str
    name: str = ""
    is_open: bool = False

    @property
    def width(self) -> int:
        return len(self.sign) + (len(self.name) + 2 if self.name else 0)


class KeyLine(CellWidget):
    """Instead of Textual's footer, which makes its widgets again for each change; several keys may
    share a place."""

    DEFAULT_CSS = (
        "KeyLine { dock: bottom; height: 1; color: $footer-foreground; background: "
        "$footer-background; }"
    )

    def __init__(
        self,
        offers: Callable[[str, str], bool],
        left_out: Callable[[], Sequence[str]],
        tabs: Mapping[str, str] | None = None,
        opened: Callable[[], Collection[str]] = tuple,
    ) -> None:
        super().__init__()
        self._offers, self._left_out, self._tabs, self._opened = (
            offers,
            left_out,
            tabs or {},
            opened,
        )

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[object]) -> None:
        if screen.app.app_focus:  # otherwise no widget has the keys
            self.redraw()

    def draw(self, cells: Cells) -> None:
        offered = self._offered()
        room = cells.width + 1  # the last key needs no space after it
        parts = {action: self._parts(binding, True) for action, binding in offered.items()}
        if sum(part.width for of_key in parts.values() for part in of_key) > room:
            parts = {action: self._parts(binding, False) for action, binding in offered.items()}
        widths = {action: sum(part.width for part in of_key) for action, of_key in parts.items()}
        for action in self._left_out():
            if sum(widths.values()) > room or len(widths) > MOST:
                widths.pop(action, None)
        x = 0
        for part in (part for action in widths for part in parts[action]):
            begin, x = x, cells.write(x, 0, part.sign, "key_open" if part.is_open else "key")
            if part.name:
                x = cells.write(x, 0, f" {part.name}", "key_name")
            cells.mark(begin, 0, x - begin, 1, Press(part.key))
            x += bool(part.name)

    def _offered(self) -> dict[str, Binding]:
        """The first key of each action that is available now."""
        offered: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show and self._offers(binding.action, binding.key):
                offered.setdefault(binding.action, binding)
        return offered

    def _parts(self, binding: Binding, in_words: bool) -> list[KeyPart]:
        keys, display, name = (
            self.keymap,
            self.app.get_key_display(binding),
            binding.description.partition(":")[0],
        )
        if binding.id in self._tabs:
            opened = self._opened()
            tabs = [
                KeyPart(keys.key(tab), keys.name(tab), title if in_words else "", tab in opened)
                for tab, title in self._tabs.items()
            ]
            return tabs if in_words else [*tabs, KeyPart(binding.key, "", name)]
        group = {keys.name(one): keys.key(one) for one in keys.together.get(binding.id or "", ())}
        if not group or not group.keys() <= {*display}:
            return [KeyPart(binding.key, display, name)]
        return [
            *(KeyPart(group.get(sign, binding.key), sign) for sign in display),
            KeyPart(binding.key, "", name),
        ]

"""The keys that hold: which key has which action, and how sentences name keys.

A sentence names a key by the id of its action: ``«undo» goes back``. When it is drawn, `KeyMap.text` puts the key there
that the user has for the action.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from textual.binding import Binding
from textual.keys import format_key, key_to_character

MARK = re.compile("«([a-z0-9_.]+)»")
"""A key in a sentence of the engine, by the id of its action."""

SIGNS = {"plus": "+", "minus": "-", "slash": "/"}
"""The keys whose character `key_to_character` does not know."""

ARROWS = ("left", "right", "up", "down")

Bindings = Iterable[object]

Moved = Mapping[str, tuple[str, ...]]
"""The keys of the actions that the user gave other keys, by the id of the action. The first one is shown."""


def keys_of(binding: Binding) -> tuple[str, ...]:
    """The keys of a binding, by Textual's names."""
    return tuple(key.strip() for key in binding.key.split(","))


def ids_of(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    """The built-in keys of these bindings, by their ids."""
    found: dict[str, tuple[str, ...]] = {}
    for one in bindings:
        if isinstance(one, Binding) and one.id is not None:
            found.setdefault(one.id, keys_of(one))
    return found


def key_name(key: str) -> str:
    """A key as sentences call it: ``[`` or ``ctrl+r``."""
    if len(key) == 1 or "+" in key:
        return key
    character = SIGNS.get(key) or key_to_character(key)
    return character if character is not None and character.isprintable() and key != "space" else key


@dataclass(frozen=True)
class KeyMap:
    """The keys of all actions of an app.

    Attributes:
        keys: the keys of each action, by the id of its bindings; the first one is shown.
        moved: those of them that the user chose.
        together: groups of ids, by the id in whose place the keys of the group are shown together: ``[]``.
    """

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moved: Moved = field(default_factory=dict)
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, bindings: Bindings, moved: Moved, together: Mapping[str, tuple[str, ...]]) -> KeyMap:
        """The keys of these bindings, and those that the user chose instead."""
        first = ids_of(bindings)
        here = {name: keys for name, keys in moved.items() if name in first}
        return cls({**first, **here}, here, together)

    def name(self, action: str) -> str:
        """The key of an action as sentences call it; several for a group of actions."""
        if action == "arrows":
            names = list(map(self.name, ARROWS))
            return "arrows" if names == list(ARROWS) else " ".join(names)
        if action == "views":
            views = [self.name(name) for name in self.keys if name.startswith("view.")]
            if _is_a_range(views):
                return f"{views[0]}-{views[-1]}"
            return ("" if all(len(name) == 1 for name in views) else " ").join(views)
        return key_name(self.keys[action][0]) if action in self.keys else action

    def key(self, action: str) -> str:
        """The first key of an action, by Textual's name; empty if there is no such action."""
        return self.keys.get(action, ("",))[0]

    def named(self, name: str) -> str:
        """The key that sentences call so, by Textual's name; empty if it is the key of no action."""
        return next((keys[0] for keys in self.keys.values() if name in (keys[0], key_name(keys[0]))), "")

    def text(self, text: str) -> str:
        """The text with keys in place of the ids of actions."""
        return MARK.sub(lambda mark: self.name(mark[1]), text) if "«" in text else text

    def display(self, binding: Binding) -> str:
        """How the footer and the help call the keys of a binding; empty if as it is without a choice of the user."""
        name = binding.id or ""
        group = self.together.get(name, (name,))
        if not self._any_moved(group):
            return ""
        if name.startswith("view.") and len(group) > 1:
            return self.name("views")
        names = [format_key(self.keys[one][0]) for one in group]
        return ("" if all(len(one) == 1 for one in names) else " ").join(names)

    def _any_moved(self, names: Iterable[str]) -> bool:
        return any(name in self.moved for name in names)

    def actions(self, bindings: Bindings) -> dict[str, str]:
        """The action of each key, for a widget that handles its keys itself."""
        return {
            key: one.action
            for one in bindings
            if isinstance(one, Binding)
            for key in self.moved.get(one.id or "", keys_of(one))
        }

    @property
    def for_textual(self) -> dict[str, str]:
        """The moved keys as Textual takes them."""
        return {name: ",".join(keys) for name, keys in self.moved.items()}


def _is_a_range(names: list[str]) -> bool:
    return all(len(name) == 1 for name in names) and all(
        ord(after) - ord(before) == 1 for before, after in itertools.pairwise(names)
    )


NO_KEYS = KeyMap()
"""The keys that a widget without an app has."""


def keymap_of(app: object) -> KeyMap:
    """The keys that hold in an app."""
    return getattr(app, "keymap", NO_KEYS)

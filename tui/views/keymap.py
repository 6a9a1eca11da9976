"""Which key has which action, and how sentences name keys: by the id of an action, as in ``«undo»
goes back``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from textual.binding import Binding
from textual.keys import format_key, key_to_character

MARK = re.compile("«([a-z0-9_.]+)»")
SIGNS = {"plus": "+", "minus": "-", "slash": "/"}  # that `key_to_character` does not know

Bindings = Iterable[object]
Moved = Mapping[str, tuple[str, ...]]  # keys by the id of their action; the first one is shown


def keys_of(binding: Binding) -> tuple[str, ...]:
    return tuple(key.strip() for key in binding.key.split(","))


def ids_of(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    """The built-in keys of these bindings, by their ids; of the first if several have one id."""
    found: dict[str, tuple[str, ...]] = {}
    for one in bindings:
        if isinstance(one, Binding) and one.id:
            found.setdefault(one.id, keys_of(one))
    return found


def key_name(key: str) -> str:
    """A key as sentences call it: ``[`` or ``ctrl+r``."""
    if len(key) == 1 or "+" in key or key == "space":
        return key
    character = SIGNS.get(key) or key_to_character(key)
    return character if character is not None and character.isprintable() else key


@dataclass(frozen=True)
class KeyMap:
    """The keys of all actions of an app, by the id of the action; the first key of each is
    shown."""

    keys: Moved = field(default_factory=dict)
    moved: Moved = field(default_factory=dict)  # those of them that the user chose
    # Ids whose keys are shown in the place of one, such as ``[]``
    together: Moved = field(default_factory=dict)

    @classmethod
    def of(cls, bindings: Bindings, moved: Moved, together: Moved) -> KeyMap:
        first = ids_of(bindings)
        here = {name: keys for name, keys in moved.items() if name in first}
        return cls({**first, **here}, here, together)

    def name(self, action: str) -> str:
        """The key of an action as sentences call it; what is no action, such as ``arrows``, is
        itself."""
        return key_name(self.keys[action][0]) if action in self.keys else action

    def key(self, action: str) -> str:
        """The first key of an action, by Textual's name; empty if there is no such action."""
        return self.keys.get(action, ("",))[0]

    def named(self, name: str) -> str:
        """The key that sentences call so, by Textual's name; empty if it is the key of no
        action."""
        return next(
            (keys[0] for keys in self.keys.values() if name in (keys[0], key_name(keys[0]))), ""
        )

    def text(self, text: str) -> str:
        return MARK.sub(lambda mark: self.name(mark[1]), text) if "«" in text else text

    def display(self, binding: Binding) -> str:
        """How the footer and the help call the keys of a binding; empty if as it is without a
        choice of the user."""
        group = self.together.get(binding.id or "", (binding.id or "",))
        if not any(name in self.moved for name in group):
            return ""
        names = [format_key(self.keys[one][0]) for one in group]
        return ("" if all(len(name) == 1 for name in names) else " ").join(names)

    def actions(self, bindings: Bindings) -> dict[str, str]:
        """The action of each key, for a widget that handles its keys itself."""
        known = [one for one in bindings if isinstance(one, Binding)]
        return {
            key: one.action for one in known for key in self.moved.get(one.id or "", keys_of(one))
        }

    @property
    def for_textual(self) -> dict[str, str]:
        return {name: ",".join(keys) for name, keys in self.moved.items()}


def keymap_of(app: object) -> KeyMap:
    """The keys that hold in an app; none without an app."""
    return getattr(app, "keymap", None) or KeyMap()

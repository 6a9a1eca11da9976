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
    keys: dict[str, tuple[str, ...]] = {}
    for binding in bindings:
        if isinstance(binding, Binding) and binding.id:
            keys.setdefault(binding.id, keys_of(binding))
    return keys


def key_name(key: str) -> str:
    """A key as sentences call it: ``[`` or ``ctrl+r``."""
    if len(key) == 1 or "+" in key or key == "space":
        return key
    character = SIGNS.get(key) or key_to_character(key)
    if character is None or not character.isprintable():
        return key
    return character


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
        keys = ids_of(bindings)
        moved = {action: chosen for action, chosen in moved.items() if action in keys}
        return cls({**keys, **moved}, moved, together)

    def name(self, action: str) -> str:
        """The key of an action as sentences call it; what is no action, such as ``arrows``, is
        itself."""
        if action not in self.keys:
            return action
        return key_name(self.keys[action][0])

    def key(self, action: str) -> str:
        """The first key of an action, by Textual's name; empty if there is no such action."""
        return self.keys.get(action, ("",))[0]

    def named(self, name: str) -> str:
        """The key that sentences call so, by Textual's name; empty if it is the key of no
        action."""
        for first, *_ in self.keys.values():
            if name in (first, key_name(first)):
                return first
        return ""

    def text(self, text: str) -> str:
        """A sentence with its keys in the place of their actions."""
        if "«" not in text:
            return text
        return MARK.sub(lambda mark: self.name(mark[1]), text)

    def display(self, binding: Binding) -> str:
        """How the footer and the help call the keys of a binding; empty if as it is without a
        choice of the user."""
        action = binding.id or ""
        group = self.together.get(action, (action,))
        if self.moved.keys().isdisjoint(group):
            return ""
        names = [format_key(self.keys[action][0]) for action in group]
        if all(len(name) == 1 for name in names):
            return "".join(names)
        return " ".join(names)

    def actions(self, bindings: Bindings) -> dict[str, str]:
        """The action of each key, for a widget that handles its keys itself."""
        actions = {}
        for binding in bindings:
            if isinstance(binding, Binding):
                for key in self.moved.get(binding.id or "", keys_of(binding)):
                    actions[key] = binding.action
        return actions


def keymap_of(app: object) -> KeyMap:
    """The keys that hold in an app; none without an app."""
    return getattr(app, "keymap", None) or KeyMap()

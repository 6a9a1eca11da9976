"""The keys that the user gives to actions, in the table ``[keys]`` of the file of preferences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tui.preferences.own_file import PreferenceFile
from tui.preferences.table import PreferenceError, text_of

NAMED = frozenset(
    {
        *("space", "enter", "escape", "tab", "backspace", "delete", "insert"),
        *("home", "end", "pageup", "pagedown", "up", "down", "left", "right"),
        *(f"f{number}" for number in range(1, 13)),
    }
)
"""Keys that are no characters."""

MODIFIERS = {"ctrl", "shift", "alt"}

NOT_FREE = ("ctrl+c", "ctrl+q", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h")
"""Keys that always mean the same, and keys for which a terminal sends the same as for another one."""

ALLOWED = 'a key such as "u", "[", "space", "pageup", "f2" or "ctrl+r", or a list of keys; not ' + ", ".join(NOT_FREE)


class OwnKey(NamedTuple):
    """The keys of an action, by Textual's names, and the place in the file that sets them."""

    keys: tuple[str, ...]
    place: str


OwnKeys = Mapping[str, OwnKey]
"""The keys that the user chose, by the id of the action."""


def keys_in(file: PreferenceFile) -> OwnKeys:
    """The keys that a file sets.

    Raises:
        PreferenceError: a key does not exist.
    """
    table = file.values.get("keys", {})
    if not isinstance(table, dict):
        raise PreferenceError(f"{file.at('keys')}: keys = {text_of(table)} cannot be used: a table [keys]")
    return {name: _own_key(name, value, _place(file, name)) for name, value in _flat(table)}


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The entries of a table, and of the tables in it, with dots in their names."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _place(file: PreferenceFile, name: str) -> str:
    place, (group, _, last) = file.at(name, "keys"), name.rpartition(".")
    return file.at(last, f"keys.{group}") if group and place == str(file.path) else place


def _own_key(name: str, value: object, place: str) -> OwnKey:
    keys = [_textual_key(text) for text in (value if isinstance(value, list) else [value])]
    if not keys or not all(keys):
        raise PreferenceError(f"{place}: {name} = {text_of(value)} cannot be used: {ALLOWED}")
    return OwnKey(tuple(dict.fromkeys(keys)), place)


def _textual_key(text: object) -> str:
    """Textual's name of a key; empty if there is no such key, or it is not free."""
    if not isinstance(text, str) or not text.isprintable():
        return ""
    if len(text) == 1:
        from textual.keys import _character_to_key  # imported late: most command lines show no screen

        return _character_to_key(text)
    *modifiers, key = text.lower().split("+")
    is_key = key in NAMED or (len(key) == 1 and key.isascii() and key.isalnum() and "shift" not in modifiers)
    is_free = text.lower() not in NOT_FREE
    return text.lower() if is_key and is_free and {*modifiers} <= MODIFIERS else ""

"""Keys as a user writes them: ``u``, ``[``, ``ctrl+r``, ``f2``, ``space``."""

from __future__ import annotations

import unicodedata

NAMED = frozenset(
    {
        *("space", "enter", "escape", "tab", "backspace", "delete", "insert"),
        *("home", "end", "pageup", "pagedown", "up", "down", "left", "right"),
        *(f"f{number}" for number in range(1, 13)),
    }
)
"""Keys that are no characters."""

MODIFIERS = ("ctrl", "shift", "alt")

SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+h": "backspace", "ctrl+[": "escape"}
"""Keys for which a terminal sends the same as for another one."""

TAKEN = {"ctrl+c": "it shows how to quit", "ctrl+q": "it quits, also while you type"}
"""Keys that always mean the same."""


class KeyNameError(ValueError):
    """There is no such key; the message says what is allowed."""


def textual_key(text: str) -> str:
    """Textual's name of a key.

    Raises:
        KeyNameError: there is no such key, or it cannot be given to an action.
    """
    if len(text) == 1:
        return _of_character(text)
    named = text.lower()
    if named in SAME:
        raise KeyNameError(f"a terminal sends the same as for {SAME[named]}: write {SAME[named]}")
    if named in TAKEN:
        raise KeyNameError(TAKEN[named])
    *modifiers, key = named.split("+")
    is_known = key in NAMED or (len(key) == 1 and key.isascii() and key.isalnum() and "shift" not in modifiers)
    if is_known and all(one in MODIFIERS for one in modifiers) and len({*modifiers}) == len(modifiers):
        return named
    raise KeyNameError("a key is a character, space, enter, tab, up, pageup, f2, ctrl+r, shift+left or the like")


def _of_character(character: str) -> str:
    if character == " ":
        return "space"
    if not character.isprintable():
        raise KeyNameError("this character cannot be typed as a key")
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    if not name:
        raise KeyNameError("this character cannot be typed as a key")
    from textual.keys import KEY_NAME_REPLACEMENTS  # imported late: most command lines show no screen

    return KEY_NAME_REPLACEMENTS.get(name, name)

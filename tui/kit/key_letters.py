"""Keys in texts that can be clicked: the letters of their names are replaced by others, which `tui.kit.cells` draws as
the usual ones.

A text is wrapped, shortened and put together before it is drawn. These letters go with it, and take the same room, so
that it is still known where its keys are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FIRST = 0x100000
"""The first code point of Unicode's last plane, which has no characters of its own."""

LETTERS = re.compile("[\U00100000-\U0010ffff]+")


def hidden(name: str) -> str:
    """The name of a key, in letters that `shown` makes usual ones again."""
    return "".join(chr(FIRST + ord(letter)) if ord(letter) < FIRST >> 4 else letter for letter in name)


def shown(text: str) -> str:
    """The text in usual letters."""
    return LETTERS.sub(lambda found: _usual(found[0]), text) if text and not text.isascii() else text


def keys_in(text: str) -> Iterator[tuple[int, str]]:
    """The names of the keys in a text, each with the index at which it begins."""
    if not text.isascii():
        for found in LETTERS.finditer(text):
            yield found.start(), _usual(found[0])


def in_ascii(text: str) -> str:
    """The text with ``?`` in place of what is not ASCII; its keys can still be clicked."""
    return "".join(letter if letter.isascii() or letter >= chr(FIRST) else "?" for letter in text)


def _usual(letters: str) -> str:
    return "".join(chr(ord(letter) - FIRST) for letter in letters)

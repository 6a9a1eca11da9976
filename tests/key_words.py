"""Sentences with the keys that hold without a choice of the user."""

from __future__ import annotations

from tui.app.all_keys import keymap_with

KEYMAP = keymap_with({})


def in_words(text: str) -> str:
    """A sentence with the app's keys in place of their marks."""
    return KEYMAP.text(text)

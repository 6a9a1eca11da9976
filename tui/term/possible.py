"""Drops events that no terminal can have sent."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.messages import InBandWindowResize

MOST_CELLS_AWAY = 10_000
"""Mouse positions farther away than this, or negative, are noise."""


def is_possible(message: Message) -> bool:
    """Whether a terminal can have sent this event.

    Sizes are not taken from the input, which can contain any number: the operating system knows the size.
    """
    match message:
        case events.Resize() | InBandWindowResize():
            return False
        case events.MouseEvent():
            return all(0 <= at < MOST_CELLS_AWAY for at in (message.screen_x, message.screen_y))
        case events.Key():
            return _is_text(message.key + (message.character or ""))
        case _:
            return True


def _is_text(text: str) -> bool:
    """Whether the text can be encoded, which half of a surrogate pair cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)

"""Which events a terminal can really send; all others are dropped."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.messages import InBandWindowResize

MOST_CELLS_AWAY = 10_000
"""A mouse that is farther away is noise."""


def is_possible(message: Message) -> bool:
    """Whether the app should hear of it.

    The size is not taken from what is read, but from the system, which knows it: anybody can write a number.
    """
    match message:
        case events.Resize() | InBandWindowResize():
            return False
        case events.MouseEvent():
            return max(message.screen_x, message.screen_y) < MOST_CELLS_AWAY
        case events.Key():
            return _is_text(message.key + (message.character or ""))
        case _:
            return True


def _is_text(text: str) -> bool:
    """Whether it can be written: half of a surrogate pair cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)

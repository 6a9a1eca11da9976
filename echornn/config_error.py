"""The error for an invalid value of a field, and checks of values that raise it."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

SHOWN_CHARACTERS = 60
"""The most characters of an invalid value that a message shows."""


class ConfigError(ValueError):
    """A field has an invalid value; the message contains the field, its value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} = {_shown(value)} cannot be used: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


def choice(field: str, value: object, words: Sequence[str]) -> object:
    """The value, checked to be one of these words.

    Raises:
        ConfigError: the value is not among them.
    """
    if value not in words:
        raise ConfigError(field, value, f"one of {', '.join(words)}")
    return value


def fraction(field: str, value: Any, allowed: str) -> float:
    """The value as a finite float; NumPy numbers are converted.

    Args:
        allowed: a text on the values that the field allows, for the message.

    Raises:
        ConfigError: the value is not a finite number.
    """
    try:
        number = math.nan if isinstance(value, (bool, str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(field, value, allowed)
    return number


def whole(field: str, value: Any) -> int:
    """The value as a whole number; NumPy numbers are converted.

    Raises:
        ConfigError: the value is not a whole number.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise ConfigError(field, value, "a whole number")
    return number


def _shown(value: object) -> str:
    """The value in Python's notation, shortened if it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write whole numbers with thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"

"""The table of preferences: what each of them takes, and what it is without the user's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.app.theme import THEMES

Value = str | float | bool


class PreferenceError(ValueError):
    """A preference that cannot be used; the message says from where it is, what it was, and what is allowed."""


@dataclass(frozen=True)
class Preference:
    """A preference.

    Attributes:
        name: its name in the file, and that of its flag.
        allowed: the values that it takes, as a text.
        takes: whether a value of the file is allowed; other types than `Value` never are.
        built_in: its value if the user chose none, as it would be in the file.
        variable: the environment variable that sets it.
        parse: makes a value of the text of the variable; the text itself if it is no such value.
    """

    name: str
    allowed: str
    takes: Callable[[object], bool]
    built_in: Value
    variable: str
    parse: Callable[[str], Value]


def _number(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text


def _truth(text: str) -> Value:
    return {"1": True, "true": True, "0": False, "false": False}.get(text.strip().lower(), text)


def _untruth(text: str) -> Value:
    value = _truth(text)
    return not value if isinstance(value, bool) else value


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


PREFERENCES = (
    Preference("theme", " or ".join(THEMES), lambda value: value in THEMES, "dark", "ECHORNN_THEME", str.strip),
    Preference("fps", "0.1 to 60", lambda value: _is_number(value, 0.1, 60), 10, "ECHORNN_FPS", _number),
    Preference(
        "speed",
        "0.01 to 1,000,000, or max",
        lambda value: value == "max" or _is_number(value, 0.01, 1e6),
        100,
        "ECHORNN_SPEED",
        _number,
    ),
    Preference("ascii", "true or false", _is_truth, False, "ECHORNN_ASCII", _truth),
    Preference("mouse", "true or false", _is_truth, True, "ECHORNN_NO_MOUSE", _untruth),
)
"""All preferences but the table ``[keys]`` (`tui.preferences.own_keys`). To add one, add it here, and its flag."""

BY_NAME = {one.name: one for one in PREFERENCES}


def text_of(value: object) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return f'"{value}"' if isinstance(value, str) else str(value)

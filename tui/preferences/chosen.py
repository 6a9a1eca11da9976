"""Which preferences hold: those of flags, then of the environment, then of the user's file, then the built-in ones."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui.app.theme import Theme, remembered
from tui.preferences.own_file import read_own
from tui.preferences.own_keys import OwnKeys, keys_in
from tui.preferences.table import PREFERENCES, Preference, PreferenceError, text_of


@dataclass(frozen=True)
class Preferences:
    """All preferences that hold.

    Attributes:
        values: each, by its name.
        given: the names of those that the user set by a flag, the environment or the file.
        keys: the keys that the user's file gives to actions.
    """

    values: Mapping[str, Any]
    given: frozenset[str]
    keys: OwnKeys

    @property
    def theme(self) -> Theme:
        theme: Theme = self.values["theme"]
        return theme

    @property
    def fps(self) -> float:
        return float(self.values["fps"])

    @property
    def speed(self) -> float:
        """Windows a second when the app opens; infinite for full speed."""
        value = self.values["speed"]
        return math.inf if value == "max" else float(value)

    @property
    def ascii_only(self) -> bool:
        return bool(self.values["ascii"])

    @property
    def mouse(self) -> bool:
        return bool(self.values["mouse"])

    @property
    def flags(self) -> list[str]:
        """Those of a viewer that the user set, as words of a command line."""
        set_by_user = {name: self.values[name] for name in ("fps", "ascii", "theme", "mouse") if name in self.given}
        return [word for name, value in set_by_user.items() for word in _flag_of(name, value)]


def preferences(**flags: Any) -> Preferences:
    """The preferences that hold.

    Args:
        flags: the values of flags, by name; None if a flag was not given.

    Raises:
        PreferenceError: a value of the environment or of the file cannot be used.
    """
    file = read_own()
    # a file with an error is refused, even if a flag has the last word
    by_source = [
        flags,
        {one.name: _of_environment(one) for one in PREFERENCES},
        {one.name: file.value(one.name) for one in PREFERENCES},
    ]
    keys = keys_in(file)
    given = {name: value for values in reversed(by_source) for name, value in values.items() if value is not None}
    built_in = {one.name: one.built_in for one in PREFERENCES} | {"theme": remembered() or "dark"}
    return Preferences({**built_in, **given}, frozenset(given), keys)


def _of_environment(one: Preference) -> Any:
    """The value of a preference's environment variable; None if it is not set, or empty."""
    text = os.environ.get(one.variable, "")
    if not text:
        return None
    value = one.parse(text)
    if not one.takes(value):
        raise PreferenceError(f"environment {one.variable} = {text_of(text)} cannot be used: {one.allowed}")
    return value


def _flag_of(name: str, value: Any) -> list[str]:
    if name == "mouse":
        return [] if value else ["--no-mouse"]
    if isinstance(value, bool):
        return [f"--{name}"] * value
    return [f"--{name}", value if isinstance(value, str) else f"{value:g}"]

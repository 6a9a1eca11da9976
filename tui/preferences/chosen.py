"""Which preferences hold: those of flags, then of the environment, then of the user's file, then the built-in ones."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui.kit.theme import Theme, remember, remembered
from tui.preferences.key_choice import KeyChoice, keys_in, named_keys
from tui.preferences.own_file import PreferenceFile, read_own
from tui.preferences.table import PREFERENCES, Preference, PreferenceError, text_of


class PreferenceSource(StrEnum):
    """From where a preference is."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    CHOSEN_LAST = "chosen last"
    BUILT_IN = "built-in"


KEYS = "keys"
"""The preference whose value is a `KeyChoice`."""


@dataclass(frozen=True)
class Held:
    """A preference that holds.

    Attributes:
        value: its value.
        source: from where it is.
    """

    value: Any
    source: PreferenceSource


@dataclass(frozen=True)
class Preferences:
    """All preferences that hold.

    Attributes:
        held: each, by its name.
    """

    held: Mapping[str, Held]

    @property
    def theme(self) -> Theme:
        theme: Theme = self.held["theme"].value
        return theme

    @property
    def theme_is_kept(self) -> bool:
        """Whether a theme that is chosen on the screen holds the next time too."""
        return self.held["theme"].source not in (PreferenceSource.ENVIRONMENT, PreferenceSource.FILE)

    @property
    def fps(self) -> float:
        return float(self.held["fps"].value)

    @property
    def speed(self) -> float:
        """Windows a second when the app opens; infinite for full speed."""
        value = self.held["speed"].value
        return math.inf if value == "max" else float(value)

    @property
    def ascii_only(self) -> bool:
        return bool(self.held["ascii"].value)

    @property
    def mouse(self) -> bool:
        return bool(self.held["mouse"].value)

    @property
    def keys(self) -> KeyChoice:
        choice: KeyChoice = self.held["keys"].value
        return choice

    def remember_the_theme(self) -> None:
        """Save the theme that a flag has chosen, for the next time."""
        if self.held["theme"].source is PreferenceSource.FLAG:
            remember(self.theme)

    def chosen(self, *names: str) -> dict[str, Any]:
        """The values of these preferences that the user set by a flag, the environment or the file."""
        kept = (PreferenceSource.FLAG, PreferenceSource.ENVIRONMENT, PreferenceSource.FILE)
        return {name: self.held[name].value for name in names if self.held[name].source in kept}


def preferences(**flags: Any) -> Preferences:
    """The preferences that hold.

    Args:
        flags: the values of flags, by name; None if a flag was not given.

    Raises:
        PreferenceError: a value of the environment or of the file cannot be used.
    """
    file = read_own()
    return Preferences({one.name: _held(one, flags.get(one.name), file) for one in PREFERENCES})


def _held(one: Preference, flag: Any, file: PreferenceFile) -> Held:
    # a file with an error is refused, even if a flag has the last word
    in_file = keys_in(file) if one.name == KEYS else file.value(one.name)
    in_environment = _of_environment(one)
    if one.name == KEYS:
        flag = None if flag is None else named_keys(flag, KEYS)
        in_environment = None if in_environment is None else named_keys(in_environment, f"environment {one.variable}")
    if flag is not None:
        return Held(flag, PreferenceSource.FLAG)
    if in_environment is not None:
        return Held(in_environment, PreferenceSource.ENVIRONMENT)
    if in_file is not None:
        return Held(in_file, PreferenceSource.FILE)
    if one.name == "theme" and (theme := remembered()) is not None:
        return Held(theme, PreferenceSource.CHOSEN_LAST)
    return Held(KeyChoice() if one.name == KEYS else one.built_in, PreferenceSource.BUILT_IN)


def _of_environment(one: Preference) -> Any:
    """The value of a preference's environment variable; None if it is not set, or empty."""
    text = os.environ.get(one.variable, "")
    if not text:
        return None
    value = one.parse(text)
    if not one.takes(value):
        raise PreferenceError(f"environment {one.variable} = {text_of(text)} cannot be used: {one.allowed}")
    return value


def flag_of(name: str, value: Any) -> list[str]:
    """A preference as words of a command line; none if a flag cannot say it."""
    if isinstance(value, KeyChoice):
        return [] if value.own else ["--keys", value.preset]
    if name == "mouse":
        return [] if value else ["--no-mouse"]
    if isinstance(value, bool):
        return [f"--{name}"] * value
    return [f"--{name}", value if isinstance(value, str) else f"{value:g}"]


def flags_of(chosen: Preferences) -> list[str]:
    """The preferences of a viewer that the user set, as words of a command line."""
    set_by_user = chosen.chosen("fps", "ascii", "theme", "mouse", "keys")
    return [word for name, value in set_by_user.items() for word in flag_of(name, value)]

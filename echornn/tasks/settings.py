"""The settings of a task: fields of a dataclass, with their meaning and the values that they allow."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeVar

from echornn.config_error import ConfigError, choice, fraction, whole
from echornn.limits import MAX_STEPS

Value = TypeVar("Value")

KEY = "echornn"
"""The key of a field's metadata with the help and the range."""


@dataclass(frozen=True)
class Setting:
    """A setting of a task. The type of its default is its type: a whole number, a number, or a word.

    Attributes:
        name: the name of the field; as a flag, ``--name``.
        default: the value if none is given.
        help: the meaning, as a sentence.
        least, most: the range of a number.
        choices: the allowed words, if it is a word.
    """

    name: str
    default: int | float | str
    help: str = ""
    least: float = -MAX_STEPS
    most: float = MAX_STEPS
    choices: tuple[str, ...] = ()

    def checked(self, value: object) -> object:
        """The value, checked to be allowed; NumPy numbers are converted to Python's.

        Raises:
            ConfigError: the value is not allowed.
        """
        if isinstance(self.default, str):
            return choice(self.name, value, self.choices or (self.default,))
        allowed = f"{self.least:,} to {self.most:,}"
        is_whole = isinstance(self.default, int)
        number = whole(self.name, value) if is_whole else fraction(self.name, value, f"a number, {allowed}")
        if not self.least <= number <= self.most:
            raise ConfigError(self.name, value, allowed)
        return number


def setting(
    default: Value, help: str, least: float = -MAX_STEPS, most: float = MAX_STEPS, choices: tuple[str, ...] = ()
) -> Value:
    """Declare a field of a task with its default; arguments as in `Setting`."""
    more = {"help": help, "least": least, "most": most, "choices": choices}
    made: Value = dataclasses.field(default=default, metadata={KEY: more})
    return made


def settings_of(task: Any) -> tuple[Setting, ...]:
    """The settings of a task, or of a class of tasks, in the order of its fields.

    Raises:
        ConfigError: a field has no default, or its default is neither a number nor a word.
    """
    found = []
    for field in dataclasses.fields(task):
        default = field.default
        if isinstance(default, bool) or not isinstance(default, (int, float, str)):
            refused = "nothing" if default is dataclasses.MISSING else default
            raise ConfigError(field.name, refused, "a setting needs a default that is a number or a word")
        found.append(Setting(field.name, default, **field.metadata.get(KEY, {})))
    return tuple(found)


def check_settings(task: object) -> None:
    """Check the values of a task's settings, and convert NumPy numbers to Python's.

    Raises:
        ConfigError: a value is not allowed.
    """
    for known in settings_of(task):
        object.__setattr__(task, known.name, known.checked(getattr(task, known.name)))

"""The settings of a task: fields of a dataclass, with what they mean and which values they allow."""

from __future__ import annotations

import dataclasses
import math
import operator
from dataclasses import dataclass
from typing import Any, TypeVar

from echornn.config import MAX_STEPS, ConfigError

Value = TypeVar("Value")

KEY = "echornn"
"""The key of a field's metadata that holds the help and the range."""


@dataclass(frozen=True)
class Setting:
    """One setting of a task; its kind is that of its default: a whole number, a number, a word, or yes or no.

    Attributes:
        name: of the field; as a flag, ``--name``.
        default: its value if it is not given.
        help: what it means, a sentence.
        least, most: the range of a number.
        choices: the words that are allowed.
    """

    name: str
    default: int | float | str | bool
    help: str = ""
    least: float = -MAX_STEPS
    most: float = MAX_STEPS
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The values that are allowed, in words."""
        if isinstance(self.default, bool):
            return "True or False"
        if isinstance(self.default, str):
            return f"one of {', '.join(self.choices)}" if self.choices else "a word"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind}, {self.least:,} to {self.most:,}"

    def checked(self, value: object) -> int | float | str | bool:
        """The value as a plain Python value.

        Raises:
            ConfigError: it is not allowed.
        """
        plain = self._plain(value)
        if plain is None:
            raise ConfigError(self.name, value, self.allowed)
        return plain

    def _plain(self, value: Any) -> int | float | str | bool | None:
        if isinstance(self.default, (bool, str)):
            right = isinstance(value, type(self.default)) and (not self.choices or value in self.choices)
            return value if right else None
        if isinstance(value, (bool, str, bytes)):
            return None
        try:
            number = operator.index(value) if isinstance(self.default, int) else float(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if math.isfinite(number) and self.least <= number <= self.most else None


def setting(
    default: Value, help: str, least: float = -MAX_STEPS, most: float = MAX_STEPS, choices: tuple[str, ...] = ()
) -> Value:
    """A field of a task, with its default; for the arguments see `Setting`."""
    more = {"help": help, "least": least, "most": most, "choices": choices}
    made: Value = dataclasses.field(default=default, metadata={KEY: more})
    return made


def settings_of(task: Any) -> tuple[Setting, ...]:
    """The settings of a task, or of a class of tasks, in the order in which they are written.

    Raises:
        ConfigError: a field has no default, or one that is no setting's.
    """
    found = []
    for field in dataclasses.fields(task):
        if not isinstance(field.default, (bool, int, float, str)):
            missing = field.default is dataclasses.MISSING
            value = "no default" if missing else field.default
            raise ConfigError(field.name, value, "a setting has a default: a number, a word, True or False")
        found.append(Setting(field.name, field.default, **field.metadata.get(KEY, {})))
    return tuple(found)


def check_settings(task: object) -> None:
    """Refuse a task with a value that its settings do not allow, and store NumPy's numbers as Python's.

    Raises:
        ConfigError: a value is not allowed.
    """
    for known in settings_of(task):
        object.__setattr__(task, known.name, known.checked(getattr(task, known.name)))

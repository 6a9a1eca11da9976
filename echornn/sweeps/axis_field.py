"""The values that an axis can have: those of a field of the configuration, those of a task's setting, or tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from echornn.cells.table import named as cell_named
from echornn.config import CHOICES, FRACTIONS, MAX_STEPS, ConfigError, EchoConfig
from echornn.config_fields import CELL, TASK
from echornn.own.own_file import OwnFile
from echornn.tasks.settings import Setting

Value = int | float | str | OwnFile
"""A value of an axis: a whole number, a fraction, a word, or a file of the user's own."""

EVEN = frozenset({"dropout"})
"""Fields for which the values of ``LO..HI@N`` are spaced linearly; for other fields, logarithmically."""

ROOMY: dict[str, Any] = {
    "total_series_length": MAX_STEPS,
    "truncated_backprop_length": 1,
    "batch_size": 1,
    "echo_step": 0,
}
"""A configuration with which each other field can have any of its possible values, but for `ROOM_FOR`."""

ROOM_FOR: dict[str, dict[str, Any]] = {
    "stride": {"truncated_backprop_length": MAX_STEPS},
    "dropout": {"num_layers": 2},
}
"""What else some fields need so that they can have any of their values."""


@dataclass(frozen=True)
class AxisField:
    """The field or setting of an axis, and the values that it can have.

    Attributes:
        name: the name of the field, or of the setting of a task.
        is_number: whether the values are numbers; else they are words.
        fractions: what fractions are allowed, as text; empty if the numbers are whole.
        is_even: whether the values of ``LO..HI@N`` are spaced linearly; else logarithmically.
        setting: the setting of a task; None for a field of the configuration, or if the setting is not known.
    """

    name: str
    is_number: bool
    fractions: str = ""
    is_even: bool = False
    setting: Setting | None = None

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Setting] | None = None) -> AxisField:
        """The field, or the setting of one of the tasks, with this name."""
        known = (settings or {}).get(name)
        if known is None:
            return cls(name, name not in CHOICES and name != TASK, FRACTIONS.get(name, ""), name in EVEN)
        fractions = f"{known.least:,} to {known.most:,}" if isinstance(known.default, float) else ""
        is_even = bool(fractions) and known.least <= 0
        return cls(name, not isinstance(known.default, str), fractions, is_even, known)

    def parsed(self, word: str) -> Value:
        """The value of a word.

        Raises:
            ConfigError: the word is not a value of this field.
        """
        return self.number(word) if self.is_number else self.checked(word.strip())

    def number(self, word: str) -> int | float:
        """A word as a number.

        Raises:
            ConfigError: the word is not a number, or a fraction where only whole numbers are allowed.
        """
        if not self.fractions:
            return self.whole(word)
        try:
            value = float(word)
        except ValueError:
            raise ConfigError(self.name, word, self.fractions) from None
        if not math.isfinite(value):
            raise ConfigError(self.name, word, self.fractions)
        return value

    def whole(self, word: str) -> int:
        """A word as a whole number.

        Raises:
            ConfigError: the word is not a whole number.
        """
        try:
            return int(word)
        except ValueError:
            raise ConfigError(self.name, word, "a whole number") from None

    def checked(self, value: Value) -> Value:
        """A value as configurations store it; it must be possible with some values of the other fields.

        The values of a setting that is not known are checked with the points of the grid.

        Raises:
            ConfigError: no configuration can have this value.
        """
        checked: Any = value
        if self.setting is not None:
            checked = self.setting.checked(value)
        elif self.name == TASK:
            from echornn.tasks.chosen import named

            checked = named(value)
        elif self.name == CELL:
            checked = cell_named(value)
        elif self.name in EchoConfig.names():
            room = {**ROOMY, **ROOM_FOR.get(self.name, {}), self.name: value}
            checked = getattr(EchoConfig(**room), self.name)
        return checked  # type: ignore[no-any-return]

"""An axis of a sweep: a field and its values, parsed from the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from echornn.cells.table import named as cell_named
from echornn.config import CELL, CHOICES, FRACTIONS, MAX_STEPS, TASK, ConfigError, EchoConfig
from echornn.files.recorded_values import shortened
from echornn.own import OwnFile
from echornn.tasks.table import tasks_with
from echornn.tasks.task import Setting

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
            from echornn.tasks.table import named

            checked = named(value)
        elif self.name == CELL:
            checked = cell_named(value)
        elif self.name in EchoConfig.names():
            room = {**ROOMY, **ROOM_FOR.get(self.name, {}), self.name: value}
            checked = getattr(EchoConfig(**room), self.name)
        return checked  # type: ignore[no-any-return]


HOW = "FIELD=VALUES, where VALUES are a,b,c or LO..HI, or LO..HI@N for N of them"

NO_AXES = {
    "seed": "--seeds says how many, from --seed on",
    "replicas": "--seeds says how many, from --seed on",
    "device": "the device affects where networks are trained, not what they learn",
    "num_epochs": "results with fewer epochs follow from the windows at which networks were solved",
}
"""The fields that cannot be axes, each with the reason."""

MAX_VALUES = 1000
"""The most values of an axis."""

DIGITS = 3
"""The significant digits of fractions within a range."""

RANGE = re.compile(r"(?P<low>[^@]*?)\.\.(?P<high>[^@]*)(?:@(?P<count>.*))?")


@dataclass(frozen=True)
class Axis:
    """A field, and the values that it has in a sweep, each once.

    Raises:
        ConfigError: the field cannot be an axis, has no values, too many values, or an impossible value.
    """

    field: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if self.field in NO_AXES:
            raise ConfigError("grid", self.field, NO_AXES[self.field])
        _require_count(self.field, len(self.values))
        field = AxisField.of(self.field)
        object.__setattr__(self, "values", tuple(dict.fromkeys(map(field.checked, self.values))))

    @classmethod
    def parse(cls, text: str, settings: Mapping[str, Setting] | None = None) -> Axis:
        """Parse an axis: ``echo_step=1..20``, ``cell=rnn,gru,lstm``, ``learning_rate=0.01..1@5``.

        ``LO..HI`` are whole numbers. ``LO..HI@N`` are N values from LO to HI, spaced logarithmically (0.01, 0.0316,
        0.1, 0.316, 1); values of dropout, and of other fractions that can be 0, are spaced linearly. Values of
        whole-number fields are rounded.

        Args:
            settings: the settings of the tasks of the sweep, which can be axes too.

        Raises:
            ConfigError: the text is no axis.
        """
        name, equals, values = text.partition("=")
        name, settings = name.strip().replace("-", "_"), settings or {}
        if not equals or not name:
            raise ConfigError("grid", text, HOW)
        allowed = [one for one in (*EchoConfig.names(), TASK, *settings) if one not in NO_AXES]
        if name not in allowed:
            others = tasks_with(name)
            why = f"it is {others}: name one with --task" if others else f"one of {', '.join(allowed)}"
            raise ConfigError("grid", name, NO_AXES.get(name, why))
        field = AxisField.of(name, settings)
        parts = RANGE.fullmatch(values)
        if field.is_number and parts is not None:
            found = _range(field, parts["low"], parts["high"], parts["count"])
        else:
            found = tuple(map(field.parsed, values.split(",")))
        return cls(name, tuple(map(field.checked, found)))


def _range(field: AxisField, first: str, last: str, number: str | None) -> tuple[Value, ...]:
    low, high = field.number(first), field.number(last)
    written = f"{first}..{last}" + ("" if number is None else f"@{number}")
    if low > high:
        raise ConfigError(field.name, written, "the first value must not exceed the last")
    if number is None:
        if isinstance(low, float) or isinstance(high, float):
            raise ConfigError(field.name, written, f"{written}@N with the number N of fractions")
        _require_count(field.name, high - low + 1)
        return tuple(range(low, high + 1))
    count = field.whole(number)
    _require_count(field.name, count)
    if count == 1:
        raise ConfigError(field.name, written, "2 values or more in a range")
    for end in (low, high):  # if both ends fit into a float, so do the values between
        field.checked(end)
    if field.is_even:
        between = [low + (high - low) * index / (count - 1) for index in range(1, count - 1)]
    elif low <= 0:
        raise ConfigError(field.name, written, "above 0 in a range with @, whose values are spaced logarithmically")
    else:
        between = [low * math.pow(high / low, index / (count - 1)) for index in range(1, count - 1)]
    if field.fractions:
        return (low, *(float(f"{one:.{DIGITS}g}") for one in between), high)
    return (low, *map(round, between), high)


def _require_count(field: str, count: int) -> None:
    if not 1 <= count <= MAX_VALUES:
        raise ConfigError("grid", field, f"1 to {MAX_VALUES} values, not {shortened(count)}")

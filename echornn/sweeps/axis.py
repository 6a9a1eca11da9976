"""An axis of a sweep: a field and its values, parsed from the command line."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any

from echornn.config import CHOICES, FRACTIONS, MAX_STEPS, ConfigError, EchoConfig
from echornn.files.recorded_values import shortened
from echornn.tasks.own.own_file import OwnFile

Value = int | float | str | OwnFile
"""A value of a field: a whole number, a fraction, a word, or the file of a task."""

HOW = "FIELD=VALUES, where VALUES are a,b,c or LO..HI, or LO..HI@N for N of them"

NO_AXES = {
    "seed": "--seeds says how many, from --seed on",
    "replicas": "--seeds says how many, from --seed on",
    "device": "the device affects where networks are trained, not what they learn",
    "num_epochs": "results with fewer epochs follow from the windows at which networks were solved",
}
"""The fields that cannot be axes, each with the reason."""

EVEN = frozenset({"dropout"})
"""Fields for which the values of ``LO..HI@N`` are spaced linearly; for other fields, logarithmically."""

MAX_VALUES = 1000
"""The most values of an axis."""

DIGITS = 3
"""The significant digits of fractions within a range."""

ROOMY: dict[str, Any] = {
    "total_series_length": MAX_STEPS,
    "truncated_backprop_length": 1,
    "batch_size": 1,
    "echo_step": 0,
    "num_layers": 2,
}
"""A configuration with which each other field can have any of its possible values."""

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
        _require_axis(self.field)
        _require_count(self.field, len(self.values))
        values = tuple(dict.fromkeys(_checked(self.field, value) for value in self.values))
        object.__setattr__(self, "values", values)

    @classmethod
    def parse(cls, text: str) -> Axis:
        """Parse an axis: ``echo_step=1..20``, ``cell=rnn,gru,lstm``, ``learning_rate=0.01..1@5``.

        ``LO..HI`` are whole numbers. ``LO..HI@N`` are N values from LO to HI, spaced logarithmically (0.01, 0.0316,
        0.1, 0.316, 1); values of dropout, which can be 0, are spaced linearly. Values of whole-number fields are
        rounded.

        Raises:
            ConfigError: the text is no axis.
        """
        name, equals, values = text.partition("=")
        field = name.strip().replace("-", "_")
        if not equals or not field:
            raise ConfigError("grid", text, HOW)
        _require_axis(field)
        if field in CHOICES:
            return cls(field, tuple(word.strip() for word in values.split(",")))
        parts = RANGE.fullmatch(values)
        if parts is None:
            return cls(field, tuple(_number(field, word) for word in values.split(",")))
        return cls(field, _range(field, parts["low"], parts["high"], parts["count"]))


def _require_axis(field: str) -> None:
    if field in NO_AXES:
        raise ConfigError("grid", field, NO_AXES[field])
    allowed = [one.name for one in dataclasses.fields(EchoConfig) if one.name not in NO_AXES]
    if field not in allowed:
        raise ConfigError("grid", field, f"one of {', '.join(allowed)}")


def _range(field: str, first: str, last: str, number: str | None) -> tuple[Value, ...]:
    low, high = _number(field, first), _number(field, last)
    written = f"{first}..{last}" + ("" if number is None else f"@{number}")
    if low > high:
        raise ConfigError(field, written, "the first value must not exceed the last")
    if number is None:
        if isinstance(low, float) or isinstance(high, float):
            raise ConfigError(field, written, f"{written}@N with the number N of fractions")
        _require_count(field, high - low + 1)
        return tuple(range(low, high + 1))
    count = _whole(field, number)
    _require_count(field, count)
    if count == 1:
        raise ConfigError(field, written, "2 values or more in a range")
    for end in (low, high):  # if both ends fit into a float, so do the values between
        _checked(field, end)
    if field in EVEN:
        between = [low + (high - low) * index / (count - 1) for index in range(1, count - 1)]
    elif low <= 0:
        raise ConfigError(field, written, "above 0 in a range with @, whose values are spaced logarithmically")
    else:
        between = [low * math.pow(high / low, index / (count - 1)) for index in range(1, count - 1)]
    if field in FRACTIONS:
        return (low, *(float(f"{one:.{DIGITS}g}") for one in between), high)
    return (low, *map(round, between), high)


def _number(field: str, word: str) -> int | float:
    """A word as a number of the field's type."""
    if field not in FRACTIONS:
        return _whole(field, word)
    try:
        value = float(word)
    except ValueError:
        raise ConfigError(field, word, FRACTIONS[field]) from None
    if not math.isfinite(value):
        raise ConfigError(field, word, FRACTIONS[field])
    return value


def _whole(field: str, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ConfigError(field, word, "a whole number") from None


def _checked(field: str, value: Value) -> Value:
    """A value as configurations store it; it must be possible with some values of the other fields."""
    room = {**ROOMY, "truncated_backprop_length": MAX_STEPS} if field == "stride" else ROOMY
    checked: Value = getattr(EchoConfig(**{**room, field: value}), field)
    return checked


def _require_count(field: str, count: int) -> None:
    if not 1 <= count <= MAX_VALUES:
        raise ConfigError("grid", field, f"1 to {MAX_VALUES} values, not {shortened(count)}")

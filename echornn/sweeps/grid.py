"""The grid of a sweep: all combinations of its axes' values, each with several seeds."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from echornn.cells.table import named as cell_named
from echornn.config import (
    CELL,
    ECHO,
    FIELDS,
    MAX_SEED,
    ORDER,
    TASK,
    ConfigError,
    EchoConfig,
)
from echornn.data import held_out_config
from echornn.errors import fraction, whole
from echornn.files.recorded_values import shortened
from echornn.own.own_file import OwnFile
from echornn.readings import TaskSettings
from echornn.tasks.table import defaults_of, settings_by_name, tasks_with
from echornn.tasks.table import named as task_named
from echornn.tasks.task import Setting

Value = int | float | str | OwnFile

Until = Literal["solved", "all", "automaton"]
"""When the training of a network ends: when it has solved its task, after all its epochs, or when
it has also become the task's machine."""

NO_AXES = {
    "seed": "--seeds says how many, from --seed on",
    "replicas": "--seeds says how many, from --seed on",
    "device": "the device affects where networks are trained, not what they learn",
    "num_epochs": "results with fewer epochs follow from the windows at which networks were solved",
}
"""Why these fields cannot be axes."""

MAX_VALUES = 1000  # chosen by eye
MAX_TRAININGS = 100_000  # chosen by eye; each has its own file in the sweep's folder
DIGITS = 3  # chosen by eye: the significant digits of fractions within a range

RANGE = re.compile(r"(?P<low>[^@]*?)\.\.(?P<high>[^@]*)(?:@(?P<count>.*))?")


@dataclass(frozen=True)
class Axis:
    """A field, and the values that it has in a sweep, each once; a `ConfigError` if it cannot be
    so."""

    field: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if self.field in NO_AXES:
            raise ConfigError("grid", self.field, NO_AXES[self.field])
        _require_count(self.field, len(self.values))
        checked = (_checked(self.field, value) for value in self.values)
        object.__setattr__(self, "values", tuple(dict.fromkeys(checked)))

    @classmethod
    def parse(cls, text: str, settings: Mapping[str, Setting] | None = None) -> Axis:
        """The axis ``echo_step=1..20``, ``cell=rnn,gru,lstm``, ``learning_rate=0.01..1@5``.

        ``LO..HI`` are whole numbers. ``LO..HI@N`` are N values from LO to HI, spaced
        logarithmically (0.01, 0.0316, 0.1, 0.316, 1), or linearly if they are fractions that can be
        0; those of whole-number fields are rounded.

        The ``settings`` of the tasks of the sweep can be axes too.
        """
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            allowed = "FIELD=VALUES, where VALUES are a,b,c or LO..HI, or LO..HI@N for N of them"
            raise ConfigError("grid", text, allowed)
        settings = {**settings_by_name(ECHO), **(settings or {})}
        names = (*ORDER, *settings)
        if name not in names:
            tasks = tasks_with(name)
            if tasks:
                raise ConfigError("grid", name, f"it is {tasks}: name one with --task")
            allowed = ", ".join(name for name in names if name not in NO_AXES)
            raise ConfigError("grid", name, f"one of {allowed}")
        if name in settings:
            setting = settings[name]
            checked: list[Any] = [setting.checked(value) for value in _values(setting, values)]
            return cls(name, tuple(checked))
        words = Setting(name, "")  # a task is one, and no field
        return cls(name, tuple(_values(FIELDS.get(name, words), values)))


def sizes_of(
    config: EchoConfig, text: str, settings: Mapping[str, Any] = {}
) -> tuple[TaskSettings, ...]:
    """The settings of held-out data of several sizes: of ``length=50,100`` these, each with each of
    the values, as the last; a `ConfigError` if they do not fit the network."""
    settings_of_task = settings_by_name(config.value(TASK))
    name, equals, _ = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or name not in settings_of_task:
        allowed = f"SETTING=VALUES, with one of {', '.join(settings_of_task)}"
        raise ConfigError("sizes", text, allowed)
    if name in settings:
        raise ConfigError(name, settings[name], "it is already in --sizes")
    sizes = []
    for value in Axis.parse(text, settings_of_task).values:
        size = {**settings, name: value}
        held_out_config(config, size)
        sizes.append(tuple(size.items()))
    return tuple(sizes)


def _checked(name: str, value: Value) -> Value:
    """The value of a field as configurations have it; that of a task's setting is checked with the
    grid's points."""
    if name == TASK:
        return task_named(value)
    if name == CELL:
        return cell_named(value)
    return FIELDS[name].checked(value) if name in FIELDS else value


def _values(setting: Setting, text: str) -> Sequence[Value]:
    words = text.split(",")
    if isinstance(setting.default, str):
        return [word.strip() for word in words]
    match = RANGE.fullmatch(text)
    if match:
        return _range(setting, text, **match.groupdict())
    return [_number(setting, word) for word in words]


def _number(setting: Setting, word: str) -> int | float:
    number: object = word  # if it is none, the check says so
    if isinstance(setting.default, int):
        with suppress(ValueError):
            number = int(word)
        return whole(setting.name, number)
    with suppress(ValueError):
        number = float(word)
    return fraction(setting.name, number, setting.allowed)


def _range(
    setting: Setting, text: str, low: str, high: str, count: str | None
) -> Sequence[int | float]:
    name = setting.name
    first, last = _number(setting, low), _number(setting, high)
    if first > last:
        raise ConfigError(name, text, "the first value must not exceed the last")
    if count is not None:
        return _spaced(setting, text, first, last, int(_number(Setting(name, 0), count)))
    if isinstance(first, float) or isinstance(last, float):
        raise ConfigError(name, text, f"{text}@N with the number N of fractions")
    _require_count(name, last - first + 1)
    return range(first, last + 1)


def _spaced(
    setting: Setting, text: str, first: int | float, last: int | float, count: int
) -> Sequence[int | float]:
    """Both ends, and values between them, rounded as the field needs."""
    _require_count(setting.name, count)
    if count == 1:
        raise ConfigError(setting.name, text, "2 values or more in a range")
    for end in (first, last):  # if both ends fit into a float, so do the values between
        _checked(setting.name, end)
    shares = [index / (count - 1) for index in range(1, count - 1)]
    if isinstance(first, float) and setting.least <= 0:
        between = [first + (last - first) * share for share in shares]
    elif first > 0:
        between = [first * math.pow(last / first, share) for share in shares]
    else:
        allowed = "above 0 in a range with @, whose values are spaced logarithmically"
        raise ConfigError(setting.name, text, allowed)
    if isinstance(first, float):
        return [first, *(float(f"{value:.{DIGITS}g}") for value in between), last]
    return [first, *map(round, between), last]


def _require_count(field: str, count: int) -> None:
    if not 1 <= count <= MAX_VALUES:
        raise ConfigError("grid", field, f"1 to {MAX_VALUES} values, not {shortened(count)}")


class Impossible(NamedTuple):
    """A combination of values that is left out, for example an echo longer than the row."""

    values: Mapping[str, Value]
    reason: str


class Points(NamedTuple):
    """The combinations of a grid, in the order of its axes; the possible ones have the first of its
    seeds."""

    possible: tuple[EchoConfig, ...]
    impossible: tuple[Impossible, ...]


@dataclass(frozen=True)
class Grid:
    """The definition of a sweep; a `ConfigError` if a field or a number is invalid, or all points
    are impossible.

    The first axis varies slowest. ``fields`` are other values; ``seed`` is the first of each
    point's seeds.
    """

    axes: tuple[Axis, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 16
    until: Until = "solved"

    def __post_init__(self) -> None:
        names = [axis.field for axis in self.axes]
        if not names:
            raise ConfigError("grid", "", "at least one FIELD=VALUES")
        for name in names:
            if names.count(name) > 1:
                raise ConfigError("grid", name, "each field may be given only once")
            if name in self.fields:
                raise ConfigError(name, self.fields[name], "it is already an axis of the grid")
        replicas = self.fields.get("replicas", 1)
        if replicas != 1:
            allowed = "use --seeds for the number of networks per point"
            raise ConfigError("replicas", replicas, allowed)
        Setting("until", "solved", choices=get_args(Until)).checked(self.until)
        Setting("seeds", 1, least=1).checked(self.seeds)
        trainings = math.prod(len(axis.values) for axis in self.axes) * self.seeds
        if trainings > MAX_TRAININGS:
            allowed = f"at most {MAX_TRAININGS:,}, over all points and seeds"
            raise ConfigError("grid", f"{trainings:,} networks", allowed)
        first = self.fields.get("seed", EchoConfig.seed)
        Setting("seed", 0, "", 0, MAX_SEED - self.seeds + 1).checked(first)  # of the last one too
        if not self.points.possible:
            for _, config in self._combinations():
                if isinstance(config, ConfigError):
                    raise config

    @cached_property
    def points(self) -> Points:
        possible, impossible = [], []
        for values, config in self._combinations():
            if isinstance(config, EchoConfig):
                possible.append(config)
            else:
                impossible.append(Impossible(values, str(config)))
        return Points(tuple(possible), tuple(impossible))

    def uses_of(self, task: Value) -> Iterator[tuple[dict[str, Any], tuple[int, int] | None]]:
        """The values of all points with a task, each with the shape of the data; None if a point is
        impossible."""
        for values, config in self._combinations():
            fields = {**self._fields_for(values), **values}
            if fields.get(TASK) == task:
                yield fields, config.data_shape if isinstance(config, EchoConfig) else None

    def _combinations(self) -> Iterator[tuple[dict[str, Value], EchoConfig | ConfigError]]:
        names = [axis.field for axis in self.axes]
        for combination in itertools.product(*(axis.values for axis in self.axes)):
            values = dict(zip(names, combination, strict=True))
            try:
                yield values, EchoConfig.from_fields({**self._fields_for(values), **values})
            except ConfigError as error:
                yield values, error

    def _fields_for(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields of a point.

        If tasks vary, those that are settings of other tasks of the grid are left out.
        """
        if TASK not in values:
            return self.fields
        tasks: list[Any] = []
        for axis in self.axes:
            if axis.field == TASK:
                tasks += axis.values
        settings = set().union(*map(defaults_of, tasks))
        others = settings - defaults_of(values[TASK]).keys()
        return {name: value for name, value in self.fields.items() if name not in others}


def with_seeds_from(config: EchoConfig, seeds: int) -> Sequence[EchoConfig]:
    """The configuration with each of ``seeds`` consecutive seeds, beginning with its own."""
    return [replace(config, seed=config.seed + index) for index in range(seeds)]

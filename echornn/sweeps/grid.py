"""The grid of a sweep: all combinations of its axes' values, each with several seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

from echornn.config import MAX_SEED, TASK, ConfigError, EchoConfig
from echornn.own import OwnFile
from echornn.sweeps.axis import Axis, Value

Until = Literal["solved", "all"]
"""When the training of a network ends: when it has solved the echo, or after all its epochs."""

MAX_TRAININGS = 100_000
"""The most trainings of a sweep; each has its own file in the sweep's folder."""


@dataclass(frozen=True)
class Impossible:
    """A combination of values that is invalid, for example an echo longer than the row.

    Attributes:
        values: the values of the axes, by field.
        reason: what is invalid, and what is allowed.
    """

    values: Mapping[str, Value]
    reason: str

    def __str__(self) -> str:
        """The values and the reason, as text."""
        return f"{in_words(self.values)}: {self.reason}"


@dataclass(frozen=True)
class Points:
    """The possible and the impossible combinations of a grid.

    Attributes:
        possible: the configurations, with the first of the grid's seeds.
        impossible: the combinations that are left out.
    """

    possible: tuple[EchoConfig, ...]
    impossible: tuple[Impossible, ...]


@dataclass(frozen=True)
class Grid:
    """The definition of a sweep.

    Args:
        axes: the fields that vary; the first varies slowest.
        fields: other fields that differ from the defaults, by name; ``seed`` is the first seed.
        seeds: the number of networks per point, with consecutive seeds.
        until: the rule for the end of training.

    Raises:
        ConfigError: a field or a number is invalid, or all points are impossible.
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
        if self.fields.get("replicas", 1) != 1:
            raise ConfigError("replicas", self.fields["replicas"], "use --seeds for the number of networks per point")
        if self.until not in get_args(Until):
            raise ConfigError("until", self.until, f"one of {', '.join(get_args(Until))}")
        if isinstance(self.seeds, bool) or not isinstance(self.seeds, int) or self.seeds < 1:
            raise ConfigError("seeds", self.seeds, "1 or more")
        trainings = math.prod(len(axis.values) for axis in self.axes) * self.seeds
        if trainings > MAX_TRAININGS:
            raise ConfigError(
                "grid", f"{trainings:,} networks", f"at most {MAX_TRAININGS:,}, over all points and seeds"
            )
        first = EchoConfig().seed if self.fields.get("seed") is None else self.fields["seed"]
        if first + self.seeds - 1 > MAX_SEED:
            raise ConfigError(
                "seed", first, f"at most {MAX_SEED - self.seeds + 1}, so that each network has a different seed"
            )
        if not self.points.possible:
            raise next(self._refusals())

    @cached_property
    def points(self) -> Points:
        """The combinations of the grid, in the order of the axes."""
        possible: list[EchoConfig] = []
        impossible: list[Impossible] = []
        for values, config in self._combinations():
            if isinstance(config, ConfigError):
                impossible.append(Impossible(values, str(config)))
            else:
                possible.append(config)
        return Points(tuple(possible), tuple(impossible))

    @property
    def files(self) -> tuple[OwnFile, ...]:
        """The user's own files, of tasks and of cells."""
        values = [value for axis in self.axes for value in axis.values]
        return tuple(one for one in (*values, *self.fields.values()) if isinstance(one, OwnFile))

    def with_files(self, files: Mapping[OwnFile, OwnFile]) -> Grid:
        """The grid with other values in place of its files."""
        axes = tuple(replace(axis, values=tuple(_other(files, one) for one in axis.values)) for axis in self.axes)
        return replace(self, axes=axes, fields={name: _other(files, one) for name, one in self.fields.items()})

    def uses_of(self, task: Value) -> Iterator[tuple[dict[str, Any], tuple[int, int] | None]]:
        """The values of all points with a task, each with the shape of the data; None if a point is impossible."""
        for values, config in self._combinations():
            fields = {**self._fields_for(values), **values}
            if fields.get(TASK) == task:
                yield fields, config.data_shape if isinstance(config, EchoConfig) else None

    def _refusals(self) -> Iterator[ConfigError]:
        return (config for _, config in self._combinations() if isinstance(config, ConfigError))

    def _combinations(self) -> Iterator[tuple[dict[str, Value], EchoConfig | ConfigError]]:
        names = [axis.field for axis in self.axes]
        for combination in itertools.product(*(axis.values for axis in self.axes)):
            values = dict(zip(names, combination, strict=True))
            try:
                yield values, EchoConfig.from_fields({**self._fields_for(values), **values})
            except ConfigError as error:
                yield values, error

    def _fields_for(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """The fields of a point. If tasks vary, those that are settings of other tasks of the grid are left out."""
        tasks = next((axis.values for axis in self.axes if axis.field == TASK), ())
        if not tasks:
            return dict(self.fields)
        from echornn.tasks.table import defaults_of

        settings = {task: defaults_of(task).keys() for task in tasks}  # type: ignore[arg-type]
        others = set().union(*settings.values()) - settings[values[TASK]]
        return {name: value for name, value in self.fields.items() if name not in others}


def _other(files: Mapping[OwnFile, OwnFile], value: Any) -> Any:
    return files.get(value, value) if isinstance(value, OwnFile) else value


def with_seeds_from(config: EchoConfig, seeds: int) -> Sequence[EchoConfig]:
    """The configuration with each of ``seeds`` consecutive seeds, beginning with its own."""
    return [replace(config, seed=config.seed + index) for index in range(seeds)]


def in_words(values: Mapping[str, object]) -> str:
    """Fields with their values as text: ``echo_step 3, cell gru``."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()
    )

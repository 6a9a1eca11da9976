"""All values of a configuration by name: the fields, the task, and the settings of the task."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from echornn.errors import ConfigError
from echornn.limits import MAX_CLASSES, MAX_STEPS
from echornn.rules import RULES
from echornn.tasks.task import trial_length

if TYPE_CHECKING:
    from echornn.tasks.task import Task

TASK, ECHO = "task", "echo"

CELL = "cell"

ECHO_FIELDS = frozenset({"num_classes", "echo_step", "row_start"})
"""The fields that are settings of the echo; another task has settings of its own instead."""

LIVE_FIELDS = frozenset({"num_epochs", "learning_rate", "echo_step", "row_start", "rule"})
"""Fields that can change between two windows; a change of any other field starts a new network."""

START_FIELDS = LIVE_FIELDS | {"seed", "init"}
"""If only these fields differ, the same trainer can start over. Compiled programs depend on none of them but the rule,
and a trainer borrows the program of another rule.
"""

DATA_FIELDS = frozenset({"seed", "total_series_length", "batch_size", "num_classes", "echo_step", "row_start"})
"""Fields that the data of an epoch depends on."""

PACE_FIELDS = frozenset({"num_epochs", "learning_rate", "rule"})
"""Fields that affect how long, how fast and by which rule a network learns, but not what it learns."""


class NotGiven(int):
    """A default value that a task may replace by a better one."""


class FlatValues:
    """The base class of `EchoConfig`, which gives access to all values by name.

    The names are those of the fields, ``task``, and those of the task's settings. ``task`` is a name of the table, or
    an `OwnFile`. If the task is not the echo, the fields in `ECHO_FIELDS` are missing.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Any]]
        task: Any
        truncated_backprop_length: int

        @property
        def the_task(self) -> Task: ...

        @property
        def trial_length(self) -> int | None: ...

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all fields but ``task``."""
        return tuple(name for name in cls.__dataclass_fields__ if name != TASK)

    def fields(self) -> dict[str, Any]:
        """All values by name."""
        values = {name: getattr(self, name) for name in self.names()}
        if self.task is None:
            return {**values, TASK: ECHO}
        from echornn.tasks.table import name_of, values_of

        kept = {name: value for name, value in values.items() if name not in ECHO_FIELDS}
        return {**kept, TASK: name_of(self.the_task), **values_of(self.the_task)}

    def value(self, name: str) -> Any:
        """One of the values.

        Raises:
            KeyError: there is no such name.
        """
        return self.fields()[name]

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Self:
        """The configuration with these values by name; the others are the defaults.

        Raises:
            ConfigError: a name is not known, or a value, or a combination of values, cannot work.
        """
        names = (*cls.names(), TASK)
        fields = {name: value for name, value in values.items() if name in names}
        settings = {name: value for name, value in values.items() if name not in names}
        if settings or fields.get(TASK) not in (None, ECHO):
            from echornn.tasks.table import named, require_known, task_of

            name = named(fields.get(TASK) or ECHO)
            require_known(name, settings)
            fields[TASK] = None if name == ECHO else task_of(name, settings)
        return cls(**fields)

    def with_fields(self, changes: Mapping[str, Any]) -> Self:
        """The configuration with other values by name.

        A new ``task`` starts with its default settings, except those in ``changes``. A window length that is the
        default (see `usual_window`) becomes the default for the new task.

        Raises:
            ConfigError: a name is not known, or a value, or a combination of values, cannot work.
        """
        changes = dict(changes)
        if TASK in changes:
            from echornn.tasks.table import named

            changes[TASK] = named(changes[TASK] or ECHO)
        values = {**self._values_under(changes.get(TASK, self.value(TASK))), **changes}
        return self.from_fields(values)

    def changes_to(self, other: FlatValues) -> dict[str, Any]:
        """The values of ``other`` that differ from these, in order; `with_fields` makes ``other`` from them."""
        if self.task is None and other.task is None:
            names = self.names()
            return {name: getattr(other, name) for name in names if getattr(other, name) != getattr(self, name)}
        values = other.fields()
        before = self.fields()
        if values[TASK] == before[TASK]:
            return {name: value for name, value in values.items() if before.get(name) != value}
        from echornn.tasks.table import defaults_of

        before = {**self._values_under(values[TASK]), **defaults_of(values[TASK])}
        before.setdefault("truncated_backprop_length", usual_window(other.trial_length))
        return {name: value for name, value in values.items() if name == TASK or before[name] != value}

    def _values_under(self, task: object) -> dict[str, Any]:
        """The values that are kept when the task changes to the task of this name."""
        values = self.fields()
        if task != values[TASK]:
            values = {name: values[name] for name in self.names() if name not in ECHO_FIELDS}
        if self.truncated_backprop_length == usual_window(self.trial_length):
            del values["truncated_backprop_length"]
        return values

    def differs_only_live(self, other: Self) -> bool:
        """Whether training can switch to ``other`` without starting over; see `live_fields`."""
        return self.differs_only_in(other, LIVE_FIELDS)

    def same_program(self, other: Self) -> bool:
        """Whether a trainer can start over with ``other``: only `START_FIELDS` differ, or settings of the task that do
        not change its form (inputs, outputs and length). Then nothing is compiled, except for another rule.
        """
        return self.differs_only_in(other, START_FIELDS)

    def same_data(self, other: Self) -> bool:
        """Whether both configurations train on the same data: no field of `DATA_FIELDS` differs, nor the task."""
        changes = self.changes_to(other).keys()
        return DATA_FIELDS.isdisjoint(changes) and not self._settings_in(changes)

    def same_task(self, other: Self) -> bool:
        """Whether results under this configuration still count under ``other``: only `PACE_FIELDS` differ."""
        return self.changes_to(other).keys() <= PACE_FIELDS

    @property
    def live_fields(self) -> frozenset[str]:
        """The names of the values that can change between two windows; a change of any other value starts a new
        network.

        A setting of the task is among them if it does not change the task's form (inputs, outputs and length).
        """
        if self.task is None:
            return LIVE_FIELDS
        from echornn.tasks.table import settings_without_form

        return LIVE_FIELDS - ECHO_FIELDS | settings_without_form(self.the_task)

    def differs_only_in(self, other: Self, names: frozenset[str]) -> bool:
        """Whether only values with these names differ. Settings that do not change the form of a task other than the
        echo may differ too.
        """
        changes = self.changes_to(other).keys()
        if TASK in changes or changes <= names:
            return changes <= names
        settings = self._settings_in(changes)
        if not settings or not changes - settings <= names:
            return False
        from echornn.tasks.task import form_of

        return form_of(self.the_task) == form_of(other.the_task)

    def _settings_in(self, names: Collection[str]) -> set[str]:
        """The names among these that are not fields: ``task``, and the task's settings."""
        return set(names) - set(self.names())


DEFAULT_WINDOW = 15
"""Time steps of a window in the tutorial."""


def usual_window(trial_length: int | None) -> int:
    """The window length T if none is given: the tutorial's for a stream, a whole trial for trials.

    Args:
        trial_length: time steps of a trial; None for a stream.
    """
    return trial_length or DEFAULT_WINDOW


MAX_LAYERS = 8

MAX_EPOCHS = 10**12
"""The most epochs: more than can ever be trained, and few enough that all counts of windows are exact."""

MAX_SEED = 2**128 - 1
"""The largest seed: NumPy's seed sequences use 128 bits."""

MAX_REPLICAS = 4096

LEAST_RATE, MAX_RATE = 1e-37, 1e38
"""The smallest and largest learning rate with which float32 neither loses digits nor overflows."""

MOST = {
    "num_epochs": MAX_EPOCHS,
    "total_series_length": MAX_STEPS,
    "truncated_backprop_length": MAX_STEPS,
    "state_size": MAX_STEPS,
    "echo_step": MAX_STEPS,
    "batch_size": MAX_STEPS,
    "seed": MAX_SEED,
    "stride": MAX_STEPS,
}
"""The largest value of each whole-number field without another limit."""


def _from_1(value: Any) -> bool:
    return bool(value >= 1)


RANGES: dict[str, tuple[tuple[Callable[[Any], bool], str], ...]] = {
    "num_epochs": ((_from_1, "1 or more"),),
    "total_series_length": ((_from_1, "1 or more"),),
    "truncated_backprop_length": ((_from_1, "1 or more"),),
    "state_size": ((_from_1, "1 or more"),),
    "num_classes": ((lambda value: 2 <= value <= MAX_CLASSES, f"2 to {MAX_CLASSES}"),),
    "batch_size": ((_from_1, "1 or more"),),
    "seed": ((lambda value: value >= 0, "0 or more"),),
    "replicas": ((lambda value: 1 <= value <= MAX_REPLICAS, f"1 to {MAX_REPLICAS}"),),
    "num_layers": ((lambda value: 1 <= value <= MAX_LAYERS, f"1 to {MAX_LAYERS}"),),
    "dropout": ((lambda value: 0 <= value < 1, "0 to below 1"),),
    "learning_rate": (
        (lambda value: math.isfinite(value) and value > 0, "a finite number above 0"),
        (
            lambda value: LEAST_RATE <= value <= MAX_RATE,
            f"{LEAST_RATE} to {MAX_RATE}, since weights are float32",
        ),
    ),
}
"""Checks of single fields, each with what it allows, in words."""


def require_in_range(name: str, value: Any) -> None:
    """Check a field's value, which has the right type.

    Raises:
        ConfigError: no configuration can have this value.
    """
    most = MOST.get(name)
    if most is not None and value is not None and value > most:
        raise ConfigError(name, value, f"at most {most}")
    for allows, allowed in RANGES.get(name, ()):
        if not allows(value):
            raise ConfigError(name, value, allowed)


class WindowSizes:
    """The sizes of windows, rows and epochs; a base class of `EchoConfig`.

    Rows of a stream are cut into windows, and the state is carried on. Rows of trials are cut into trials, and each is
    a window that begins with a zero state.
    """

    if TYPE_CHECKING:
        task: Any
        truncated_backprop_length: int
        stride: int | None
        rule: str
        total_series_length: int
        batch_size: int

        @property
        def the_task(self) -> Task: ...

    @property
    def trial_length(self) -> int | None:
        """Time steps of a trial; None if the task is a stream."""
        if self.task is None:
            return None
        return trial_length(self.the_task)

    @property
    def is_stream(self) -> bool:
        """Whether rows are cut into windows and the state is carried on; otherwise each window is a separate trial."""
        return self.trial_length is None

    @property
    def window_steps(self) -> int:
        """Time steps of a window: T of a stream, and a whole trial of trials, in which the gradient is cut at T."""
        return self.trial_length or self.truncated_backprop_length

    @property
    def reach(self) -> int | None:
        """Time steps between two cuts of the gradient; None if the learning rule does not cut it."""
        return self.truncated_backprop_length if RULES[self.rule].cuts else None

    @property
    def is_uncut(self) -> bool:
        """Whether the learning rule follows errors past T time steps, where others cut them off."""
        return self.reach is None and (self.is_stream or self.truncated_backprop_length < self.window_steps)

    @property
    def gradient_cut(self) -> int | None:
        """Time steps of a trial after which the gradient is cut; None if it flows through the whole trial."""
        return None if self.reach is None or self.reach >= self.window_steps else self.reach

    @property
    def window_stride(self) -> int:
        """Time steps from one window to the next (k1 of TBPTT(k1, k2); k2 is the length of a window)."""
        return self.window_steps if self.stride is None else self.stride

    @property
    def row_length(self) -> int:
        """Time steps in one row of the batch."""
        return self.total_series_length // self.batch_size

    @property
    def windows_per_epoch(self) -> int:
        """The number of windows that fit into a row."""
        return (self.row_length - self.window_steps) // self.window_stride + 1

    @property
    def data_shape(self) -> tuple[int, int]:
        """The rows of an epoch's data and their steps, without steps that no window has; each trial is a row.

        Records of a user's own task have its ladder for this shape, so that it has to stay the same for them.
        """
        windows = self.windows_per_epoch
        if self.is_stream:
            return self.batch_size, (windows - 1) * self.window_stride + self.window_steps
        return self.batch_size * windows, self.window_steps

    @property
    def unused_steps(self) -> int:
        """Time steps of an epoch that no window covers: the remainder of dividing it into rows and windows."""
        covered = (self.windows_per_epoch - 1) * self.window_stride + self.window_steps
        return self.total_series_length - self.batch_size * covered

    @property
    def predictions_per_window(self) -> int:
        """The number of outputs in a window: batch_size * `window_steps`."""
        return self.batch_size * self.window_steps

"""All values of a configuration by name: the fields, the task, and the settings of the task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

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
        from echornn.tasks.chosen import name_of, values_of

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
            from echornn.tasks.chosen import named, require_known, task_of

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
            from echornn.tasks.chosen import named

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
        from echornn.tasks.chosen import defaults_of

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
        from echornn.tasks.chosen import settings_without_form

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
        from echornn.tasks.checked_task import form_of

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

"""A user's own task as a record describes it: its text is run only when data are drawn."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from echornn.own import own_file
from echornn.tasks.own.facts import KnownForm, TaskFacts, Values
from echornn.tasks.settings import KEY, Setting
from echornn.tasks.task import Batch, Level, Numbers, Symbols, Task


def values_in_order(task: Task) -> Values:
    """The values of all settings of a task."""
    return tuple(getattr(task, name) for name in _names(type(task)))


@lru_cache(maxsize=64)
def _names(kind: type[Task]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def is_same_task(task: Task, other: object) -> bool:
    """Whether two tasks from users' files have the same text, class and values; replaces a dataclass's ``__eq__``."""
    if not isinstance(other, Task) or other.own != task.own:
        return False
    return values_in_order(task) == values_in_order(other)


def hash_of(task: Task) -> int:
    """A hash that goes with `is_same_task`."""
    return hash((task.own, values_in_order(task)))


@dataclass(frozen=True, eq=False)
class RecordedTask(Task):
    """A user's own task as a record describes it. It answers from the record's facts, until its text has run in this
    process; only drawing data runs the text.
    """

    __eq__ = is_same_task
    __hash__ = hash_of

    def as_written(self) -> Task:
        """The task that its text makes, if that has been run in this process; else this one."""
        return _written(self) if self.own in own_file.LOADED else self

    @property
    def live_settings(self) -> frozenset[str]:
        """The settings that do not seem to change the task's form, from the facts."""
        facts: TaskFacts = self.own.facts
        return facts.form(values_in_order(self)).live

    @property
    def inputs(self) -> Symbols | Numbers:
        return self._known.inputs

    @property
    def outputs(self) -> Symbols | Numbers:
        return self._known.outputs

    @property
    def length(self) -> int | None:
        return self._known.length

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        return _written(self).draw(rng, rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        return self._known.levels(rows, steps)

    def sources(self, t: int) -> tuple[int, ...]:
        return self._known.sources(t)

    def solved(self, rows: int, steps: int) -> float | None:
        return self._known.solved(rows, steps)

    @property
    def _known(self) -> KnownForm | Task:
        facts: TaskFacts = self.own.facts
        return _written(self) if self.own in own_file.LOADED else facts.form(values_in_order(self))


@lru_cache(maxsize=64)
def _written(task: RecordedTask) -> Task:
    made: Task = task.own.written(dict(zip(_names(type(task)), values_in_order(task), strict=True)))
    return made


@lru_cache(maxsize=64)
def class_for(name: str, doc: str, scores_every_step: bool, settings: tuple[Setting, ...]) -> type[RecordedTask]:
    """The class of a recorded task with these settings."""
    fields = []
    for one in settings:
        more = {key: value for key, value in vars(one).items() if key not in ("name", "default")}
        fields.append((one.name, type(one.default), dataclasses.field(default=one.default, metadata={KEY: more})))
    space = {"__doc__": doc, "__module__": __name__, "scores_every_step": scores_every_step}
    made = dataclasses.make_dataclass(name, fields, bases=(RecordedTask,), namespace=space, frozen=True, eq=False)
    assert issubclass(made, RecordedTask)
    return made

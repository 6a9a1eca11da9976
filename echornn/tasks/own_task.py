"""The facts about a user's own task in a record. With them, a run or sweep is looked at without running the task's
text.
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from echornn.errors import blaming
from echornn.limits import MAX_STEPS
from echornn.own import own_file
from echornn.own.own_file import OwnFile
from echornn.tasks.task import (
    KEY,
    Batch,
    Level,
    Numbers,
    Setting,
    Symbols,
    Task,
    TaskError,
    checked_levels,
    settings_of,
)

Values = tuple[Any, ...]
"""The values of all settings of a task, in their order."""

Shape = tuple[int, int]
"""The rows of an epoch's data, and their steps; see `Task.levels`."""

Ladder = tuple[tuple[Level, ...], float | None]
"""The levels of a task, and the loss below which it counts as solved."""


class UnknownNumbers(Numbers):
    """Data of a task of which nothing is known."""

    loss, unit = "loss", ""


UNKNOWN = UnknownNumbers(1)


@dataclass(frozen=True)
class KnownForm:
    """What is known about a task with certain values of its settings; without facts, it is a stream without levels.

    Attributes:
        inputs, outputs, length: as in `Task`.
        live: the settings that do not seem to change this form.
        ladders: the ladders that are known, by the shape of the data.
        lags: those of `Task.sources`, each with the step from which on they are the same.
    """

    inputs: Symbols | Numbers = UNKNOWN
    outputs: Symbols | Numbers = UNKNOWN
    length: int | None = None
    live: frozenset[str] = frozenset()
    ladders: Mapping[Shape, Ladder] = field(default_factory=dict)
    lags: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        return self.ladders.get((rows, steps), ((), None))[0]

    def solved(self, rows: int, steps: int) -> float | None:
        return self.ladders.get((rows, steps), ((), None))[1]

    def sources(self, t: int) -> tuple[int, ...]:
        return self.lags[bisect_right(self.lags, t, key=itemgetter(0)) - 1][1] if self.lags else ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> KnownForm:
        length = record["length"]
        if length is not None and (type(length) is not int or not 1 <= length <= MAX_STEPS):
            raise ValueError(f"length = {length} is not the number of steps of a trial")
        lags = tuple((first, tuple(some)) for first, some in record.get("sources") or ())
        steps = [first for first, _ in lags]
        if steps[:1] not in ([], [0]) or steps != sorted(steps):
            raise ValueError(f"the sources of steps {steps[:3]} are not those of all steps")
        ladders = {(one["rows"], one["steps"]): _ladder(one) for one in record["ladders"]}
        return cls(_form(record["inputs"]), _form(record["outputs"]), length, frozenset(record["live"]), ladders, lags)


@dataclass(frozen=True)
class TaskFacts:
    """The facts about a user's own task in a record; false if it has none.

    Attributes:
        doc: the docstring of the task's class.
        scores_every_step: as in `Task`.
        settings: the settings of the task.
        known: the facts for each combination of values of its settings; for impossible values, a text with the reason.
    """

    doc: str
    scores_every_step: bool
    settings: tuple[Setting, ...]
    known: Mapping[Values, KnownForm | str]

    def __bool__(self) -> bool:
        return bool(self.known)

    def form(self, values: Values) -> KnownForm:
        """What is known about the task with these values; of values that the record lacks, the form with others.

        Raises:
            TaskError: the values are impossible.
        """
        found = self.known.get(values)
        if isinstance(found, str):
            raise TaskError(found)
        others = (one for one in self.known.values() if isinstance(one, KnownForm))
        return found or replace(next(others, KnownForm()), ladders={}, lags=())

    @classmethod
    def of(cls, given: Mapping[str, Iterable[Any]]) -> TaskFacts:
        """No facts, but for settings with these values. None of these counts as the default, which is not known."""
        settings = []
        for name, values in given.items():
            words = tuple(value for value in values if isinstance(value, str))
            default = "" if words else sum(map(abs, values), 1)  # a float if a value is one
            settings.append(Setting(name, default, "", -math.inf, math.inf, words))
        return cls("", False, tuple(settings), {})

    @classmethod
    def from_record(cls, record: Any) -> TaskFacts:
        """The facts from their record; see `echornn.tasks.table`.

        Raises:
            ValueError: the record is damaged.
        """
        try:
            settings = tuple(Setting(**{**one, "choices": tuple(one["choices"])}) for one in record["settings"])
            known: dict[Values, KnownForm | str] = {}
            for one in record["known"]:
                values = tuple(one["values"])
                if len(values) != len(settings):
                    raise ValueError(f"{values} are not the values of {len(settings)} settings")
                known[values] = str(one["impossible"]) if "impossible" in one else KnownForm.from_record(one)
            return cls(str(record["doc"]), bool(record["scores_every_step"]), settings, known)
        except (LookupError, TypeError, AttributeError, ArithmeticError, TaskError) as error:
            raise ValueError(f"what it says about the task is damaged: {error}") from error


def _form(record: Mapping[str, Any]) -> Symbols | Numbers:
    names = record.get("names", ())
    return Symbols(record["symbols"], names) if "symbols" in record else Numbers(record["numbers"], names)


def _ladder(record: Mapping[str, Any]) -> Ladder:
    solved = record["solved"]
    if solved is not None and not math.isfinite(solved):
        raise ValueError(f"solved = {solved} is not a loss")
    return checked_levels(Level(**one) for one in record["levels"]), solved


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


class OwnTask(OwnFile):
    """The file of a user's task; its name is that of the task's class."""

    noun, error = "task", TaskError
    definition = r"^class {name}\b"
    facts_from = staticmethod(TaskFacts.from_record)
    no_facts = TaskFacts.of({})

    @property
    def kind(self) -> type[Task]:
        """The class of the task, from its facts or else from its text; see `load`."""
        facts: TaskFacts | None = self.facts
        if facts is None:
            written: type[Task] = self.load()
            return written
        return class_for(self.name, facts.doc, facts.scores_every_step, facts.settings)

    def task(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values of its settings, from its facts if there are any; all other settings have their
        defaults.

        Raises:
            TaskError: as in `load`, or a value is not allowed.
        """
        if self.facts is None:
            return self.written(values)
        task = self.kind(**values or {})
        self.facts.form(values_in_order(task))  # an error if they are impossible together
        object.__setattr__(task, "own", self)
        return task

    def with_settings(self, given: Mapping[str, Iterable[object]]) -> OwnTask:
        """This file; if its record lacks facts, with settings that have these values."""
        return replace(self, facts=TaskFacts.of(given)) if self.lacks_facts else self

    def written(self, values: Mapping[str, object] | None = None) -> Task:
        """The task that the text makes; see `task`."""
        kind = self.load()
        with blaming(TaskError, self.file, self.line):
            task: Task = kind(**values or {})
            return task

    def require_free_names(self, taken: Collection[str]) -> None:
        """Check that no setting has a name that is used for something else.

        Raises:
            TaskError: a setting has such a name.
        """
        with blaming(TaskError, self.file, self.line):
            for known in settings_of(self.kind):
                if known.name in taken:
                    raise TaskError(f"the setting {known.name} needs another name: the network has this setting")

    def found_in(self, names: Mapping[str, Any]) -> type[Task]:
        found = names.get(self.name)
        if found is None:
            tasks = [value for value in names.values() if isinstance(value, type) and issubclass(value, Task)]
            others = ", ".join(task.__name__ for task in tasks if task is not Task)
            raise TaskError(f"there is no class {self.name}" + (f", only {others}" if others else ""))
        if not isinstance(found, type) or not issubclass(found, Task):
            raise TaskError(f"{self.name} is not a task: write class {self.name}(Task)")
        if "__dataclass_fields__" not in vars(found):
            raise TaskError(f"write @dataclass(frozen=True) above class {self.name}")
        if found.__abstractmethods__:
            raise TaskError(f"class {self.name} lacks {', '.join(sorted(found.__abstractmethods__))}")
        settings_of(found)
        found.own = replace(self, facts=None)
        found.__eq__, found.__hash__ = is_same_task, hash_of  # type: ignore[method-assign, assignment]
        return found


TaskName = str | OwnTask
"""The reference to the class of a task: its name in the table, or a user's own file."""

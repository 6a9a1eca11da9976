"""The facts about a user's own task in a record. With them, a run or sweep can be read without running the
task's text.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter
from typing import Any

from echornn.limits import MAX_STEPS
from echornn.tasks.checked_task import checked_levels
from echornn.tasks.settings import Setting
from echornn.tasks.task import Level, Numbers, Symbols, TaskError

Values = tuple[Any, ...]
"""The values of all settings of a task, in their order."""

Shape = tuple[int, int]
"""The rows of an epoch's data, and their steps; see `Task.levels`."""

Sources = tuple[tuple[int, tuple[int, ...]], ...]
"""The lags of `Task.sources`, each with the step from which on they are the same; the first step is 0."""


@dataclass(frozen=True)
class Ladder:
    """The levels of a task for data of one shape, and the level below which it counts as solved."""

    levels: tuple[Level, ...]
    solved: float | None

    def as_record(self) -> dict[str, Any]:
        return {"levels": [asdict(level) for level in self.levels], "solved": self.solved}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Ladder:
        levels = [
            Level(one["name"], one["loss"], one["knows"], _lags(one["lags"]), one["wrong"]) for one in record["levels"]
        ]
        solved = record["solved"]
        if solved is not None and not math.isfinite(solved):
            raise ValueError(f"solved = {solved} is not a loss")
        return cls(checked_levels(levels), solved)


@dataclass(frozen=True)
class KnownForm:
    """The facts about a task with certain values of its settings.

    Attributes:
        inputs, outputs, length: as in `Task`.
        live: the settings that do not seem to change this form.
        ladders: the ladders that are known, by the shape of the data.
        sources: the lags of all steps; empty if they change too often; None if the record lacks them.
    """

    inputs: Symbols | Numbers
    outputs: Symbols | Numbers
    length: int | None
    live: frozenset[str]
    ladders: Mapping[Shape, Ladder] = field(default_factory=dict)
    sources: Sources | None = None

    def lags_at(self, t: int) -> tuple[int, ...] | None:
        """The lags of the sources of a step; None if the record lacks them."""
        if not self.sources:
            return None if self.sources is None else ()
        return self.sources[bisect_right(self.sources, t, key=itemgetter(0)) - 1][1]

    def ladder(self, shape: Shape) -> Ladder | None:
        """The ladder for data of this shape; None if the record lacks it."""
        return self.ladders.get(shape)

    def as_record(self) -> dict[str, Any]:
        return {
            "inputs": _form_record(self.inputs),
            "outputs": _form_record(self.outputs),
            "length": self.length,
            "live": sorted(self.live),
            "ladders": [
                {"rows": rows, "steps": steps, **one.as_record()} for (rows, steps), one in self.ladders.items()
            ],
            "sources": self.sources,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> KnownForm:
        length = record["length"]
        if length is not None and (type(length) is not int or not 1 <= length <= MAX_STEPS):
            raise ValueError(f"length = {length} is not the number of steps of a trial")
        ladders = {(one["rows"], one["steps"]): Ladder.from_record(one) for one in record["ladders"]}
        forms, sources = (_form(record["inputs"]), _form(record["outputs"])), _sources(record.get("sources"))
        return cls(*forms, length, frozenset(record["live"]), ladders, sources)


@dataclass(frozen=True)
class TaskFacts:
    """The facts about a user's own task in a record.

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

    def form(self, values: Values) -> KnownForm | None:
        """The facts about the task with these values; None if there are none.

        Raises:
            TaskError: the values are impossible.
        """
        found = self.known.get(values)
        if isinstance(found, str):
            raise TaskError(found)
        return found

    def values(self, given: Mapping[str, object]) -> Values:
        """The values of all settings; settings that are not given have their defaults."""
        return tuple(given.get(one.name, one.default) for one in self.settings)

    def knows(self, given: Mapping[str, object], shape: Shape) -> bool:
        """Whether the ladder for these values and data of this shape is known."""
        form = self.form(self.values(given))
        return form is not None and shape in form.ladders

    def with_others(self, others: Iterable[TaskFacts]) -> TaskFacts:
        """These facts, together with other facts about other values and shapes."""
        known = dict(self.known)
        for one in others:
            for values, form in one.known.items():
                before = known.get(values)
                if isinstance(before, KnownForm) and isinstance(form, KnownForm):
                    form = replace(form, ladders={**before.ladders, **form.ladders})
                known[values] = form
        return TaskFacts(self.doc, self.scores_every_step, self.settings, known)

    def as_record(self) -> dict[str, Any]:
        """The facts as JSON values."""
        known = [
            {"values": list(values), **({"impossible": form} if isinstance(form, str) else form.as_record())}
            for values, form in self.known.items()
        ]
        settings = [asdict(one) for one in self.settings]
        return {
            "doc": self.doc,
            "scores_every_step": self.scores_every_step,
            "settings": settings,
            "known": known,
        }

    @classmethod
    def from_record(cls, record: object) -> TaskFacts:
        """The facts from their record.

        Raises:
            ValueError: the record is damaged.
        """
        try:
            assert isinstance(record, Mapping)
            settings = tuple(Setting(**{**one, "choices": tuple(one["choices"])}) for one in record["settings"])
            known: dict[Values, KnownForm | str] = {}
            for one in record["known"]:
                values = tuple(one["values"])
                if len(values) != len(settings):
                    raise ValueError(f"{values} are not the values of {len(settings)} settings")
                known[values] = str(one["impossible"]) if "impossible" in one else KnownForm.from_record(one)
            return cls(str(record["doc"]), bool(record["scores_every_step"]), settings, known)
        except (AssertionError, LookupError, TypeError, AttributeError, ArithmeticError, TaskError) as error:
            raise ValueError(f"what it says about the task is damaged: {error}") from error


def _form_record(form: Symbols | Numbers) -> dict[str, Any]:
    return {"symbols" if isinstance(form, Symbols) else "numbers": form.count, "names": list(form.names)}


def _form(record: Mapping[str, Any]) -> Symbols | Numbers:
    names = record.get("names", ())
    return Symbols(record["symbols"], names) if "symbols" in record else Numbers(record["numbers"], names)


def _sources(record: Iterable[tuple[int, Iterable[int]]] | None) -> Sources | None:
    if record is None:
        return None
    sources = tuple((first, tuple(lags)) for first, lags in record)
    steps = [first for first, _ in sources]
    if steps[:1] not in ([], [0]) or steps != sorted(steps):
        raise ValueError(f"the sources of steps {steps[:3]} are not those of all steps")
    return sources


def _lags(record: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if record is None else tuple(record)

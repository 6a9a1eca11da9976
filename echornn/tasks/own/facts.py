"""The facts about a user's own task in a record. With them, a run or sweep is looked at without running the task's
text.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
        """The facts from their record; see `echornn.tasks.own.make_facts`.

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

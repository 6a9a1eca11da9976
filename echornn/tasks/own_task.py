"""A user's own task, from its file or from a record: a run or sweep is looked at without running
the task's text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from echornn import seeding
from echornn.own import own_file
from echornn.own.own_file import OwnFile
from echornn.tasks.task import (
    KEY,
    Level,
    Numbers,
    Setting,
    Symbols,
    Task,
    TaskError,
    blaming_method,
    draw_rows,
    form_of,
    ladder,
    lags_of_steps,
    plain_level,
    settings_of,
    solved_level,
    values_of,
)

Shape = tuple[int, int]  # the rows of an epoch's data, and their steps


class UnknownNumbers(Numbers):
    """Data of a task of which nothing is known."""

    loss, unit = "loss", ""


UNKNOWN = UnknownNumbers(1)


def _form(symbols: int = 0, numbers: int = 0, names: Sequence[str] = ()) -> Symbols | Numbers:
    return Symbols(symbols, names) if symbols else Numbers(numbers, names)


def is_same_task(task: Task, other: object) -> bool:
    """The ``__eq__`` of tasks from users' files: the same text, class and values."""
    return isinstance(other, Task) and other.own == task.own and values_of(other) == values_of(task)


def hash_of(task: Task) -> int:
    return hash((task.own, tuple(values_of(task).values())))


def _recorded(known: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says about a task with certain values, by the names of a `Task`; if nothing, a
    stream."""
    ladders = {
        (one["rows"], one["steps"]): (
            tuple(plain_level(Level(**level)) for level in one["levels"]),
            one["solved"],
        )
        for one in known.get("ladders", ())
    }
    return {
        "inputs": _form(**known["inputs"]) if known else UNKNOWN,
        "outputs": _form(**known["outputs"]) if known else UNKNOWN,
        "length": known.get("length"),
        "characters": known.get("characters", ()),
        "live_settings": frozenset(known.get("live", ())),
        "levels": lambda *shape: ladders.get(shape, ((), None))[0],
        "solved": lambda *shape: ladders.get(shape, ((), None))[1],
        "sources": _unknown_sources,
    }


def _unknown_sources(t: int) -> tuple[int, ...]:
    raise TaskError(f"no record has the sources of step {t}: the text has them", is_placed=True)


@lru_cache(maxsize=64)
def _written(task: Task) -> Task:
    return task.own.written(values_of(task))  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class RecordedTask(Task):
    """A user's own task, which answers from its record until its text has run in this process; only
    `draw` runs it."""

    __eq__ = is_same_task
    __hash__ = hash_of

    def _known(self, name: str) -> Any:
        return (
            getattr(_written(self), name)
            if self.own in own_file.LOADED
            else vars(self)["_recorded"][name]
        )

    inputs = property(lambda self: self._known("inputs"))
    outputs = property(lambda self: self._known("outputs"))
    length = property(lambda self: self._known("length"))
    characters = property(lambda self: self._known("characters"))
    live_settings = property(lambda self: self._known("live_settings"))
    levels = property(lambda self: self._known("levels"))
    solved = property(lambda self: self._known("solved"))
    sources = property(lambda self: self._known("sources"))
    draw = property(lambda self: _written(self).draw)


@lru_cache(maxsize=64)
def _class_for(
    name: str, doc: str, scores_every_step: bool, settings: tuple[Setting, ...]
) -> type[RecordedTask]:
    fields = [
        (one.name, type(one.default), dataclasses.field(default=one.default, metadata={KEY: one}))
        for one in settings
    ]
    space = {"__doc__": doc, "__module__": __name__, "scores_every_step": scores_every_step}
    return dataclasses.make_dataclass(
        name, fields, bases=(RecordedTask,), namespace=space, frozen=True, eq=False
    )


class OwnTask(OwnFile):
    """The file of a user's task; its name is that of the task's class.

    Its facts are those of `record_of_facts`.
    """

    noun, error = "task", TaskError
    definition = r"^class {name}\b"
    main_fact = "known"

    @property
    def kind(self) -> type[Task]:
        """The class of the task, from its facts or else from its text."""
        if self.facts is None:
            return self.load()  # type: ignore[no-any-return]
        settings = tuple(
            Setting(**{**one, "choices": tuple(one["choices"])})
            for one in self.facts.get("settings", ())
        )
        every_step = bool(self.facts.get("scores_every_step"))
        return _class_for(self.name, str(self.facts.get("doc", "")), every_step, settings)

    def task(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values of its settings; the others are the defaults.

        What the record of a task does not say is asked of its text, which has to be trusted then:
        facts of other values are no answer, since a length may follow from a setting.
        """
        if self.facts is None:
            return self.written(values)
        task = self.kind(**values or {})
        facts = self._facts_for(list(values_of(task).values()))
        if facts is None:
            self.load()
            facts = {}
        if "impossible" in facts:
            raise TaskError(facts["impossible"])
        vars(task).update(own=self, _recorded=_recorded(facts))
        return task

    def _facts_for(self, values: list[Any]) -> Mapping[str, Any] | None:
        """What the record says about the task with these values; None if nothing; empty if it says
        nothing about any."""
        if self.lacks_facts:
            return {}
        for facts in (self.facts or {})["known"]:
            if facts["values"] == values:
                return facts  # type: ignore[no-any-return]
        return None

    def written(self, values: Mapping[str, object] | None = None) -> Task:
        kind = self.load()
        with self.blaming():
            return kind(**values or {})  # type: ignore[no-any-return]

    def with_settings(self, given: Mapping[str, Iterable[Any]]) -> OwnTask:
        """This file; if its record lacks facts, with settings that have these values; their
        defaults are not known."""
        if not self.lacks_facts:
            return self
        settings = []
        for name, values in given.items():
            words = [value for value in values if isinstance(value, str)]
            default = "" if words else sum(map(abs, values), 1)  # a float if a value is one
            settings.append(asdict(Setting(name, default, "", -math.inf, math.inf, tuple(words))))
        return replace(self, facts={"settings": settings})

    def check_facts(self) -> None:
        settings_of(self.kind)
        for one in (self.facts or {})["known"]:
            if "impossible" not in one:
                _recorded(one)

    def is_usual(self, value: object) -> bool:
        return isinstance(value, type) and issubclass(value, Task) and value is not Task

    def taken(self, found: type[Task]) -> type[Task]:
        if "__dataclass_fields__" not in vars(found):
            raise TaskError(f"write @dataclass(frozen=True) above class {self.name}")
        found.own = replace(self, facts=None)
        found.__eq__, found.__hash__ = is_same_task, hash_of  # type: ignore[method-assign, assignment]
        return found


TaskName = str | OwnTask  # of the table, or a user's own file


def record_of_facts(
    own_task: OwnTask, uses: Iterable[tuple[Mapping[str, Any], Shape | None]]
) -> dict[str, Any] | None:
    """The facts, for each of the values with the shape of their data, None if impossible; None if
    unknown."""
    if own_task.lacks_facts:
        return None
    settings = settings_of(own_task.kind)
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for given, shape in uses:
        values = {one.name: given.get(one.name, one.default) for one in settings}
        key = tuple(values.values())
        try:
            facts = _facts_of(own_task.task(values), shape)
            one = known.setdefault(key, {"values": list(key), **facts, "ladders": []})
            one["ladders"] += [
                levels for levels in facts["ladders"] if levels not in one["ladders"]
            ]
        except TaskError as error:
            known.setdefault(key, {"values": list(key), "impossible": str(error)})
    return {
        "doc": own_task.kind.__doc__ or "",
        "scores_every_step": own_task.kind.scores_every_step,
        "settings": [asdict(one) for one in settings],
        "known": list(known.values()),
    }


@lru_cache(maxsize=256)
def _facts_of(task: Task, shape: Shape | None) -> dict[str, Any]:
    length = form_of(task)[2]
    inputs, outputs = (
        {
            "symbols" if isinstance(form, Symbols) else "numbers": form.count,
            "names": list(form.names),
        }
        for form in (task.inputs, task.outputs)
    )
    ladders = []
    if shape is not None:
        with suppress(TaskError):
            levels, solved = (
                [asdict(one) for one in ladder(task, *shape)],
                solved_level(task, *shape),
            )
            ladders = [{"rows": shape[0], "steps": shape[1], "levels": levels, "solved": solved}]
    live = sorted(task.live_settings)
    form = {
        "inputs": inputs,
        "outputs": outputs,
        "length": length,
        "characters": [*task.characters],
    }
    return {**form, "live": live, "ladders": ladders}


@lru_cache(maxsize=256)
def check(
    own_task: OwnTask, values: tuple[tuple[str, object], ...] = (), rows: int = 5, steps: int = 1000
) -> Task:
    """The task with these values, of which data of this shape are drawn in another process; a
    TaskError if bad.

    From then on the text answers, in this process too, and no longer its record.
    """
    own_task.try_apart(f"{__name__}:draw_once", values=dict(values), rows=rows, steps=steps)
    return own_task.written(dict(values))


def draw_once(
    file: str, name: str, text: str, values: Mapping[str, Any], rows: int, steps: int
) -> None:
    """Draw the same data twice, and ask for all that a task says beforehand."""
    task = OwnTask(file, name, text).task(values)
    length = form_of(task)[2]
    steps = max(steps, length or 1)
    one, two = (
        draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps) for _ in range(2)
    )
    if not all(
        np.array_equal(getattr(one, part), getattr(two, part)) for part in ("x", "y", "scored")
    ):
        with blaming_method(task, "draw"):
            raise TaskError(
                "draw returns different data for the same rng: all random numbers must come from "
                "that rng"
            )
    if length is None:
        shape = rows, steps
    else:  # each trial is a row
        shape = rows * (steps // length), length
    ladder(task, *shape)
    solved_level(task, *shape)
    lags_of_steps(task, 0, shape[1])

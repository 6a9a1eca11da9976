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
import numpy.typing as npt

from echornn import seeding
from echornn.machines import Machine
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
    machine_of,
    plain_level,
    settings_of,
    solved_level,
    values_of,
)

Shape = tuple[int, int]  # the rows of an epoch's data, and their steps


def is_same_task(task: Task, other: object) -> bool:
    """The ``__eq__`` of tasks from users' files: the same text, class and values."""
    return isinstance(other, Task) and other.own == task.own and values_of(other) == values_of(task)


def hash_of(task: Task) -> int:
    return hash((task.own, tuple(values_of(task).values())))


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
        settings = tuple(map(_setting_from, self.facts.get("settings", ())))
        return _class_for(self.name, str(self.facts.get("doc", "")), settings)

    def task(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values of its settings; the others are the defaults.

        What the record of a task does not say is asked of its text, which has to be trusted then:
        facts of other values are no answer, since a length may follow from a setting.
        """
        if self.facts is None:
            return self.written(values)
        task = self.kind(**values or {})
        facts = self._facts_about(list(values_of(task).values()))
        if "impossible" in facts:
            raise TaskError(facts["impossible"])
        # Records from before say it once, for all values
        every_step = bool(self.facts.get("scores_every_step"))
        vars(task).update(own=self, _recorded=_recorded(facts, every_step))
        return task

    def _facts_about(self, values: list[Any]) -> Mapping[str, Any]:
        """What the record says about the task with these values; if nothing, the text is run."""
        if self.lacks_facts:
            return {}
        for facts in self._known:
            if facts["values"] == values:
                return facts
        self.load()
        return {}

    @property
    def _known(self) -> Sequence[Mapping[str, Any]]:
        return (self.facts or {})["known"]  # type: ignore[no-any-return]

    def written(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values as its text defines it."""
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
            values = tuple(values)
            words = tuple(value for value in values if isinstance(value, str))
            default: int | float | str = ""
            if not words:
                # Another than these values, and a float if one of them is
                default = 1 + sum(abs(value) for value in values)
            settings.append(asdict(Setting(name, default, "", -math.inf, math.inf, words)))
        return replace(self, facts={"settings": settings})

    def check_facts(self) -> None:
        settings_of(self.kind)
        for facts in self._known:
            if "impossible" not in facts:
                _recorded(facts)

    def is_usual(self, value: object) -> bool:
        return isinstance(value, type) and issubclass(value, Task) and value is not Task

    def taken(self, found: type[Task]) -> type[Task]:
        if "__dataclass_fields__" not in vars(found):
            raise TaskError(f"write @dataclass(frozen=True) above class {self.name}")
        found.own = self.by_hand()
        found.__eq__ = is_same_task  # type: ignore[method-assign, assignment]
        found.__hash__ = hash_of  # type: ignore[method-assign, assignment]
        return found


TaskName = str | OwnTask  # of the table, or a user's own file


# ---- a task that answers from its record


class UnknownNumbers(Numbers):
    """Data of a task of which nothing is known."""

    loss, unit = "loss", ""


UNKNOWN = UnknownNumbers(1)


@lru_cache(maxsize=64)
def _written(task: Task) -> Task:
    return task.own.written(values_of(task))  # type: ignore[no-any-return]


def _answer(name: str) -> Any:
    """A property of a `RecordedTask`: what its text says if it has run, else what its record
    says."""

    def answer(task: Task) -> Any:
        has_run = task.own in own_file.LOADED
        if has_run:
            return getattr(_written(task), name)
        return vars(task)["_recorded"][name]

    return property(answer)


@dataclass(frozen=True, eq=False)
class RecordedTask(Task):
    """A user's own task, which answers from its record until its text has run in this process; only
    `draw` runs it."""

    __eq__ = is_same_task
    __hash__ = hash_of

    inputs = _answer("inputs")
    outputs = _answer("outputs")
    length = _answer("length")
    scores_every_step = _answer("scores_every_step")
    weighs_steps = _answer("weighs_steps")
    characters = _answer("characters")
    live_settings = _answer("live_settings")
    levels = _answer("levels")
    solved = _answer("solved")
    sources = _answer("sources")
    draw = property(lambda self: _written(self).draw)

    @property
    def letters(self) -> npt.NDArray[Any] | None:
        """Those of its symbols until its text has run: screens ask for them."""
        return _written(self).letters if self.own in own_file.LOADED else super().letters

    @property
    def machine(self) -> Machine | None:
        """None also until its text has run: screens ask for it."""
        return _written(self).machine if self.own in own_file.LOADED else None


@lru_cache(maxsize=64)
def _class_for(name: str, doc: str, settings: tuple[Setting, ...]) -> type[RecordedTask]:
    fields = []
    for setting in settings:
        field = dataclasses.field(default=setting.default, metadata={KEY: setting})
        fields.append((setting.name, type(setting.default), field))
    space = {"__doc__": doc, "__module__": __name__}
    return dataclasses.make_dataclass(
        name, fields, bases=(RecordedTask,), namespace=space, frozen=True, eq=False
    )


def _setting_from(record: Mapping[str, Any]) -> Setting:
    return Setting(**{**record, "choices": tuple(record["choices"])})


def _recorded(facts: Mapping[str, Any], every_step: bool = False) -> dict[str, Any]:
    """What a record says about a task with certain values, by the names of a `Task`; if nothing, a
    stream, and perhaps that it scores every step."""
    ladders: dict[Shape, Any] = {}
    for recorded in facts.get("ladders", ()):
        levels = tuple(plain_level(Level(**level)) for level in recorded["levels"])
        ladders[recorded["rows"], recorded["steps"]] = levels, recorded["solved"]
    no_ladder = (), None
    return {
        "inputs": _form_from(**facts["inputs"]) if facts else UNKNOWN,
        "outputs": _form_from(**facts["outputs"]) if facts else UNKNOWN,
        "length": facts.get("length"),
        "scores_every_step": bool(facts.get("scores_every_step", every_step)),
        "weighs_steps": facts.get("weighs_steps", False),
        "characters": facts.get("characters", ()),
        "live_settings": frozenset(facts.get("live", ())),
        "levels": lambda *shape: ladders.get(shape, no_ladder)[0],
        "solved": lambda *shape: ladders.get(shape, no_ladder)[1],
        "sources": _unknown_sources,
    }


def _form_from(symbols: int = 0, numbers: int = 0, names: Sequence[str] = ()) -> Symbols | Numbers:
    return Symbols(symbols, names) if symbols else Numbers(numbers, names)


def _unknown_sources(t: int) -> tuple[int, ...]:
    raise TaskError(f"no record has the sources of step {t}: the text has them", is_placed=True)


# ---- what records say about a task


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
        values = {setting.name: given.get(setting.name, setting.default) for setting in settings}
        key = tuple(values.values())
        try:
            facts = _facts_of(own_task.task(values), shape)
        except TaskError as error:
            known.setdefault(key, {"values": list(key), "impossible": str(error)})
            continue
        ladders = known.setdefault(key, {"values": list(key), **facts, "ladders": []})["ladders"]
        ladders += [levels for levels in facts["ladders"] if levels not in ladders]
    return {
        "doc": own_task.kind.__doc__ or "",
        "settings": list(map(asdict, settings)),
        "known": list(known.values()),
    }


@lru_cache(maxsize=256)
def _facts_of(task: Task, shape: Shape | None) -> dict[str, Any]:
    inputs, outputs, length, scores_every_step = form_of(task)
    ladders = []
    if shape is not None:
        rows, steps = shape
        with suppress(TaskError):
            levels = [asdict(level) for level in ladder(task, rows, steps)]
            solved = solved_level(task, rows, steps)
            ladders = [{"rows": rows, "steps": steps, "levels": levels, "solved": solved}]
    return {
        "inputs": _form_record(inputs),
        "outputs": _form_record(outputs),
        "length": length,
        "scores_every_step": scores_every_step,
        "weighs_steps": task.weighs_steps,
        "characters": list(task.characters),
        "live": sorted(task.live_settings),
        "ladders": ladders,
    }


def _form_record(form: Symbols | Numbers) -> dict[str, Any]:
    kind = "symbols" if isinstance(form, Symbols) else "numbers"
    return {kind: form.count, "names": list(form.names)}


# ---- the check of a file


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
    first = draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps, with_hidden=True)
    second = draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps)
    for part in ("x", "y", "scored"):
        if not np.array_equal(getattr(first, part), getattr(second, part)):
            with blaming_method(task, "draw"):
                raise TaskError(
                    "draw returns different data for the same rng: all random numbers must come "
                    "from that rng"
                )

    if length is not None:  # each trial is a row
        rows *= steps // length
        steps = length
    ladder(task, rows, steps)
    solved_level(task, rows, steps)
    lags_of_steps(task, 0, steps)
    machine_of(task)

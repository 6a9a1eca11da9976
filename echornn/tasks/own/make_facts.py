"""Collects the facts about a user's own task that a record keeps."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from echornn.tasks.checked_task import form_of, known_lags, ladder, lags_of_steps, solved_level, trial_length
from echornn.tasks.chosen import settings_without_form
from echornn.tasks.own.facts import KnownForm, Ladder, Shape, Sources, TaskFacts, Values
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.own.recorded_task import values_in_order
from echornn.tasks.settings import settings_of
from echornn.tasks.task import Task, TaskError

MOST_CHARACTERS = 1 << 18
"""The most characters of the facts in a record of a run, which is written with each branch."""

EACH_STEP = 1000
"""The number of steps whose sources are all asked for. Later steps are asked for at growing distances, and count as
equal if both ends of a distance are.
"""

MOST_STEPS, MOST_CHANGES = 2**20, 100
"""The number of steps of a stream after which the lags of sources count as constant, and the most changes of these lags
that a record keeps.
"""


@lru_cache(maxsize=64)
def record_of_facts(task: Task, shape: Shape) -> dict[str, Any] | None:
    """The facts about a user's own task as JSON values; None if they are too long, or if there is an error in the task.
    Whoever looks at the record then knows only the task's settings.
    """
    if task.own.lacks_facts:
        return None
    with contextlib.suppress(TaskError):
        return short_record(facts_of(task, shape), MOST_CHARACTERS)
    return None


def short_record(facts: TaskFacts | None, most: int) -> dict[str, Any] | None:
    """The facts as JSON values; None if they have more than ``most`` characters, or values that JSON lacks."""
    with contextlib.suppress(TypeError, ValueError):
        record = None if facts is None else facts.as_record()
        if len(json.dumps(record)) <= most:
            return record
    return None


@lru_cache(maxsize=256)
def facts_of(task: Task, shape: Shape | None) -> TaskFacts:
    """The facts about a task with its values.

    Args:
        shape: the shape of the data for which the facts contain the ladder, which is empty if the task does not know
            it; None for no ladder.

    Raises:
        TaskError: an error in the task's text.
    """
    ladders = {}
    if shape is not None:
        ladders[shape] = Ladder((), None)
        with contextlib.suppress(TaskError):
            ladders[shape] = Ladder(ladder(task, *shape), solved_level(task, *shape))
    form = KnownForm(*form_of(task), settings_without_form(task), ladders, _sources(task))
    return _facts(type(task), {values_in_order(task): form})


def _sources(task: Task) -> Sources:
    """The lags of the sources of all steps; empty if they change too often, or if there is an error in the task."""
    with contextlib.suppress(TaskError):
        steps = trial_length(task) or MOST_STEPS
        lags = lags_of_steps(task, 0, min(steps, EACH_STEP))
        found = [(t, lags[t]) for t in range(len(lags)) if t == 0 or lags[t] != lags[t - 1]]
        step = len(lags) - 1
        while step < steps - 1 and len(found) <= MOST_CHANGES:
            ahead = min(2 * step + 1, steps - 1)
            if known_lags(task, ahead) != found[-1][1]:
                ahead = _first_change(task, step, ahead)
                found.append((ahead, known_lags(task, ahead)))
            step = ahead
        if len(found) <= MOST_CHANGES:
            return tuple(found)
    return ()


def _first_change(task: Task, low: int, high: int) -> int:
    """A step after ``low``, and at most ``high``, whose lags differ from those of the step before it."""
    before = known_lags(task, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if known_lags(task, middle) == before else (low, middle)
    return high


def all_facts_of(own: OwnTask, given: Mapping[str, object], shape: Shape | None) -> TaskFacts:
    """The facts about a task with these values of its settings, even if they are impossible.

    Args:
        shape: as in `facts_of`.
    """
    try:
        return facts_of(own.task(given), shape)
    except TaskError as error:
        values = tuple(given.get(known.name, known.default) for known in settings_of(own.kind))
        return _facts(own.kind, {values: str(error)})


def _facts(kind: type[Task], known: dict[Values, KnownForm | str]) -> TaskFacts:
    return TaskFacts(kind.__doc__ or "", kind.scores_every_step, settings_of(kind), known)

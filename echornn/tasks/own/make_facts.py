"""Collects the facts about a user's own task that a record keeps; `echornn.tasks.own.facts` reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from echornn.tasks.checked_task import form_of, ladder, lags_of_steps, solved_level, trial_length
from echornn.tasks.chosen import settings_without_form
from echornn.tasks.own.facts import Shape, Values
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.settings import settings_of
from echornn.tasks.task import Numbers, Symbols, Task, TaskError

STEPS, MOST_CHANGES = 1000, 100
"""The number of steps of a stream whose lags are asked for; and the most changes of these that a record keeps."""


def record_of_facts(own: OwnTask, uses: Iterable[tuple[Mapping[str, Any], Shape | None]]) -> dict[str, Any] | None:
    """The facts about a task as JSON values; None if it comes from a record that lacks them.

    Args:
        uses: the values of each configuration with the task, and the shape of its data; None if it is impossible.
    """
    if own.lacks_facts:
        return None
    settings = settings_of(own.kind)
    known: dict[Values, dict[str, Any]] = {}
    for given, shape in uses:
        values = tuple(given.get(one.name, one.default) for one in settings)
        try:
            task = own.task(dict(zip((one.name for one in settings), values, strict=True)))
            one = known.setdefault(values, {"values": list(values), **_form_record(task), "ladders": []})
            rungs = shape and _ladder_record(task, shape)
            if rungs and rungs not in one["ladders"]:
                one["ladders"].append(rungs)
        except TaskError as error:
            known.setdefault(values, {"values": list(values), "impossible": str(error)})
    return {
        "doc": own.kind.__doc__ or "",
        "scores_every_step": own.kind.scores_every_step,
        "settings": [asdict(one) for one in settings],
        "known": list(known.values()),
    }


@lru_cache(maxsize=256)
def _form_record(task: Task) -> dict[str, Any]:
    inputs, outputs, length = form_of(task)
    return {
        "inputs": _record_of(inputs),
        "outputs": _record_of(outputs),
        "length": length,
        "live": sorted(settings_without_form(task)),
        "sources": _lags(task),
    }


def _record_of(form: Symbols | Numbers) -> dict[str, Any]:
    return {"symbols" if isinstance(form, Symbols) else "numbers": form.count, "names": list(form.names)}


def _lags(task: Task) -> list[tuple[int, tuple[int, ...]]]:
    """The lags of the sources, each with its first step; none if they change too often, or if the text has an error."""
    with contextlib.suppress(TaskError):
        lags = lags_of_steps(task, 0, min(trial_length(task) or STEPS, STEPS))
        changes = [(t, some) for t, some in enumerate(lags) if not t or some != lags[t - 1]]
        if len(changes) <= MOST_CHANGES:
            return changes
    return []


@lru_cache(maxsize=256)
def _ladder_record(task: Task, shape: Shape) -> dict[str, Any] | None:
    with contextlib.suppress(TaskError):
        levels = [asdict(level) for level in ladder(task, *shape)]
        return {"rows": shape[0], "steps": shape[1], "levels": levels, "solved": solved_level(task, *shape)}
    return None

"""A user's own task whose record says nothing about it: it can be looked at, and what is not known is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from echornn.tasks.own.facts import KnownForm, Ladder, Shape, TaskFacts, Values
from echornn.tasks.settings import Setting
from echornn.tasks.task import Numbers


class UnknownNumbers(Numbers):
    """Data of a task of which nothing is known."""

    loss, unit = "loss", ""


class UnknownForm(KnownForm):
    """The form of a task of which nothing is known: a stream without levels."""

    def ladder(self, shape: Shape) -> Ladder:
        return Ladder((), None)


UNKNOWN = UnknownForm(UnknownNumbers(1), UnknownNumbers(1), None, frozenset(), sources=())


class NoFacts(TaskFacts):
    """The facts of a record that lacks them: there are only the settings that it names."""

    @classmethod
    def of(cls, given: Mapping[str, Iterable[Any]]) -> NoFacts:
        """No facts, but for settings with these values. None of these counts as the default, which is not known."""
        settings = []
        for name, values in given.items():
            words = tuple(value for value in values if isinstance(value, str))
            default = "" if words else sum(map(abs, values), 1)  # a float if a value is one
            settings.append(Setting(name, default, "", -math.inf, math.inf, words))
        return cls("", False, tuple(settings), {})

    def __bool__(self) -> bool:
        return False

    def form(self, values: Values) -> KnownForm:
        return UNKNOWN

    def knows(self, given: Mapping[str, object], shape: Shape) -> bool:
        return True

"""Steps of a story as commands: numbers are windows to train, words are names of commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import get_args

from echornn.session.commands import Answer, Command, Edit, Step
from echornn.session.pictures.frame import Frame

NAMED: dict[str, Callable[..., Command]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", one.__name__).lower(): one for one in get_args(Command)
}
"""Commands by name: ``finish_epoch`` is `FinishEpoch`."""

_numbers = count(1)


def command(step: int | str | Command) -> Command:
    """The command of a step; a name stands for a command without values."""
    if isinstance(step, int):
        return Step(step)
    return NAMED[step]() if isinstance(step, str) else step


def refusal(frame: Frame) -> str:
    """Why the last change or look was refused; empty if it was not."""
    return "" if frame.refused is None else frame.refused.why_not


def refused(why_not: str, field: str = "") -> Answer:
    """The answer to an edit that is refused."""
    return Answer(next(_numbers), Edit({}), why_not, field, was_refused=True)

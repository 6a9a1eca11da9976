"""The position of a printed mean loss on the ladder of the task: a line of text, and keys for JSON."""

from __future__ import annotations

import math
from typing import Any

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of, solved_level
from echornn.diagnosis.loss_stats import NEAR, ladder_position, loss_text
from echornn.tasks.task import Level
from tui.views.text import shortened_phrases

WIDTH = 80

INDENT = "  "


def ladder_fields(config: EchoConfig, mean: float | None) -> dict[str, Any]:
    """The names of the last level that a mean loss has come down to, and of the level after it.

    Both are None if the task has no ladder or the mean is not known; the first alone if the loss is above chance, and
    the second alone at the last level.
    """
    here, after = _levels(config, math.nan if mean is None else mean)[1:]
    return {"level": here and here.name, "next_level": after and after.name}


def ladder_line(config: EchoConfig, mean: float, is_median: bool = False) -> str:
    """A line that names the level that a mean loss is at, or the two levels that it is between, with their losses.

    Empty without a ladder; and for the echo, whose ladder has nothing between chance and solved.

    Args:
        is_median: whether this is the median of the mean losses of several replicas.
    """
    if config.value("task") == "echo":
        return ""
    is_at, here, after = _levels(config, mean)
    start = f"{INDENT}{'median' if is_median else 'mean loss'} {loss_text(mean)}: "
    if here is None:
        return "" if after is None else _longest(start, "above", after)
    if is_at or after is None:
        return _longest(start, "at", here)
    return _longest(start, "between", here, after)


def _levels(config: EchoConfig, mean: float) -> tuple[bool, Level | None, Level | None]:
    """Whether a mean loss is at a level; the last level that it has come down to; and the level after that."""
    ladder = ladder_of(config)
    found = ladder_position(ladder, mean, solved=solved_level(config))
    if found is None:
        return False, None, None
    if found.at is not None or found.next is None:
        return found.at is not None, found.at or found.above, found.next
    chance = ladder[0]
    apart = NEAR * (chance.loss - found.next.loss)
    if found.above is chance and abs(mean - chance.loss) <= apart:
        return True, chance, found.next
    return (False, None, chance) if mean > chance.loss else (False, found.above, found.next)


def _longest(start: str, word: str, *levels: Level) -> str:
    """The longest form that fits on a line: with the losses of the levels, without them, or with shortened names."""
    named = [f"'{level.name}'" for level in levels]
    with_losses = [f"{name} {_number(level.loss)}" for name, level in zip(named, levels, strict=True)]
    short = [f"'{shortened_phrases(level.name, 18)}'" for level in levels]
    forms = [f"{start}{word} {' and '.join(names)}" for names in (with_losses, named, short)]
    return next((form for form in forms if len(form) <= WIDTH), forms[-1])


def _number(loss: float) -> str:
    return f"{round(loss, 4):g}" if math.isfinite(loss) else "?"

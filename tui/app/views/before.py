"""Facts that are known before the first window is trained: the task, the configuration, and what the loss can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from echornn.config import EchoConfig, fields_text
from echornn.data.levels import (
    chance_level,
    deciding_windows,
    guessing_errors,
    ladder_of,
    solved_level,
)
from echornn.data.series import batch_of
from echornn.diagnosis.loss_stats import loss_text
from echornn.tasks.table import name_of, values_of
from echornn.tasks.task import Level, TaskError
from tui.app.drawings.row_cells import NOT_SCORED, RowData

MOST_SYMBOLS = 1_000_000
"""The longest series whose symbols are drawn, in time steps; drawing a longer one would block the screen."""

MOST_RUNGS = 6
"""The most rungs of a ladder that are listed."""

ABOUT_WIDTH = 8
"""The columns of the subject at the beginning of each line."""


class Fact(NamedTuple):
    """A line of text about the network: its subject in a word, and a statement."""

    about: str
    text: str


def known(config: EchoConfig) -> list[Fact]:
    """The lines of text about a single network of this configuration, the most important first."""
    if config.value("task") != "echo":
        return _known_of_any_task(config)
    rows = "a row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    right = f"{1 - guessing_errors(config):.0%} right"
    return [
        Fact("task", f"tell the input {then(config.echo_step)}, in {rows} of {config.row_length:,} symbols"),
        Fact("chance", f"{loss_text(chance_level(config), 3)} nats: the loss of guessing, {right}"),
        _solved(config),
    ]


def _solved(config: EchoConfig) -> Fact:
    last, level = deciding_windows(config), loss_text(solved_level(config), 3)
    return Fact("solved", f"a mean loss of the last {last:,} windows below {level}")


def _known_of_any_task(config: EchoConfig) -> list[Fact]:
    rungs, solved = ladder_of(config), solved_level(config)
    return [
        Fact("task", f"{name_of(config.the_task)}: {first_sentence(config)}"),
        *([Fact("with", settings)] if (settings := fields_text(values_of(config.the_task))) else []),
        Fact("data", data_text(config)),
        *([_solved(config)] if solved > 0 else []),
        Fact("loss", f"{config.loss_name}{'' if rungs else '; what can be reached is not known'}"),
        *(Fact(loss_text(rung.loss, 3), f"{rung.name}: {rung.knows}") for rung in _some(rungs)),
    ]


def _some(rungs: Sequence[Level]) -> Sequence[Level]:
    """The rungs, or the first and the last of many."""
    return rungs if len(rungs) <= MOST_RUNGS else (*rungs[: MOST_RUNGS - 1], rungs[-1])


def first_sentence(config: EchoConfig) -> str:
    """The description of the task in its author's words, without the source."""
    whole = " ".join((type(config.the_task).__doc__ or "").split())
    sentence = re.split(r"(?<=[.:])\s", whole)[0]
    text = re.sub(r"\s*(\([^)]*\))?[.:]?$", "", sentence)
    return text[:1].lower() + text[1:]


def data_text(config: EchoConfig) -> str:
    rows = "1 row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    if config.is_stream:
        return f"{rows} of {config.row_length:,} steps, cut into windows of {config.window_steps}; the state is carried"
    cut = config.gradient_cut
    follows = "" if cut is None else f", the gradient cut after every {cut:,} step{'s' * (cut != 1)}"
    return f"{rows} of {config.windows_per_epoch:,} trials of {config.window_steps} steps, a window each{follows}"


def then(echo_step: int) -> str:
    """The delay of the echo in words, such as "3 steps before"."""
    return "now" if not echo_step else "a step before" if echo_step == 1 else f"{echo_step} steps before"


@lru_cache(maxsize=1)
def first_window(config: EchoConfig) -> RowData | None:
    """The first row of the first window; None if the data of an epoch is too long to draw."""
    if config.total_series_length > MOST_SYMBOLS:
        return None
    try:
        batch = batch_of(config, 0, 0)
    except TaskError:
        return None
    steps = config.window_steps
    return RowData(batch.x[0, :steps], batch.y[0, :steps], batch.scored[0, :steps])


def about_first_window(config: EchoConfig, window: RowData) -> tuple[str, str]:
    """The texts beside the inputs and the targets of the first window's first row."""
    if config.value("task") == "echo":
        return "the first window of row 1", f"its targets: the input {then(config.echo_step)}"
    not_scored = "" if window.scored.all() else f" ({NOT_SCORED.strip()}: does not count)"
    return f"the first {'window' if config.is_stream else 'trial'} of row 1", f"its targets{not_scored}"

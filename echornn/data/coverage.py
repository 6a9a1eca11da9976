"""Where the source of each target is, and which targets are missed ("Running a training session"): if the gradient is
cut at windows of T steps, an error gets from a target to its source only if a window contains both.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Bools
from echornn.tasks.task import TaskError, lags_of_steps


class Source(StrEnum):
    """Where the source of a target is, that is, the input that it echoes."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source is of the target at a row and step of a window of an epoch, all from 0."""
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """The number of targets of a window, over all rows, by where their source is; zero counts are left out."""
    length, rows = config.truncated_backprop_length, config.batch_size
    head = min(max(config.echo_step - window * config.window_stride, 0), length)
    inside = max(0, length - config.echo_step)
    above = rows - 1 if config.row_start == "previous_row" else 0
    counts = {
        Source.WINDOW: rows * inside,
        Source.BEFORE: rows * (length - head - inside),
        Source.ABOVE: above * head,
        Source.BLANK: (rows - above) * head,
    }
    return {source: count for source, count in counts.items() if count}


def lags_beyond(config: EchoConfig) -> tuple[int, ...]:
    """The lags of sources that no gradient reaches, since no part of a window between two cuts is that long."""
    return tuple(lag for lag in source_lags(config) if config.reach is not None and lag >= config.reach)


def source_lags(config: EchoConfig) -> tuple[int, ...]:
    """The lags that targets depend on, in increasing order; empty if they are not known or depend on the data."""
    return _sources(config)[0]


def targets_known(config: EchoConfig) -> int:
    """The number of targets of a window, or of a trial, whose sources are known."""
    return _sources(config)[1]


@lru_cache(maxsize=256)
def _sources(config: EchoConfig) -> tuple[tuple[int, ...], int]:
    """The lags of an epoch's last window, or of a trial, and how many of its targets have known sources."""
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    try:
        known = lags_of_steps(config.the_task, first, config.window_steps)
    except TaskError:  # in a user's own task
        known = []
    return tuple(sorted({lag for one in set(known) for lag in one})), sum(map(bool, known))


def missed(config: EchoConfig, first: int, count: int) -> Bools:
    """Whether the targets of the echo from ``first`` steps after a window's first step on are missed, bool [count]:
    no window contains both the target and its source, away from the ends of the row. The pattern repeats each stride.
    """
    if config.reach is None:
        return np.zeros(count, np.bool_)
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    return np.asarray(steps - begins >= config.reach)


def missed_of_a_stride(config: EchoConfig) -> int:
    """The number of missed targets of the echo per stride."""
    return int(missed(config, 0, config.window_stride).sum())

"""Where the source of each target is, and which targets are missed ("Running a training session").

A target echoes the input ``echo_step`` positions earlier in its row. If the learning rule cuts the gradient at windows
of T steps, an error gets from the target to that input only if a window contains both (`EchoConfig.reach`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.tasks.checked_task import lags_of_steps
from echornn.tasks.task import Task, TaskError


class Source(StrEnum):
    """Where the source of a target is, that is, the input that it echoes: in this window, before it, or in the row
    above.
    """

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source of a target is: in this window, before it, or in the row above.

    Args:
        window: the index of the window in its epoch, from 0.
        row, step: the row of the target, and its step in the window, both from 0.
    """
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


def targets_reached(config: EchoConfig) -> tuple[int, int]:
    """The number of targets of a window whose sources are all in reach of the gradient, and the number of targets whose
    sources are known. In trials, a gradient that is cut at T steps reaches back to the last cut.
    """
    reach = config.reach
    if config.is_echo:
        length = config.window_steps
        return (length if reach is None else max(0, reach - config.echo_step)), length
    farthest = _sources(config).farthest
    known = farthest >= 0
    reached = known if reach is None else known & (farthest <= np.arange(farthest.size) % reach)
    return int(reached.sum()), int(known.sum())


def lags_beyond(config: EchoConfig) -> tuple[int, ...]:
    """The lags of sources that no gradient reaches, since no part of a window between two cuts is that long."""
    return tuple(lag for lag in source_lags(config) if config.reach is not None and lag >= config.reach)


def source_lags(config: EchoConfig) -> tuple[int, ...]:
    """The lags that targets depend on, in increasing order; empty if they are not known or depend on the data."""
    return (config.echo_step,) if config.is_echo else _sources(config).lags


@dataclass(frozen=True, eq=False)
class _Sources:
    """The sources of the targets of an epoch's last window, or of a trial.

    Attributes:
        lags: all lags that occur, in increasing order.
        farthest: int64 [steps], the lag of the farthest source of each step's target; -1 if it is not known.
    """

    lags: tuple[int, ...]
    farthest: npt.NDArray[np.int64]


def _sources(config: EchoConfig) -> _Sources:
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    return _sources_of(config.the_task, first, config.window_steps)


@lru_cache(maxsize=256)
def _sources_of(task: Task, first: int, steps: int) -> _Sources:
    """The sources of these steps; none is known if there is an error in a user's own task."""
    try:
        known = lags_of_steps(task, first, steps)
    except TaskError:
        known = [()] * steps
    lags = sorted({lag for one in set(known) for lag in one})
    return _Sources(tuple(lags), np.array([max(one, default=-1) for one in known], np.int64))


def missed(config: EchoConfig, first: int, count: int) -> npt.NDArray[np.bool_]:
    """Whether targets of the echo are missed, bool [count]: no window contains both the target and its source. None is
    if the gradient is not cut.

    Entry i is about the target ``first + i`` steps after the first step of a window, away from the ends of the row; the
    pattern repeats with each stride. The last window that contains the source reaches farthest.
    """
    if config.reach is None:
        return np.zeros(count, np.bool_)
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    uncovered: npt.NDArray[np.bool_] = steps - begins >= config.reach
    return uncovered


def missed_of_a_stride(config: EchoConfig) -> int:
    """The number of missed targets of the echo per stride."""
    return int(missed(config, 0, config.window_stride).sum())

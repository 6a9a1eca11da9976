"""Where the source of each target is, and which targets are missed ("Running a training session").

A target echoes the input ``echo_step`` positions earlier in its row. A window of T steps sends an error from the target
to that input only if it contains both.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig


class Source(StrEnum):
    """Where the source of a target is; the source is the input that the target echoes."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source of a target is.

    Args:
        window: the index of the window in its epoch, from 0.
        row, step: the row of the target, and its step in the window, both from 0.
    """
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """For each place, the number of targets of a window whose source is there, over all rows; without zeros."""
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


def missed(config: EchoConfig, first: int, count: int) -> npt.NDArray[np.bool_]:
    """Whether targets are missed, bool [count]: no window contains both the target and its source.

    Entry i is about the target ``first + i`` steps after the first step of a window, away from the ends of the row; the
    pattern repeats with each stride. The last window that contains the source reaches farthest.
    """
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    covered: npt.NDArray[np.bool_] = steps - begins < config.truncated_backprop_length
    return ~covered


def missed_of_a_stride(config: EchoConfig) -> int:
    """The number of missed targets per stride: ``max(0, stride - max(0, T - echo))``."""
    return max(0, config.window_stride - max(0, config.truncated_backprop_length - config.echo_step))

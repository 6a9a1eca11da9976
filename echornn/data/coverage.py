"""Where the source of each target is, and which targets are misses ("Running a training session").

A target at a position of its row echoes the input ``echo_step`` positions before. A window of T steps sends an error
from the target to that input only if both lie in the window.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig


class Source(StrEnum):
    """Where the source of a target, the input that it echoes, is."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """The place of the source of this target.

    Args:
        window: the window of the epoch, from 0.
        row, step: the target's row and step in the window, from 0.
    """
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """How many targets of a window have their source in each place, over all rows; places without any are left out."""
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
    """Which targets are misses, bool [count]: no window contains both the target and its source.

    Entry i is about the target ``first + i`` steps after the first step of a window, away from a row's ends; the
    pattern repeats after each stride. Of the windows that contain the source, the one that begins last extends
    farthest.
    """
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    covered: npt.NDArray[np.bool_] = steps - begins < config.truncated_backprop_length
    return ~covered


def missed_of_a_stride(config: EchoConfig) -> int:
    """How many misses there are in each stride: ``max(0, stride - max(0, T - echo))``."""
    return max(0, config.window_stride - max(0, config.truncated_backprop_length - config.echo_step))

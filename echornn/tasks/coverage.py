"""Where the source of each target lies, and which targets no window ever covers ("Running a training session": misses).

A target at a position of its row echoes the input ``echo_step`` positions before; a window of T steps sends an error
from one to the other only where both lie in it.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig


class Source(StrEnum):
    """Where the input lies that a target echoes."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source of a target lies.

    Args:
        window: of the epoch, from 0.
        row, step: of the window, from 0.
    """
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """How many of a window's targets have their source where, over all rows; those of which there are none are left
    out."""
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


def missed(config: EchoConfig) -> npt.NDArray[np.bool_]:
    """Which targets no window covers together with their source, over a cycle of strides: bool [stride].

    Entry i is of the target i steps after the first of a window, away from a row's ends. The last window that begins
    no later than the source reaches farthest; it must reach the target.
    """
    stride = config.window_stride
    steps = np.arange(stride)
    begins = (steps - config.echo_step) // stride * stride
    covered: npt.NDArray[np.bool_] = steps - begins < config.truncated_backprop_length
    return ~covered


def missed_share(config: EchoConfig) -> float:
    """Their share of all targets, 0 to 1: ``max(0, stride - max(0, T - echo)) / stride``."""
    return float(missed(config).mean())

"""Draws missed targets: targets that no window contains together with their source."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Bools
from tui.kit.phrases import cut_off

HEIGHT = 4
"""Lines of the diagram: one for a sentence, two for windows, one for targets."""

NAME_WIDTH = 8

MISSED, COVERED = "×", "·"
"""The characters of a missed target and of another target."""


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


def sentence(config: EchoConfig) -> str:
    """A sentence on how many targets are missed, and which character marks them."""
    stride, count = config.window_stride, missed_of_a_stride(config)
    if config.is_uncut:
        return f"no misses: {config.rule}'s gradient goes back past T {config.truncated_backprop_length:,}"
    if not count:
        return "no misses"
    if count == stride:
        return f"all are misses {MISSED}: {cut_off(config)}"
    return f"misses {MISSED}: {count} of each {stride} targets ({count / stride:.0%})"


def _stretch(config: EchoConfig, window: int, width: int) -> range:
    """The time steps of a row that are drawn; they include the window and scroll by pages.

    If a window does not fit, its end and the steps after it are drawn.
    """
    stride, length = config.window_stride, config.truncated_backprop_length
    shown = max(1, width - NAME_WIDTH)
    a_page = max(1, (shown - length) // stride + 1)
    first = window // a_page * a_page * stride + (max(0, length - 1 - shown // 2) if shown < length else 0)
    end = (config.windows_per_epoch - 1) * stride + length
    return range(min(first, end - 1), min(first + shown, end))


def bracket_lines(config: EchoConfig, window: int, width: int) -> list[str]:
    """Two lines with the windows along a row, one character per time step; windows alternate between the lines. If more
    than two windows overlap, some are left out.

    Args:
        window: the window of the epoch, from 0, that is drawn with double lines.
    """
    stride, length = config.window_stride, config.truncated_backprop_length
    steps = _stretch(config, window, width)
    usual, marked = [*"├─┤│"], [*"╞═╡║"]
    lines = [[" "] * len(steps), [" "] * len(steps)]
    first = max(0, (steps.start - length) // stride)
    others = range(first, min(config.windows_per_epoch, -(-steps.stop // stride)))
    free = [steps.start - length, steps.start - length]
    beside = range(window * stride - length + 1, window * stride + length)
    for other in others:
        start, line = other * stride, other % 2
        if other != window and (free[line] > start or (line == window % 2 and start in beside)):
            continue
        free[line] = start + length
        begin, middle, end, alone = marked if other == window else usual
        for step in range(max(start, steps.start), min(start + length, steps.stop)):
            sign = alone if length == 1 else begin if step == start else end if step == start + length - 1 else middle
            lines[line][step - steps.start] = sign
    return [f"{name:<{NAME_WIDTH}}{''.join(line)}"[:width] for name, line in zip(("windows", ""), lines, strict=True)]


def target_line(config: EchoConfig, window: int, width: int) -> list[tuple[str, bool]]:
    """The character of the target at each time step, and whether the target is missed."""
    steps = _stretch(config, window, width)
    drawn = [(sign, False) for sign in f"{'targets':<{NAME_WIDTH}}"]
    drawn += [(MISSED if one else COVERED, one) for one in missed(config, steps.start, len(steps)).tolist()]
    return drawn[:width]

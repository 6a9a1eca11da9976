"""The tutorial's figure of the misses: windows that slide along, and the targets that none of them covers."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.tasks.coverage import missed, missed_of_a_stride

HEIGHT = 4
"""Lines: a sentence, two of windows, one of targets."""

NAME_WIDTH = 8


def sentence(config: EchoConfig) -> str:
    """Which targets are missed, and their share."""
    stride, count = config.window_stride, missed_of_a_stride(config)
    if not count:
        return "no misses: each target lies in a window together with its source"
    if count == stride:
        length = config.truncated_backprop_length
        return f"all targets are misses: a window of {length} never reaches {config.echo_step} back; s makes T longer"
    of = f"{count} of each {stride} targets lie" if count > 1 else f"1 of each {stride} targets lies"
    return f"misses: {of} in no window together with the source ({count / stride:.0%})"


def _first(config: EchoConfig, width: int) -> int:
    """The step that is drawn first, from the first of a window: where a window ends is in sight."""
    shown = max(1, width - NAME_WIDTH)
    return 0 if shown >= config.truncated_backprop_length + config.echo_step else config.window_stride - shown // 2


def bracket_lines(config: EchoConfig, width: int, ascii_only: bool = False) -> list[str]:
    """The windows that slide along, a character a time step, on two lines in turn; where more overlap, some of them."""
    stride, length = config.window_stride, config.truncated_backprop_length
    first, shown = _first(config, width), max(0, width - NAME_WIDTH)
    begin, middle, end, alone = "|-||" if ascii_only else "├─┤│"
    lines = [[" "] * shown, [" "] * shown]
    free = [first - length, first - length]
    for start in range(first - first % stride - length // stride * stride, first + shown, stride):
        line = start // stride % 2
        if free[line] > start:
            continue
        free[line] = start + length
        for x in range(max(0, start - first), min(shown, start + length - first)):
            step = x + first - start
            lines[line][x] = alone if length == 1 else begin if not step else end if step == length - 1 else middle
    return [f"{name:<{NAME_WIDTH}}{''.join(line)}"[:width] for name, line in zip(("windows", ""), lines, strict=True)]


def target_line(config: EchoConfig, width: int, ascii_only: bool = False) -> list[tuple[str, bool]]:
    """Below each time step its target: a cross where it is missed; each character with whether it is one."""
    first, shown = _first(config, width), max(0, width - NAME_WIDTH)
    cross, dot = "x." if ascii_only else "×·"
    drawn = [(sign, False) for sign in f"{'targets':<{NAME_WIDTH}}"]
    drawn += [(cross if one else dot, one) for one in missed(config, first, shown).tolist()]
    return drawn[:width]

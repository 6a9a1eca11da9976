"""Each task once more, step by step in plain Python: the target and the scored steps that belong to an input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Row = list[Any]
Answer = tuple[Row, list[bool]]
"""The targets of a row, and which of its steps count."""


def echo(task: Any, x: list[Row]) -> list[Answer]:
    """All rows together, since a row may echo the one above."""
    series = [symbol for row in x for symbol in row]
    answers: list[Answer] = []
    for number, row in enumerate(x):
        y = []
        for t in range(len(row)):
            at = number * len(row) + t - task.echo_step
            known = at >= 0 and not (task.row_start == "zero" and t < task.echo_step)
            y.append(series[at] if known else 0)
        answers.append((y, [True] * len(row)))
    return answers


def delayed_xor(task: Any, x: Row) -> Answer:
    """The first targets are not known, NaN: they depend on bits from before the row."""
    known = [t >= task.far_lag for t in range(len(x))]
    y = [int(x[t - task.lag] != x[t - task.far_lag]) if known[t] else math.nan for t in range(len(x))]
    return y, [True] * len(x)


def flip_flop(task: Any, x: Row) -> Answer:
    held = [0.0] * task.bits
    y = []
    for pulses in x:
        held = [pulse if pulse != 0 else before for pulse, before in zip(pulses, held, strict=True)]
        y.append(held)
    return y, [True] * len(x)


def temporal_order(task: Any, x: Row) -> Answer:
    order = [symbol == 5 for symbol in x if symbol in (4, 5)]
    assert len(order) == task.marks
    number = 0
    for which in order:
        number = 2 * number + which
    return [0] * (len(x) - 1) + [number], [False] * (len(x) - 1) + [True]


def copy_memory(task: Any, x: Row) -> Answer:
    kept = x[: task.items]
    assert all(1 <= symbol <= task.symbols for symbol in kept)
    rest = [0] * (task.blank - 1) + [task.symbols + 1] + [0] * task.items
    assert x[task.items :] == rest
    return [0] * (task.items + task.blank) + kept, [True] * len(x)


def adding(task: Any, x: Row) -> Answer:
    marked = [t for t, (_, marker) in enumerate(x) if marker == 1]
    assert len(marked) == 2
    assert marked[0] < len(x) // 2 <= marked[1]
    assert all(marker in (0, 1) for _, marker in x)
    return [[0.0]] * (len(x) - 1) + [[sum(x[t][0] for t in marked)]], [False] * (len(x) - 1) + [True]


def parity(task: Any, x: Row) -> Answer:
    return [sum(x[: t + 1]) % 2 for t in range(len(x))], [True] * len(x)


OF_A_ROW: dict[str, Callable[[Any, Row], Answer]] = {
    "delayed_xor": delayed_xor,
    "flip_flop": flip_flop,
    "temporal_order": temporal_order,
    "copy_memory": copy_memory,
    "adding": adding,
    "parity": parity,
}
"""The twins whose rows are independent; two_coins has none, since its target is random."""

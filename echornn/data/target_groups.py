"""Divides targets into groups, so that states can be told apart by what the network should say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols

MOST_CHANNELS = 3
"""The most numbers of two values each whose combinations are told apart."""

RANGES = 4
"""The number of ranges into which other numbers are divided."""

Numbering = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TargetGroups:
    """The groups of targets that are told apart, and the borders between them.

    Attributes:
        names: what each group is, in a few characters.
        of: what is divided: the target, or some of its numbers.
        are_ordered: whether the groups are ranges of one number, from small to large.
        borders: float64 [channels, borders]: the values at which each number passes from a group to the next; empty,
            [0, 0], for symbols.
        numbers: the names of the numbers whose values are combined; empty for symbols and ranges.
    """

    names: tuple[str, ...]
    of: str
    are_ordered: bool
    borders: npt.NDArray[np.float64]
    numbers: tuple[str, ...] = ()

    def numbered(self, targets: npt.NDArray[Any]) -> Numbering:
        """The group of each target: symbols [...], or numbers [..., count]."""
        return self._of_numbers(targets) if self.borders.size else targets.astype(np.int64)

    def said(self, outputs: npt.NDArray[np.float64]) -> Numbering:
        """The group that the network says: that of the largest logit, or of the numbers; [..., outputs]."""
        return self._of_numbers(outputs) if self.borders.size else np.asarray(outputs.argmax(axis=-1))

    def border(self, one: int, other: int, sign: str) -> str:
        """The name of the border between two groups: both symbols with a sign between them, the number that changes
        there, or its value; empty if several numbers change.
        """
        if not self.borders.size:
            return f"{self.names[one]}{sign}{self.names[other]}"
        if self.are_ordered:
            return f"{self.borders[0, min(one, other)]:.2g}" if abs(one - other) == 1 else ""
        return next((name for channel, name in enumerate(self.numbers) if one ^ other == 1 << channel), "")

    def _of_numbers(self, numbers: npt.NDArray[Any]) -> Numbering:
        channels, count = self.borders.shape
        above = (numbers[..., :channels, np.newaxis] > self.borders).sum(axis=-1)
        group: Numbering = above @ (count + 1) ** np.arange(channels)
        return group


def groups_of(form: Symbols | Numbers, targets: npt.NDArray[Any]) -> TargetGroups:
    """The groups of a task's targets: its symbols; the combinations of numbers that have two values each, at most
    `MOST_CHANNELS` of them; or ranges of the first number.

    Args:
        targets: symbols [samples], or numbers [samples, count], which occur.
    """
    if isinstance(form, Symbols):
        names = tuple(form.names) or tuple(map(str, range(form.count)))
        return TargetGroups(names, "target", False, np.zeros((0, 0)))
    values = [np.unique(column) for column in targets[:, :MOST_CHANNELS].T]
    if values and all(len(one) == 2 for one in values):
        return _combinations(form, values)
    return _ranges(form, targets)


def _combinations(form: Numbers, values: list[npt.NDArray[Any]]) -> TargetGroups:
    channels = range(len(values))
    marks = [_marks(*one.tolist()) for one in values]
    names = tuple(
        "".join(marks[channel][number >> channel & 1] for channel in channels) for number in range(2 ** len(values))
    )
    of = "target" if form.count == len(values) else f"target, numbers 1 to {len(values)}"
    numbers = tuple(form.names[: len(values)]) if form.names else tuple(f"number {1 + channel}" for channel in channels)
    return TargetGroups(names, of, False, np.array([[float(one.mean(dtype=np.float64))] for one in values]), numbers)


def _ranges(form: Numbers, targets: Floats) -> TargetGroups:
    """Ranges of the first number, of the same width."""
    first = targets[:, 0][np.isfinite(targets[:, 0])] if targets.size else np.zeros(1)
    edges = np.linspace(float(first.min(initial=0)), float(first.max(initial=0)), RANGES + 1)
    names = tuple(f"to {edge:.2g}" for edge in edges[1:].tolist())
    of = "target" if form.count == 1 else f"target, {form.names[0] if form.names else 'number 1'}"
    return TargetGroups(names, of, True, edges[np.newaxis, 1:-1])


def _marks(low: float, high: float) -> str:
    """The two values of a number as characters: 0 and 1, or minus for the lower and plus for the higher."""
    return "01" if (low, high) == (0, 1) else "-+"

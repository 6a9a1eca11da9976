"""The groups of targets that a plane tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.tasks.task import Numbers, Symbols

MOST_CHANNELS = 3  # numbers of two values each whose combinations are told apart
RANGES = 4  # into which other numbers are divided

Numbering = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TargetGroups:
    """The groups of targets that are told apart, and the borders between them."""

    names: tuple[str, ...]  # what each group is, in a few characters
    of: str  # what is divided: the target, or some of its numbers
    are_ordered: bool  # whether the groups are ranges of one number, from small to large
    borders: npt.NDArray[np.float64]  # [channels, borders], where each number passes to the next group; [0, 0]: symbols
    numbers: tuple[str, ...] = ()  # the names of the numbers whose values are combined

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
        return np.asarray(above @ (count + 1) ** np.arange(channels))


def groups_of(form: Symbols | Numbers, targets: npt.NDArray[Any]) -> TargetGroups:
    """The groups of a task's targets that occur, symbols [samples] or numbers [samples, count]: its symbols; the
    combinations of numbers that have two values each; or ranges of the first number, of the same width.
    """
    if isinstance(form, Symbols):
        return TargetGroups(tuple(form.names) or tuple(map(str, range(form.count))), "target", False, np.zeros((0, 0)))
    numbers = tuple(form.names) or tuple(f"number {1 + channel}" for channel in range(form.count))
    values = [np.unique(column) for column in targets[:, :MOST_CHANNELS].T]
    if values and all(len(one) == 2 for one in values):
        signs = ["01" if one.tolist() == [0, 1] else "-+" for one in values]
        names = ("".join(sign[group >> at & 1] for at, sign in enumerate(signs)) for group in range(2 ** len(values)))
        of = "target" if form.count == len(values) else f"target, numbers 1 to {len(values)}"
        borders = np.array([[float(one.mean(dtype=np.float64))] for one in values])
        return TargetGroups(tuple(names), of, False, borders, numbers[: len(values)])
    first = targets[:, 0][np.isfinite(targets[:, 0])] if targets.size else np.zeros(1)
    edges = np.linspace(float(first.min(initial=0)), float(first.max(initial=0)), RANGES + 1)
    of = "target" if form.count == 1 else f"target, {numbers[0]}"
    return TargetGroups(tuple(f"to {edge:.2g}" for edge in edges[1:].tolist()), of, True, edges[np.newaxis, 1:-1])

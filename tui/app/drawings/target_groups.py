"""Divides states by their targets, so that each group gets a sign and a colour of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols
from tui.app.drawings.blocks import CLASS_COLOURS
from tui.app.drawings.signed import ASCII_POSITIVE, POSITIVE
from tui.app.drawings.signs import DIGITS, signs_of, symbol_name

LETTERS = "abcdefgh"

MOST_CHANNELS = 3
"""The most numbers of two values each whose combinations are told apart."""

Numbering = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TargetGroups:
    """The groups of targets that are told apart, and the borders between them.

    Attributes:
        signs: the character of each group.
        styles: the style of each group.
        names: what each group is, in a few characters.
        of: what is divided, for the legend: the target, or some of its numbers.
        are_ordered: whether the groups are ranges of one number, from small to large.
        borders: float64 [channels, borders]: the values at which each number passes from a group to the next; empty,
            [0, 0], for symbols.
    """

    signs: tuple[str, ...]
    styles: tuple[str, ...]
    names: tuple[str, ...]
    of: str
    are_ordered: bool
    borders: npt.NDArray[np.float64]

    def numbered(self, targets: npt.NDArray[Any]) -> Numbering:
        """The group of each target: symbols [...], or numbers [..., count]."""
        if not self.borders.size:
            return targets.astype(np.int64)
        return self._of_numbers(targets)

    def said(self, outputs: npt.NDArray[np.float64]) -> Numbering:
        """The group that the network says: that of the largest logit, or of the numbers; [..., outputs]."""
        if not self.borders.size:
            return np.asarray(outputs.argmax(axis=-1))
        return self._of_numbers(outputs)

    def _of_numbers(self, numbers: npt.NDArray[Any]) -> Numbering:
        channels, count = self.borders.shape
        above = (numbers[..., :channels, np.newaxis] > self.borders).sum(axis=-1)
        group: Numbering = above @ (count + 1) ** np.arange(channels)
        return group


def groups_of(form: Symbols | Numbers, targets: npt.NDArray[Any], ascii_only: bool) -> TargetGroups:
    """The groups of a task's targets: its symbols; the combinations of numbers that have two values each, at most
    `MOST_CHANNELS` of them; or ranges of the first number.

    Args:
        targets: symbols [samples], or numbers [samples, count], which occur.
    """
    if isinstance(form, Symbols):
        numbers = range(form.count)
        signs = signs_of(form, 1)
        return TargetGroups(
            tuple(sign if len(sign) == 1 else DIGITS[n % len(DIGITS)] for n, sign in zip(numbers, signs, strict=True)),
            tuple(f"view--class{n % CLASS_COLOURS}" for n in numbers),
            tuple(symbol_name(form, n) for n in numbers),
            "target",
            False,
            np.zeros((0, 0)),
        )
    values = [np.unique(column) for column in targets[:, :MOST_CHANNELS].T]
    if values and all(len(one) == 2 for one in values):
        return _combinations(form, values)
    return _ranges(form, targets, ascii_only)


def _combinations(form: Numbers, values: list[npt.NDArray[Any]]) -> TargetGroups:
    count = 2 ** len(values)
    marks = [_marks(*one.tolist()) for one in values]
    names = tuple(
        "".join(marks[channel][number >> channel & 1] for channel in range(len(values))) for number in range(count)
    )
    of = "target" if form.count == len(values) else f"target, numbers 1 to {len(values)}"
    styles = tuple(f"view--class{number}" for number in range(count))
    borders = np.array([[float(one.mean(dtype=np.float64))] for one in values])
    return TargetGroups(tuple(LETTERS[:count]), styles, names, of, False, borders)


def _ranges(form: Numbers, targets: Floats, ascii_only: bool) -> TargetGroups:
    """Four ranges of the first number, of the same width."""
    signs = ASCII_POSITIVE if ascii_only else POSITIVE
    first = targets[:, 0][np.isfinite(targets[:, 0])] if targets.size else np.zeros(1)
    edges = np.linspace(float(first.min(initial=0)), float(first.max(initial=0)), len(signs) + 1)
    names = tuple(f"to {edge:.2g}" for edge in edges[1:].tolist())
    of = "target" if form.count == 1 else f"target, {form.names[0] if form.names else 'number 1'}"
    return TargetGroups(tuple(signs), ("view--bar",) * len(signs), names, of, True, edges[np.newaxis, 1:-1])


def _marks(low: float, high: float) -> str:
    """The two values of a number as characters: 0 and 1, or minus for the lower and plus for the higher."""
    return "01" if (low, high) == (0, 1) else "-+"

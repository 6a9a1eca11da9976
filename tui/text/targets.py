"""Targets: where those of an echo come from, and the groups that are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.tasks.task import Echoed, Numbers, Symbols

# ---- the sources of the echo's targets


def is_echo(config: EchoConfig) -> bool:
    return config.the_task.echoed is not None


def echo_of(config: EchoConfig) -> Echoed:
    echoed = config.the_task.echoed
    assert echoed is not None
    return echoed


class Source(StrEnum):
    """Where the input lies that a target of the echo repeats."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Of the target at a row and step of a window of an epoch, all from 0."""
    echoed = echo_of(config)
    if window * config.window_stride + step >= echoed.lag:
        return Source.BEFORE if step < echoed.lag else Source.WINDOW
    if row > 0 and echoed.reaches_row_above:
        return Source.ABOVE
    return Source.BLANK


# ---- groups of targets

MOST_COMBINED = 3  # numbers of two values each whose combinations are told apart: 8 letters
MOST_COUNTED = 10  # whole numbers that are told apart: each is a digit
RANGES = 4  # into which other numbers are divided: as many shades as a block has

Numbering = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TargetGroups:
    names: tuple[str, ...]  # what each group is, in a few characters
    of: str  # what is divided: the target, or some of its numbers
    are_ordered: bool  # whether the groups are ranges of one number, from small to large
    # [channels, borders], where each number passes to the next group; [0, 0]: symbols
    borders: npt.NDArray[np.float64]

    def numbered(self, targets: npt.NDArray[Any]) -> Numbering:
        """The group of each target: symbols [...], or numbers [..., count]."""
        if self.borders.size:
            return self._between(targets)
        return targets.astype(np.int64)

    def predicted(self, outputs: npt.NDArray[np.float64]) -> Numbering:
        """The group of each prediction: that of the largest logit, or of the numbers; [...,
        outputs]."""
        if self.borders.size:
            return self._between(outputs)
        return np.asarray(outputs.argmax(axis=-1))

    def _between(self, numbers: npt.NDArray[Any]) -> Numbering:
        channels, count = self.borders.shape
        borders_below = (numbers[..., :channels, np.newaxis] > self.borders).sum(axis=-1)
        return np.asarray(borders_below @ (count + 1) ** np.arange(channels))


def groups_of(form: Symbols | Numbers, targets: npt.NDArray[Any]) -> TargetGroups:
    """The groups of the targets that occur, [samples] or [samples, count]: symbols; the
    combinations of numbers that have two values each; or ranges of the first number, of the same
    width.
    """
    if isinstance(form, Symbols):
        names = tuple(form.names or map(str, range(form.count)))
        return TargetGroups(names, "target", False, np.zeros((0, 0)))
    values = [np.unique(channel) for channel in targets[:, :MOST_COMBINED].T]
    if values and all(len(two) == 2 for two in values):
        return _combinations(form, values)
    return _ranges(form, targets[:, 0])


def form_of_hidden(values: npt.NDArray[Any]) -> Symbols | Numbers:
    """In which groups a hidden variable, [samples], is told apart: each of a few whole numbers from
    0 on; else ranges."""
    most = values.max(initial=1)
    is_counted = (values % 1 == 0).all() and values.min(initial=0) >= 0
    return Symbols(int(most) + 1) if is_counted and most < MOST_COUNTED else Numbers(1)


def _combinations(form: Numbers, values: Sequence[npt.NDArray[Any]]) -> TargetGroups:
    """Group ``n`` has the upper value of each channel whose bit of ``n`` is set."""
    names = [""]
    for two in values:
        signs = "01" if two.tolist() == [0, 1] else "-+"
        names = [name + sign for sign in signs for name in names]
    divided = "target"
    if form.count > len(values):
        divided += f", numbers 1 to {len(values)}"
    borders = np.array([[float(two.mean(dtype=np.float64))] for two in values])
    return TargetGroups(tuple(names), divided, False, borders)


def _ranges(form: Numbers, targets: npt.NDArray[Any]) -> TargetGroups:
    finite = targets[np.isfinite(targets)]
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    edges = np.linspace(low, high, RANGES + 1)
    divided = "target"
    if form.count > 1:
        first, *_ = form.names or ["number 1"]
        divided += f", {first}"
    names = tuple(f"to {edge:.2g}" for edge in edges[1:].tolist())
    return TargetGroups(names, divided, True, edges[np.newaxis, 1:-1])

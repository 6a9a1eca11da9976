"""Targets: where the echo's come from, and the groups that are told apart; and constant inputs for
fixed points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.tasks.task import Echoed, Numbers, Symbols, TaskError, draw_rows

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


# ---- constant inputs

ZEROS = "zeros"  # the name of the input that consists of zeros
# Chosen by eye: what somebody steps through with one key, or reads in one line
MOST_DRAWN = 8  # different vectors of numbers
MOST_CHANNELS = 8  # the most numbers of an input for which each is offered as 1 and as -1
MOST_NAMED = 12  # in a message


class HeldInput(NamedTuple):
    """A constant input: a symbol's name or number, `ZEROS`, or the numbers; and the numbers as they
    enter the cell."""

    name: str
    numbers: tuple[float, ...]

    @property
    def words(self) -> str:
        if self.name == ZEROS:
            return "zero input"
        return f"input {self.name}"


@lru_cache(maxsize=16)
def held_inputs(config: EchoConfig) -> tuple[HeldInput, ...]:
    """To choose from, the usual one first: the symbols, and zeros where that is none; or zeros,
    then the few vectors of numbers that the task draws, or else ones and -1s.
    """
    form = config.the_task.inputs
    if isinstance(form, Numbers):
        vectors = _drawn_vectors(config) or _unit_vectors(form.count)
        return _zeros(config), *(_held_numbers(vector) for vector in vectors if any(vector))
    names = form.names or [str(symbol) for symbol in range(form.count)]
    if config.input_size == 1:  # two symbols are the numbers 0 and 1, more are one-hot
        return HeldInput(names[0], (0.0,)), HeldInput(names[1], (1.0,))
    one_hot = np.eye(form.count).tolist()
    symbols = [HeldInput(name, tuple(code)) for name, code in zip(names, one_hot, strict=True)]
    return *symbols, _zeros(config)


def held_input(config: EchoConfig, text: str) -> HeldInput:
    """The constant input that a text names: a symbol by its name or number, numbers with commas, or
    zeros."""
    form = config.the_task.inputs
    wanted = text.strip()
    named = {ZEROS: _zeros(config)}
    if isinstance(form, Numbers):
        with suppress(ValueError):
            numbers = [*map(float, wanted.split(","))]
            if len(numbers) == form.count and all(map(math.isfinite, numbers)):
                return _held_numbers(numbers)
        allowed = f"{form.count} numbers with commas, or {ZEROS}"
    else:
        symbols = held_inputs(config)[: form.count]
        names = [symbol.name for symbol in symbols]
        named |= zip(map(str, range(form.count)), symbols, strict=True)
        named |= zip(names, symbols, strict=True)
        allowed = f"a symbol from 0 to {form.count - 1}"
        if form.count <= MOST_NAMED:
            allowed = f"one of {', '.join(names)}, {ZEROS}"
    if wanted not in named:
        raise ConfigError("input", text, allowed)
    return named[wanted]


def _zeros(config: EchoConfig) -> HeldInput:
    return HeldInput(ZEROS, (0.0,) * config.input_size)


def _held_numbers(numbers: Sequence[float]) -> HeldInput:
    return HeldInput(", ".join(f"{number:g}" for number in numbers), tuple(numbers))


def _drawn_vectors(config: EchoConfig) -> list[list[float]]:
    """The vectors that the task draws, if they are few."""
    try:
        rows = draw_rows(config.the_task, np.random.default_rng(0), 8, max(64, config.window_steps))
    except TaskError:  # in a user's own task
        return []
    drawn = np.unique(rows.x.reshape(-1, rows.x.shape[-1]), axis=0)
    if len(drawn) > MOST_DRAWN:
        return []
    return [*drawn.tolist()]


def _unit_vectors(count: int) -> list[list[float]]:
    """Each channel as 1, then as -1; none if that were too many to choose from."""
    if count > MOST_CHANNELS:
        return []
    units = np.eye(count)
    return np.stack([units, 0 - units], axis=1).reshape(-1, count).tolist()


# ---- groups of targets

MOST_COMBINED = 3  # numbers of two values each whose combinations are told apart: 8 letters
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

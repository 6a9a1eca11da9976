"""The constant inputs under which fixed points are searched, by the names that the user sees and types."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.tasks.task import Numbers, Symbols

ZEROS = "zeros"  # the name of the input that consists of zeros
MOST_CHANNELS = 8  # the most numbers of an input for which each is offered as 1 and as -1
MOST_SYMBOLS_NAMED = 12  # in a message


class HeldInput(NamedTuple):
    """A constant input: a symbol's name or number, `ZEROS`, or the numbers; and the numbers as they enter the cell."""

    name: str
    numbers: tuple[float, ...]

    @property
    def words(self) -> str:
        """The input in a sentence: ``input 0``, or ``zero input``."""
        return "zero input" if self.name == ZEROS else f"input {self.name}"


def held_inputs(config: EchoConfig) -> tuple[HeldInput, ...]:
    """The constant inputs to choose from, the usual one first: the symbols, and zeros where that is no symbol; or
    zeros, and each number as 1 and as -1 while the others are 0.
    """
    form, zeros = config.the_task.inputs, _zeros(config)
    if isinstance(form, Numbers):
        channels = range(form.count if form.count <= MOST_CHANNELS else 0)
        return zeros, *(_of_numbers(_one_hot(config, channel, sign)) for channel in channels for sign in (1.0, -1.0))
    symbols = tuple(_symbol(config, form, index) for index in range(form.count))
    return symbols if form.count == 2 else (*symbols, zeros)


def held_input(config: EchoConfig, text: str) -> HeldInput:
    """The constant input that a text names: a symbol by its name or number, numbers with commas, or zeros; a
    `ConfigError` that says which texts do, if it names none.
    """
    form, wanted = config.the_task.inputs, text.strip()
    if wanted == ZEROS:
        return _zeros(config)
    if isinstance(form, Numbers):
        with suppress(ValueError):
            numbers = tuple(map(float, wanted.split(",")))
            if len(numbers) == form.count and all(map(math.isfinite, numbers)):
                return _of_numbers(numbers)
        which = f" ({', '.join(form.names)})" if form.names else ""
        raise ConfigError("input", text, f"{form.count} number{'s with commas' * (form.count > 1)}{which}, or {ZEROS}")
    names = [_symbol(config, form, index).name for index in range(form.count)]
    with suppress(ValueError):
        index = names.index(wanted) if wanted in names else int(wanted)
        if 0 <= index < form.count:
            return _symbol(config, form, index)
    is_short = form.count <= MOST_SYMBOLS_NAMED
    allowed = f"one of {', '.join(names)}, {ZEROS}" if is_short else f"a symbol from 0 to {form.count - 1}"
    raise ConfigError("input", text, allowed)


def _zeros(config: EchoConfig) -> HeldInput:
    return HeldInput(ZEROS, (0.0,) * config.input_size)


def _symbol(config: EchoConfig, form: Symbols, symbol: int) -> HeldInput:
    """A symbol as it enters the cell: two symbols are the numbers 0 and 1, more are one-hot."""
    numbers = (float(symbol),) if config.input_size == 1 else _one_hot(config, symbol, 1.0)
    return HeldInput(form.names[symbol] if form.names else str(symbol), numbers)


def _one_hot(config: EchoConfig, place: int, value: float) -> tuple[float, ...]:
    return tuple(value if index == place else 0.0 for index in range(config.input_size))


def _of_numbers(numbers: tuple[float, ...]) -> HeldInput:
    return HeldInput(", ".join(f"{number:g}" for number in numbers), numbers)


MOST_CHANNELS_TARGET_GROUPS = 3  # numbers of two values each whose combinations are told apart
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
    values = [np.unique(column) for column in targets[:, :MOST_CHANNELS_TARGET_GROUPS].T]
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

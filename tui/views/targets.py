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
from echornn.tasks.task import Numbers, Symbols, TaskError, draw_rows


class Source(StrEnum):
    """Where the input lies that a target of the echo repeats."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Of the target at a row and step of a window of an epoch, all from 0."""
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


ZEROS = "zeros"  # the name of the input that consists of zeros
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
        return "zero input" if self.name == ZEROS else f"input {self.name}"


@lru_cache(maxsize=16)
def held_inputs(config: EchoConfig) -> tuple[HeldInput, ...]:
    """To choose from, the usual one first: the symbols, and zeros where that is none; or zeros,
    then the few vectors of numbers that the task draws, or else ones and -1s.
    """
    form, zeros = config.the_task.inputs, HeldInput(ZEROS, (0.0,) * config.input_size)
    each = np.eye(config.input_size)
    if isinstance(form, Symbols):
        names = form.names or [str(symbol) for symbol in range(form.count)]
        if config.input_size == 1:  # two symbols are the numbers 0 and 1, more are one-hot
            return HeldInput(names[0], (0.0,)), HeldInput(names[1], (1.0,))
        return *(
            HeldInput(name, tuple(one)) for name, one in zip(names, each.tolist(), strict=True)
        ), zeros
    drawn: list[list[float]] = []
    with suppress(TaskError):  # in a user's own task
        rows = draw_rows(config.the_task, np.random.default_rng(0), 8, max(64, config.window_steps))
        drawn = np.unique(rows.x.reshape(-1, form.count), axis=0).tolist()
    if not 0 < len(drawn) <= MOST_DRAWN:
        units = each if form.count <= MOST_CHANNELS else each[:0]
        drawn = [one.tolist() for unit in units for one in (unit, 0 - unit)]
    return zeros, *(_of_numbers(numbers) for numbers in drawn if any(numbers))


def held_input(config: EchoConfig, text: str) -> HeldInput:
    """The constant input that a text names: a symbol by its name or number, numbers with commas, or
    zeros."""
    form, wanted = config.the_task.inputs, text.strip()
    known = {ZEROS: HeldInput(ZEROS, (0.0,) * config.input_size)}
    if isinstance(form, Symbols):
        symbols = held_inputs(config)[: form.count]
        known |= {str(number): one for number, one in enumerate(symbols)} | {
            one.name: one for one in symbols
        }
        names = ", ".join(one.name for one in symbols)
        allowed = (
            f"one of {names}, {ZEROS}"
            if form.count <= MOST_NAMED
            else f"a symbol from 0 to {form.count - 1}"
        )
    else:
        with suppress(ValueError):
            numbers = [*map(float, wanted.split(","))]
            if len(numbers) == form.count and all(map(math.isfinite, numbers)):
                return _of_numbers(numbers)
        allowed = f"{form.count} numbers with commas, or {ZEROS}"
    if wanted not in known:
        raise ConfigError("input", text, allowed)
    return known[wanted]


def _of_numbers(numbers: Sequence[float]) -> HeldInput:
    return HeldInput(", ".join(f"{number:g}" for number in numbers), tuple(numbers))


MOST_COMBINED = 3  # numbers of two values each whose combinations are told apart
RANGES = 4  # into which other numbers are divided

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
        return self._of_numbers(targets) if self.borders.size else targets.astype(np.int64)

    def predicted(self, outputs: npt.NDArray[np.float64]) -> Numbering:
        """The group of each prediction: that of the largest logit, or of the numbers; [...,
        outputs]."""
        return (
            self._of_numbers(outputs) if self.borders.size else np.asarray(outputs.argmax(axis=-1))
        )

    def _of_numbers(self, numbers: npt.NDArray[Any]) -> Numbering:
        channels, count = self.borders.shape
        above = (numbers[..., :channels, np.newaxis] > self.borders).sum(axis=-1)
        return np.asarray(above @ (count + 1) ** np.arange(channels))


def groups_of(form: Symbols | Numbers, targets: npt.NDArray[Any]) -> TargetGroups:
    """The groups of the targets that occur, [samples] or [samples, count]: symbols; the
    combinations of numbers that have two values each; or ranges of the first number, of the same
    width.
    """
    if isinstance(form, Symbols):
        return TargetGroups(
            tuple(form.names) or tuple(map(str, range(form.count))),
            "target",
            False,
            np.zeros((0, 0)),
        )
    values = [np.unique(column) for column in targets[:, :MOST_COMBINED].T]
    if values and all(len(one) == 2 for one in values):
        signs = ["01" if one.tolist() == [0, 1] else "-+" for one in values]
        names = (
            "".join(sign[group >> at & 1] for at, sign in enumerate(signs))
            for group in range(2 ** len(values))
        )
        of = "target" if form.count == len(values) else f"target, numbers 1 to {len(values)}"
        borders = np.array([[float(one.mean(dtype=np.float64))] for one in values])
        return TargetGroups(tuple(names), of, False, borders)
    first = targets[:, 0][np.isfinite(targets[:, 0])]
    edges = np.linspace(float(first.min(initial=0)), float(first.max(initial=0)), RANGES + 1)
    of = "target" if form.count == 1 else f"target, {form.names[0] if form.names else 'number 1'}"
    return TargetGroups(
        tuple(f"to {edge:.2g}" for edge in edges[1:].tolist()), of, True, edges[np.newaxis, 1:-1]
    )

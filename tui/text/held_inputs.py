"""Constant inputs, under which fixed points are looked for: by name, or as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.tasks.task import Numbers, TaskError, draw_rows

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

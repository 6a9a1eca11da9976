"""The constant inputs under which fixed points are searched, by the names that the user sees and types."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import NamedTuple

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

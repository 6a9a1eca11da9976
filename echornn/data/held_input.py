"""Constant inputs that a network can be held at, by name, for its fixed points."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.config_error import ConfigError, fraction
from echornn.tasks.task import Numbers

ZEROS = "zeros"
"""The name of the input that consists of zeros."""

MOST_CHANNELS = 8
"""The most numbers of an input for which each is offered as 1 and as -1."""

MOST_SYMBOLS_NAMED = 12
"""The most symbols that a message names."""


@dataclass(frozen=True)
class HeldInput:
    """A constant input.

    Attributes:
        name: its name: a symbol's name or number, `ZEROS`, or the numbers.
        numbers: the input as it enters the cell.
    """

    name: str
    numbers: tuple[float, ...]

    @property
    def words(self) -> str:
        """The input in a sentence: ``input 0``, or ``zero input``."""
        return "zero input" if self.name == ZEROS else f"input {self.name}"


def held_inputs(config: EchoConfig) -> tuple[HeldInput, ...]:
    """The constant inputs to choose from, the usual one first.

    These are the symbols, and zeros where that is no symbol; or zeros, and each number as 1 and as -1 while the others
    are 0.
    """
    form, zeros = config.the_task.inputs, HeldInput(ZEROS, (0.0,) * config.input_size)
    if isinstance(form, Numbers):
        channels = range(form.count if form.count <= MOST_CHANNELS else 0)
        return zeros, *(_of_numbers(_one_hot(config, channel, sign)) for channel in channels for sign in (1.0, -1.0))
    symbols = tuple(HeldInput(name, _symbol(config, index)) for index, name in enumerate(_names(config)))
    return symbols if form.count == 2 else (*symbols, zeros)


def held_input(config: EchoConfig, text: str) -> HeldInput:
    """The constant input that a text names: a symbol by its name or number, numbers with commas, or zeros.

    Raises:
        ConfigError: it names none; the message says which texts do.
    """
    form, wanted = config.the_task.inputs, text.strip()
    if wanted == ZEROS:
        return HeldInput(ZEROS, (0.0,) * config.input_size)
    if isinstance(form, Numbers):
        which = f" ({', '.join(form.names)})" if form.names else ""
        allowed = f"{form.count} number{'s with commas' if form.count > 1 else ''}{which}, or {ZEROS}"
        parts = wanted.split(",")
        if len(parts) != form.count:
            raise ConfigError("input", text, allowed)
        return _of_numbers(tuple(fraction("input", _number(part), allowed) for part in parts))
    names = _names(config)
    if wanted in names:
        return HeldInput(wanted, _symbol(config, names.index(wanted)))
    if wanted.isdecimal() and wanted.isascii() and len(wanted) < 4 and int(wanted) < form.count:
        return HeldInput(names[int(wanted)], _symbol(config, int(wanted)))
    few = ", ".join(names) if form.count <= MOST_SYMBOLS_NAMED else f"a symbol from 0 to {form.count - 1}"
    raise ConfigError("input", text, f"one of {few}, {ZEROS}" if form.count <= MOST_SYMBOLS_NAMED else few)


def _number(text: str) -> object:
    """The number that a text is, or the text."""
    try:
        return float(text)
    except ValueError:
        return text


def _names(config: EchoConfig) -> tuple[str, ...]:
    form = config.the_task.inputs
    return tuple(form.names) or tuple(map(str, range(form.count)))


def _symbol(config: EchoConfig, symbol: int) -> tuple[float, ...]:
    """A symbol as it enters the cell: two symbols are the numbers 0 and 1, more are one-hot."""
    return (float(symbol),) if config.input_size == 1 else _one_hot(config, symbol, 1.0)


def _one_hot(config: EchoConfig, place: int, value: float) -> tuple[float, ...]:
    return tuple(value if index == place else 0.0 for index in range(config.input_size))


def _of_numbers(numbers: tuple[float, ...]) -> HeldInput:
    return HeldInput(", ".join(f"{number:g}" for number in numbers), numbers)

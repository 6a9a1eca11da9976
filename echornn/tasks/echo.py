"""The echo: say the symbol of some steps before, as in the tutorial ("Generate data")."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from echornn.errors import ConfigError
from echornn.machines import MOST_STATES, Machine, shift_register
from echornn.progress import SymbolArray
from echornn.tasks.task import (
    MAX_STEPS,
    MOST_SYMBOLS,
    Batch,
    Echoed,
    Level,
    Symbols,
    Task,
    entropy,
    setting,
    share_before,
)

RowStart = Literal["previous_row", "zero"]


@dataclass(frozen=True)
class Echo(Task):
    """Say the symbol of some steps before (the tutorial).

    The rows are cut from one series, so the first targets of a row echo the end of the row above,
    which a network cannot know; every step is scored.
    """

    scores_every_step = True

    echo_step: int = setting(
        3, "Time steps by which the target lags behind the input.", 0, MAX_STEPS
    )
    num_classes: int = setting(
        2, "Different symbols. Two are read as a number, more as one-hot vectors.", 2, MOST_SYMBOLS
    )
    row_start: RowStart = setting(
        "previous_row",
        "First targets of a row: previous_row echoes the row above, as in the tutorial; zero "
        "makes them blank.",
        choices=("previous_row", "zero"),
    )

    @property
    def inputs(self) -> Symbols:
        return Symbols(self.num_classes)

    outputs = inputs

    @property
    def echoed(self) -> Echoed:
        return Echoed(self.echo_step, self.row_start == "previous_row")

    @property
    def machine(self) -> Machine | None:
        """A state for the symbols from the echoed one on; None if they are many."""
        symbols, lag = self.num_classes, self.echo_step
        if symbols ** (lag + 1) > MOST_STATES:
            return None
        leads, kept = shift_register(symbols, lag + 1)
        says = np.eye(symbols, dtype=np.bool_)[kept[:, lag]]
        return Machine(leads, says, warm_up=(0,) * lag)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = uniform_symbols(rng, self.num_classes, rows * steps)
        return Batch(*echo_rows(x, self.echo_step, rows, self.row_start))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        lag = self.echo_step
        wrong = 1 - 1 / self.num_classes
        knows = f"the symbol {lag} back"
        return (
            Level("chance", math.log(self.num_classes), "nothing", (), wrong),
            Level(f"knows t-{lag}", self._floor(rows, steps), knows, (lag,)),
        )

    def sources(self, t: int) -> tuple[int, ...]:
        return (self.echo_step,) if t >= self.echo_step else ()

    def more_at_start(self, rows: int, first: int, steps: int) -> float:
        """For a network that knows which row it reads."""
        if self.row_start == "zero":
            return 0.0
        unknown = min(max(self.echo_step - first, 0), steps)
        return (rows - 1) / rows * unknown / steps * math.log(self.num_classes)

    @classmethod
    def misfit(cls, values: Mapping[str, Any], steps: int) -> ConfigError | None:
        echo_step = values.get("echo_step")
        if isinstance(echo_step, int) and (echo_step < 0 or steps <= echo_step <= MAX_STEPS):
            allowed = f"0 to {steps - 1}, less than the row's length"
            return ConfigError("echo_step", echo_step, allowed)
        return None

    def _floor(self, rows: int, steps: int) -> float:
        """The least mean loss: the first targets are blank in the first row, and uniformly random
        in the others."""
        if self.row_start == "zero":
            return 0.0
        symbol = (rows - 1) / rows / self.num_classes
        others = self.num_classes - 1
        blank = 1 - others * symbol
        return share_before(self.echo_step, steps) * entropy(blank, *[symbol] * others)


def echo_rows(
    x: SymbolArray, echo_step: int, rows: int, row_start: RowStart
) -> tuple[SymbolArray, SymbolArray]:
    """The series ``x``, uint8 [steps], and its echo, both cut into rows; the remainder is dropped.

    The roll comes before the reshape, as in the tutorial, so the first ``echo_step`` targets of a
    row echo the end of the row above; in the first row they are 0. With ``row_start="zero"`` they
    are 0 in every row.
    """
    used = len(x) // rows * rows
    y = np.roll(x, echo_step)
    y[:echo_step] = 0
    y_rows = y[:used].reshape(rows, -1)
    if row_start == "zero":
        y_rows[:, :echo_step] = 0
    return x[:used].reshape(rows, -1), y_rows


def targets_side_by_side(tasks: Sequence[Echo], x: SymbolArray) -> SymbolArray:
    """The targets of one echo for each replica, uint8 [steps, rows, replicas], from the inputs."""
    y = np.zeros_like(x)
    for task in set(tasks):
        is_alike = [other == task for other in tasks]
        replicas: slice | npt.NDArray[np.int64] = np.flatnonzero(is_alike)
        if all(is_alike):
            replicas = slice(None)  # copied in one piece; by their numbers, it would be twice
        lag, steps = task.echo_step, len(x)
        y[lag:, :, replicas] = x[: steps - lag, :, replicas]
        if task.row_start == "previous_row":
            y[:lag, 1:, replicas] = x[steps - lag :, :-1, replicas]
    return y


def uniform_symbols(rng: np.random.Generator, classes: int, steps: int) -> SymbolArray:
    """``rng.integers(0, classes, steps, dtype=uint8)`` for a new generator, bit for bit; for a
    power of two faster.

    NumPy maps each random byte (of a word, the lowest first) to ``byte * classes // 256``.
    """
    is_power_of_two = classes & (classes - 1) == 0
    if not is_power_of_two:
        return rng.integers(0, classes, steps, dtype=np.uint8)
    words = rng.bit_generator.random_raw(-(-steps // 8))
    drawn = np.asarray(words, dtype="<u8").view(np.uint8)[:steps]
    return np.asarray(drawn >> np.uint8(9 - classes.bit_length()))

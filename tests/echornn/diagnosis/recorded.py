"""Runs that were trained once, stored as mean losses of every 64 windows, with probe readings at some windows.

`python -m tests.benchmarks.what_is_the_case --write` trains them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.diagnosis import Diagnosis, Kind, Note
from echornn.diagnosis.judge import diagnosis
from echornn.diagnosis.loss_stats import LossStats
from echornn.readings import Matrices, Memory, Readings, Units
from tests.losses_seen import after

FILE = Path(__file__).parent / "recorded.npz"

BLOCK = 64
"""The number of windows per stored mean."""


@dataclass(frozen=True)
class Run:
    """A recorded run, and the diagnoses that are expected of it.

    Attributes:
        changes: the fields that differ from the tutorial.
        says: the expected kind of diagnosis by number of trained windows (multiples of `BLOCK`, in order), with and
            without the probe readings.
        note: the note that is expected at the end.
        edit: the fields that are changed, and after how many windows.
    """

    changes: dict[str, Any]
    says: dict[int, Kind]
    note: Note = Note.COVERAGE
    edit: tuple[int, dict[str, Any]] | None = None
    num_epochs: int = 100_000

    @property
    def config(self) -> EchoConfig:
        return EchoConfig(num_epochs=self.num_epochs, **self.changes)

    @property
    def windows(self) -> int:
        return max(self.says)


GLOROT = {"init": "glorot"}
FEW = Note.FEW_NUMBERS
UNIFORM = Note.UNIFORM_START

RUNS = {
    "the tutorial": Run({}, {128: Kind.PINNED, 384: Kind.SOLVED, 19_968: Kind.SOLVED}),
    "seed 3, late": Run({"seed": 3}, {640: Kind.PINNED, 1216: Kind.LEARNING, 1344: Kind.SOLVED}),
    "seed 5": Run({"seed": 5}, {640: Kind.PINNED, 44_032: Kind.PINNED}),
    "state 16": Run({"state_size": 16}, {9984: Kind.PINNED}, UNIFORM),
    "state 64": Run({"state_size": 64}, {4992: Kind.PINNED}, UNIFORM),
    "three layers": Run({"num_layers": 3}, {9984: Kind.PINNED}, UNIFORM),
    "lstm, uniform": Run({"cell": "lstm"}, {3968: Kind.PLATEAU, 6144: Kind.LEARNING, 9984: Kind.SOLVED}),
    "adagrad 5": Run({"learning_rate": 5.0}, {9984: Kind.RATE_TOO_LARGE}),
    "rmsprop 1": Run({"optimizer": "rmsprop", "learning_rate": 1.0}, {9984: Kind.RATE_TOO_LARGE}),
    "sgd 10": Run({"optimizer": "sgd", "learning_rate": 10.0}, {9984: Kind.RATE_TOO_LARGE}),
    "adam 0.3": Run({"optimizer": "adam", "learning_rate": 0.3}, {9984: Kind.BEGINNING}),
    "adam 1": Run({"optimizer": "adam", "learning_rate": 1.0}, {9984: Kind.RATE_TOO_LARGE}),
    "sgd 1e-4": Run({"optimizer": "sgd", "learning_rate": 1e-4}, {9984: Kind.STEPS_TOO_SMALL}),
    "state 4, echo 5": Run({"echo_step": 5}, {2048: Kind.LEARNING, 19_968: Kind.FEW_NUMBERS}, FEW),
    "state 4, echo 5, glorot": Run({"echo_step": 5, **GLOROT}, {512: Kind.LEARNING, 4992: Kind.FEW_NUMBERS}, FEW),
    "state 2, echo 3": Run({"state_size": 2, **GLOROT}, {4992: Kind.FEW_NUMBERS}, FEW),
    "gru of 4, echo 5": Run({"cell": "gru", "echo_step": 5}, {9984: Kind.FEW_NUMBERS}, FEW),
    "echo 3 to 5": Run({}, {3072: Kind.SOLVED, 6016: Kind.FORGOT}, FEW, (3200, {"echo_step": 5})),
    "rate to 30": Run({}, {3072: Kind.SOLVED, 4992: Kind.RELAPSED}, edit=(3200, {"learning_rate": 30.0})),
    "echo 14": Run(
        {"echo_step": 14, "state_size": 16, **GLOROT},
        {448: Kind.FAR, 1984: Kind.BEGINNING, 8000: Kind.LEARNING, 19_968: Kind.SOLVED},
    ),
    "echo 15": Run({"echo_step": 15, "state_size": 16, **GLOROT}, {9984: Kind.BEYOND}, Note.NONE),
    "T 1": Run({"truncated_backprop_length": 1}, {8192: Kind.BEYOND, 19_968: Kind.BEYOND}, Note.NONE),
    "one window an epoch": Run({"total_series_length": 75}, {9984: Kind.SOLVED}, Note.ONE_WINDOW),
    "dropout": Run(
        {"num_layers": 3, "dropout": 0.5, **GLOROT}, {4992: Kind.LEARNING, 14_976: Kind.SOLVED}, Note.DROPOUT
    ),
    "stride 1": Run({"stride": 1}, {4992: Kind.SOLVED}, Note.OVERLAP),
    "stride 3": Run({"stride": 3}, {4992: Kind.SOLVED}, Note.OVERLAP),
    "glorot": Run(GLOROT, {64: Kind.LEARNING, 9984: Kind.SOLVED}),
    "blank row starts": Run({"row_start": "zero"}, {4992: Kind.SOLVED}),
}  # fmt: skip
"""The runs by name."""


@dataclass(frozen=True)
class Read:
    """The probe readings at a window; see `echornn.diagnosis.diagnosis.Diagnosis`."""

    spread: float
    saturated: float
    held: float
    update: float

    def readings(self, config: EchoConfig, window: int) -> Readings:
        activity = self.spread * np.array([1, -1, 1, -1], np.float32).reshape(1, 4, 1)
        zero = np.zeros(1, np.float32)
        units = Units("h", activity, activity > 1, self.saturated, zero, np.zeros(1, np.int32), zero)
        memory = Memory("h", np.array([self.held], np.float32), config.state_size)
        return Readings(
            config, 0, window, memory=memory, units=units, weights=Matrices({}, {}, {}, {"W": self.update}, ())
        )


@cache
def recorded() -> dict[str, Any]:
    """The contents of the file, by name."""
    with np.load(FILE) as file:
        return dict(file)


@dataclass(frozen=True)
class Past:
    """A recorded run, which can be stepped through again.

    Attributes:
        losses, errors: float32 [windows], for each window the mean of its block.
    """

    run: Run
    losses: Any = field(repr=False)
    errors: Any = field(repr=False)

    def config_at(self, window: int) -> EchoConfig:
        config = self.run.config
        return config if self.run.edit is None or window < self.run.edit[0] else replace(config, **self.run.edit[1])

    def loss_stats(self, window: int) -> LossStats:
        at = self.run.edit[0] if self.run.edit is not None else window
        loss_stats = self._after(LossStats(), 0, min(at, window))
        if window >= at and self.run.edit is not None:
            loss_stats = loss_stats.under(self.config_at(at), self.run.config, at)
            loss_stats = self._after(loss_stats, at, window)
        return loss_stats

    def walk(self) -> Iterator[Diagnosis]:
        """The diagnosis after each block of windows; in a long run, after every fourth."""
        loss_stats, config = LossStats(), self.run.config
        for window in range(BLOCK, self.run.windows + 1, BLOCK):
            loss_stats = self._after(loss_stats, window - BLOCK, window)
            if window - loss_stats.block_means.begun <= 4096 or window % (4 * BLOCK) == 0:
                yield diagnosis(config, loss_stats, None)
            after = self.config_at(window)
            loss_stats, config = loss_stats.under(after, config, window), after

    def _after(self, loss_stats: LossStats, first: int, last: int) -> LossStats:
        return after(loss_stats, self.losses[first:last], self.config_at(first), first, self.errors[first:last])

    def diagnosis(self, window: int, readings: Readings | None = None) -> Diagnosis:
        return diagnosis(self.config_at(window), self.loss_stats(window), None, readings=readings)


def past(name: str) -> Past:
    """The recorded run with this name."""
    file = recorded()
    losses, errors = (np.repeat(file[f"{name}/{what}"].astype(np.float32), BLOCK) for what in ("losses", "errors"))
    return Past(RUNS[name], losses, errors)


def read(name: str, window: int) -> Read:
    """The probe readings of a recorded run at a window."""
    return Read(*recorded()[f"{name}@{window}"].tolist())

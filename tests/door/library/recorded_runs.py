"""Runs that were trained once: their settings, the mean losses of every 64 windows, and what they were judged to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn import EchoConfig

FILE = Path(__file__).parent / "recorded_runs.npz"

BLOCK = 64
"""The number of windows per stored mean."""


@dataclass(frozen=True)
class Run:
    """A recorded run.

    Attributes:
        changes: the fields that differ from the tutorial.
        cases: what it is after so many windows (multiples of `BLOCK`, in order); see `tests.door.library.judged`.
        edit_at, edit: after how many windows which fields were changed.
    """

    changes: dict[str, Any]
    cases: dict[int, str]
    edit_at: int = 0
    edit: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> EchoConfig:
        return EchoConfig(num_epochs=100_000, **self.changes)


GLOROT = {"init": "glorot"}

RUNS = {
    "the tutorial": Run({}, {128: "chance", 384: "solved", 19_968: "solved"}),
    "seed 3, late": Run({"seed": 3}, {640: "chance", 1216: "falling", 1344: "solved"}),
    "seed 5": Run({"seed": 5}, {640: "chance", 44_032: "chance"}),
    "state 16": Run({"state_size": 16}, {9984: "chance"}),
    "state 64": Run({"state_size": 64}, {4992: "chance"}),
    "three layers": Run({"num_layers": 3}, {9984: "chance"}),
    "lstm, uniform": Run({"cell": "lstm"}, {3968: "chance", 6144: "falling", 9984: "solved"}),
    "adagrad 5": Run({"learning_rate": 5.0}, {9984: "chance"}),
    "rmsprop 1": Run({"optimizer": "rmsprop", "learning_rate": 1.0}, {9984: "above"}),
    "sgd 10": Run({"optimizer": "sgd", "learning_rate": 10.0}, {9984: "above"}),
    "adam 0.3": Run({"optimizer": "adam", "learning_rate": 0.3}, {9984: "falling"}),
    "adam 1": Run({"optimizer": "adam", "learning_rate": 1.0}, {9984: "above"}),
    "sgd 1e-4": Run({"optimizer": "sgd", "learning_rate": 1e-4}, {9984: "chance"}),
    "state 4, echo 5": Run({"echo_step": 5}, {2048: "falling", 19_968: "falling"}),
    "state 4, echo 5, glorot": Run({"echo_step": 5, **GLOROT}, {512: "falling", 4992: "standing"}),
    "state 2, echo 3": Run({"state_size": 2, **GLOROT}, {4992: "standing"}),
    "gru of 4, echo 5": Run({"cell": "gru", "echo_step": 5}, {9984: "standing"}),
    "echo 3 to 5": Run({}, {3072: "solved", 6016: "another task"}, 3200, {"echo_step": 5}),
    "rate to 30": Run({}, {3072: "solved", 4992: "lost"}, 3200, {"learning_rate": 30.0}),
    "echo 14": Run(
        {"echo_step": 14, "state_size": 16, **GLOROT},
        {448: "chance", 1984: "falling", 8000: "falling", 19_968: "solved"},
    ),
    "echo 15": Run({"echo_step": 15, "state_size": 16, **GLOROT}, {9984: "beyond T"}),
    "T 1": Run({"truncated_backprop_length": 1}, {8192: "beyond T", 19_968: "beyond T"}),
    "one window an epoch": Run({"total_series_length": 75}, {9984: "solved"}),
    "dropout": Run({"num_layers": 3, "dropout": 0.5, **GLOROT}, {4992: "falling", 14_976: "solved"}),
    "stride 1": Run({"stride": 1}, {4992: "solved"}),
    "stride 3": Run({"stride": 3}, {4992: "solved"}),
    "glorot": Run(GLOROT, {64: "falling", 9984: "solved"}),
    "blank row starts": Run({"row_start": "zero"}, {4992: "solved"}),
}
"""The runs by name."""


def recorded(name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The losses of a run, and the shares of wrong predictions, float32 [windows], each the mean of its block."""
    with np.load(FILE) as file:
        losses, errors = (np.repeat(file[f"{name}/{what}"].astype(np.float32), BLOCK) for what in ("losses", "errors"))
    return losses, errors

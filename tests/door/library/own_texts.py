"""Files of a user's own, and folders whose records hold their texts."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from echornn import EchoConfig
from echornn.own import own_file, trial
from echornn.own.own_file import OwnFile
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.results import Result
from tests.recorded import record_branches
from tests.swept import keep

MARKS = """\
import os
if "RUN_BY" in os.environ:
    open(os.environ["RUN_BY"], "w").close()
"""
"""The beginning of a text that leaves a mark if it runs."""

TASK = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Level, Numbers, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    lag: int = setting(2, "Steps back.", 1, 50)
    inputs, outputs = Symbols(3), Numbers(1)

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 3, (rows, steps))
        y = np.roll(x, self.lag, axis=1)[..., None] / 2
        return Batch(x, y, np.ones(x.shape, bool))

    def levels(self, rows, steps):
        return [Level("chance", 1 / 6, "nothing"), Level("knows it", 0.01, "the symbol")]
"""

CELL = """\
import numpy as np
from echornn import TANH, Cell, Product

def step(x, state, network):
    (h,) = state
    (h,) = network.affine([x, h], "W", "b", TANH)
    return [h]

Mine = Cell(step, state_parts=("h",), products=(Product("W", "b", columns=("h",)),))
"""


def write(text: str, name: str) -> None:
    """Write a file in the current folder."""
    Path(name).write_text(text, encoding="utf-8")


@contextmanager
def limits(seconds: float) -> Iterator[None]:
    """In the ``with`` block, the first check of a file takes so many seconds at most."""
    with patch.object(trial, "SECONDS", seconds):
        yield


def record_all(with_facts: bool) -> None:
    """Record, in the current folder, a run with three branches of 4, 3 and 2 windows, and a sweep
    of three lags with two seeds each, all with the task and the cell of files that leave marks.

    Args:
        with_facts: whether the records say what the task and the cell are, as those of this program
            do.
    """
    write(MARKS + TASK, "task.py")
    write(MARKS + CELL, "cell.py")
    config = EchoConfig(
        task="task.py:Mine", cell="cell.py:Mine", total_series_length=500, num_epochs=9
    )
    as_record = OwnFile.as_record

    def without_facts(own: OwnFile, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return as_record(own, facts if with_facts else None)

    with patch.object(OwnFile, "as_record", without_facts):
        record_branches(Path("run"), 4, {"lag": 4}, 3, {"state_size": 6}, 2, config=config)
        fields = {"task": config.value("task"), "cell": config.cell, "num_epochs": 1}
        keep(
            Path("sweep"),
            [Grid((Axis("lag", (3, 4, 5)),), fields, 2)],
            lambda _: Result(None, 0.25, 9, 0.1),
        )


CACHING = tuple(f"echornn.{room}" for room in ("cells", "tasks", "data", "config", "levels"))


def forget_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget all texts that were run, and all that was asked of their tasks and cells."""
    monkeypatch.setattr(own_file, "LOADED", {})
    for name, module in list(sys.modules.items()):
        if name.startswith(CACHING):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()

"""Tasks that weigh their steps: a stream of symbols, and trials of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn import Batch, Numbers, Symbols, Task


@dataclass(frozen=True)
class WeighedSums(Task):
    """How many of the last two bits are 1; a third of the steps do not count."""

    inputs, outputs = Symbols(2), Symbols(3)
    weighs_steps = True

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        bits = rng.integers(0, 2, (rows, steps + 1), np.uint8)
        weights = rng.choice([0, 0.25, 3], (rows, steps))
        return Batch(bits[:, 1:], bits[:, 1:] + bits[:, :-1], weights)


@dataclass(frozen=True)
class WeighedTotals(Task):
    """The mean of two numbers so far, late steps weigh more and the first nothing."""

    inputs, outputs = Numbers(2), Numbers(2)
    length = 4
    weighs_steps = True

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.uniform(-1, 1, (rows, steps, 2))
        weights = np.broadcast_to(np.arange(steps) / 2, (rows, steps))
        return Batch(x, np.cumsum(x, axis=1) / steps, weights)

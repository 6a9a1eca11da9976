"""Delayed XOR: say whether two earlier bits differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echornn.errors import ConfigError
from echornn.machines import MOST_STATES, Machine, shift_register
from echornn.tasks.task import Batch, Level, Symbols, Task, lagged, setting, share_before


@dataclass(frozen=True)
class DelayedXor(Task):
    """Say whether two earlier bits differ: ``x[t - lag] xor x[t - far_lag]``.

    Knowing only one of the two bits does not help, so the ladder has no level between knowing
    nothing and knowing everything. Every step is scored. The first targets of a row depend on bits
    from before the row, which no network has seen; the levels count them in.
    """

    inputs = outputs = Symbols(2)
    scores_every_step = True

    lag: int = setting(1, "Steps back to the nearer bit.", 0, 10**6)
    far_lag: int = setting(3, "Steps back to the farther bit, more than lag.", 1, 10**6)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.far_lag <= self.lag:
            raise ConfigError("far_lag", self.far_lag, f"more than lag = {self.lag}")

    @property
    def machine(self) -> Machine | None:
        """A state for the bits from the farther one on; None if they are many."""
        length = self.far_lag + 1
        if 2**length > MOST_STATES:
            return None
        leads, kept = shift_register(2, length)
        differ = kept[:, self.lag] != kept[:, self.far_lag]
        says = np.stack([~differ, differ], axis=1)
        return Machine(leads, says, warm_up=(0,) * self.far_lag)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, self.far_lag + steps), np.uint8)
        y = lagged(x, self.lag, self.far_lag) ^ lagged(x, self.far_lag, self.far_lag)
        return Batch(x[:, self.far_lag :], y)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        chance = math.log(2)
        unseen = share_before(self.far_lag, steps)
        knows = f"the bits {self.lag} and {self.far_lag} steps back"
        return (
            Level("chance", chance, "nothing, or only one of both bits", wrong=1 / 2),
            Level("knows both", unseen * chance, knows, (self.lag, self.far_lag)),
        )

    def sources(self, t: int) -> tuple[int, ...]:
        if t < self.far_lag:
            return ()
        return self.lag, self.far_lag

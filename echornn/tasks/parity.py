"""Parity: say whether the number of ones so far is odd."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.machines import Machine
from echornn.tasks.task import Batch, Level, Symbols, setting
from echornn.tasks.trials import Trials, scored_steps, shortest_trial


@dataclass(frozen=True)
class Parity(Trials):
    """Say whether the number of ones so far is odd (Bengio, Simard and Frasconi 1994).

    A trial has ``length`` random bits, and every step is scored. The target of a step is the parity
    of the trial's bits up to this step, so one bit of memory is enough: it changes with each 1.
    After the end of a shorter trial come zeros. Weights do not depend on the length, so a network
    that was trained with short trials can be scored on longer ones.
    """

    inputs = outputs = Symbols(2)

    length: int = setting(10, "Time steps of a trial.", 1, 10**6)
    length_from: int = shortest_trial()
    scoring: str = scored_steps()

    @property
    def machine(self) -> Machine:
        """A state for an even number of ones, and one for an odd."""
        return Machine(np.array([[0, 1], [1, 0]], np.int32), np.eye(2, dtype=np.bool_))

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, steps), np.uint8)
        ends = self.draw_ends(rng, rows)
        x[self.is_over(ends)] = 0
        return Batch(x, np.bitwise_xor.accumulate(x, axis=1), self.scored(ends))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        return tuple(self.right_for_first(2, "parity", "bits"))

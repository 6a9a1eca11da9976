"""Parity: say whether the number of ones so far is odd."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, Task, setting


@dataclass(frozen=True)
class Parity(Task):
    """Say whether the number of ones so far is odd (Bengio, Simard and Frasconi 1994).

    A trial has ``length`` random bits, and every step is scored. The target of a step is the parity
    of the trial's bits up to this step, so one bit of memory is enough: it changes with each 1.
    Weights do not depend on the length, so a network that was trained with short trials can be
    scored on longer ones.
    """

    inputs = outputs = Symbols(2)
    scores_every_step = True

    length: int = setting(10, "Time steps of a trial.", 1, 10**6)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, steps), np.uint8)
        return Batch(x, np.bitwise_xor.accumulate(x, axis=1))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Those of learners that lose count after some steps: without one bit, all later targets
        are fair coins."""
        ladder = [self._right_for(0, "chance", "nothing")]
        count = 1
        while 2 * count <= self.length:
            knows = f"the parity of the first {count} steps of a trial"
            ladder.append(self._right_for(count, f"right for {count}", knows))
            count *= 2
        knows = "the parity of all bits so far"
        return *ladder, self._right_for(self.length, "knows all", knows)

    def _right_for(self, count: int, name: str, knows: str) -> Level:
        """The level of a learner that knows the targets of the first ``count`` steps of a trial,
        and guesses all others."""
        guessed = 1 - count / self.length
        return Level(name, guessed * math.log(2), knows, wrong=guessed / 2)

"""Binary addition: say the sum of two numbers bit by bit, the lowest first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Numbers, Symbols, Task

SHOWN_PAIRS = 1, 2, 4


@dataclass(frozen=True)
class BinaryAddition(Task):
    """Say the sum of two numbers bit by bit, the lowest bit first.

    The inputs are a random bit of each number; they are as long as a row. The target is the bit of
    the sum, and every step is scored. Two equal bits say what is carried, two different ones keep
    what was carried before.
    """

    inputs, outputs = Numbers(2, names="ab"), Symbols(2)
    scores_every_step = True

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, steps, 2), np.uint8)
        a, b = x[..., 0], x[..., 1]
        equal = np.maximum.accumulate(np.where(a == b, np.arange(steps), -1), axis=1)
        carried = np.where(equal < 0, 0, np.take_along_axis(a, equal, axis=1))
        return Batch(x, a ^ b ^ np.pad(carried, ((0, 0), (1, 0)))[:, :-1])

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Those of a long row: what is carried is not known if all the pairs that are known are of
        different bits."""
        return (
            Level("chance", math.log(2), "at most the bits of this step", wrong=1 / 2),
            *(
                Level(
                    f"knows {pairs} back",
                    0.5**pairs * math.log(2),
                    f"the bits up to {pairs} steps back",
                    wrong=0.5 ** (pairs + 1),
                )
                for pairs in SHOWN_PAIRS
            ),
            Level("carries", 0.0, "the bits, and what is carried"),
        )

"""Binary addition: say the sum of two numbers bit by bit, the lowest first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.machines import Machine
from echornn.tasks.task import Batch, Level, Numbers, Symbols, Task

SHOWN_PAIRS = 1, 2, 4
PAIRS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)  # of bits, the letters


@dataclass(frozen=True)
class BinaryAddition(Task):
    """Say the sum of two numbers bit by bit, the lowest bit first.

    The inputs are a random bit of each number; they are as long as a row. The target is the bit of
    the sum, and every step is scored. Two equal bits say what is carried, two different ones keep
    what was carried before. The variant is ours: the serial adder of automata theory, with rows
    that have no end. In Deletang et al. 2023 one number follows the other, which needs more memory
    the longer they are.
    """

    inputs, outputs = Numbers(2, names="ab"), Symbols(2)
    scores_every_step = True

    @property
    def letters(self) -> npt.NDArray[np.float32]:
        return PAIRS

    @property
    def machine(self) -> Machine:
        """A state for each bit of the sum and what is carried: 0, 1, carried 0, carried 1. After a
        pair of zeros nothing is carried."""
        carried = np.array([0, 0, 1, 1], np.int32)  # in each state
        ones = PAIRS.sum(axis=1).astype(np.int32)  # of each letter
        says = np.eye(2, dtype=np.bool_)[[0, 1, 0, 1]]
        return Machine(np.add.outer(carried, ones), says, warm_up=(0,))

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, steps, 2), np.uint8)
        a, b = x[..., 0], x[..., 1]
        equal = np.where(a == b, np.arange(steps), -1)
        last_equal = np.maximum.accumulate(equal, axis=1)
        carries = np.where(last_equal < 0, 0, np.take_along_axis(a, last_equal, axis=1))
        carried = np.pad(carries, ((0, 0), (1, 0)))[:, :-1]
        return Batch(x, a ^ b ^ carried, hidden={"carry": carries})

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Those of a long row: what is carried is not known if all the pairs that are known are of
        different bits."""
        chance = math.log(2)
        ladder = [Level("chance", chance, "at most the bits of this step", wrong=1 / 2)]
        for pairs in SHOWN_PAIRS:
            unknown = 0.5**pairs
            knows = f"the bits up to {pairs} steps back"
            ladder.append(Level(f"knows {pairs} back", unknown * chance, knows, wrong=unknown / 2))
        return *ladder, Level("carries", 0.0, "the bits, and what is carried")

"""Temporal order: say in which order the symbols that matter came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, setting
from echornn.tasks.trials import LAST, Trials, shortest_trial

# Symbols 0 to 3; X and Y are 4 and 5; 6 starts a trial, and 7 ends it
DISTRACTORS, X, START, TRIGGER = 4, 4, 6, 7
PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}
"""The ranges of positions of X and Y, in hundredths of the shortest trial: from the first number to
before the second."""


@dataclass(frozen=True)
class TemporalOrder(Trials):
    """Say in which order the symbols that matter came (Hochreiter and Schmidhuber 1997, task 6).

    A trial has two or three such symbols, each X or Y, at random places among four symbols that
    mean nothing. The class, scored at the last step, says which they were, in order: XX, XY, YX,
    YY. E begins a trial, and B ends it; it goes on after the end of a shorter one. There, lengths
    are 100 to 110: ``length_from = 100``, ``length = 110``.
    """

    inputs = Symbols(8, names="abcdXYEB")
    scoring = LAST
    least_length = 10  # so that the first mark is after E

    marks: int = setting(2, "Symbols that matter: 2 (4 classes) or 3 (8 classes).", 2, 3)
    length: int = setting(60, "Time steps of a trial.", least_length, 10**6)
    length_from: int = shortest_trial()

    @property
    def outputs(self) -> Symbols:
        orders = product("XY", repeat=self.marks)
        return Symbols(2**self.marks, names=["".join(order) for order in orders])

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, DISTRACTORS, (rows, steps), np.uint8)
        ends = self.draw_ends(rng, rows)
        x[:, 0] = START
        x[self.is_over(ends - 1)] = TRIGGER
        order = np.zeros(rows, np.uint8)
        for first, end in PLACES[self.marks]:
            begin = first * self.shortest // 100
            places = rng.integers(begin, max(begin + 1, end * self.shortest // 100), rows)
            which = rng.integers(0, 2, rows, np.uint8)
            x[np.arange(rows), places] = X + which
            order = 2 * order + which
        y = np.zeros_like(x)
        y[np.arange(rows), ends - 1] = order
        return Batch(x, y, self.scored(ends))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        ladder = [_level("chance", self.marks, "nothing")]
        for count in range(1, self.marks):
            knows = f"{count} of the {self.marks} symbols"
            ladder.append(_level(f"knows {count}", self.marks - count, knows))
        return *ladder, _level("knows all", 0, "all of them, in order")


def _level(name: str, unknown: int, knows: str) -> Level:
    return Level(name, unknown * math.log(2), knows, wrong=1 - 0.5**unknown)

"""Group: say the product of elements of a group, one more at each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
import numpy.typing as npt

from echornn.machines import Machine
from echornn.tasks.task import Batch, Level, Symbols, setting
from echornn.tasks.trials import Trials, scored_steps, shortest_trial

GROUPS = "S3", "S5", "A5", "Z60"


@dataclass(frozen=True)
class Group(Trials):
    """Say the product of elements of a group, one more at each step (Merrill, Petty and Sabharwal
    2024; Grazzi et al. 2025).

    S3 and S5 are all permutations of three and five things, A5 the 60 even ones of five, Z60 the
    turns of a circle of 60 places. At each step an element comes, all alike, the identity too; it
    acts after those before. Elements are numbered in the order of their permutations, 0 is the
    identity; it comes after the end of a shorter trial. A learner that knows the sign knows half of
    the elements to be wrong: A5 has no such part that is easier than the whole.
    """

    group: str = setting("S3", "Group: S3 (6 elements), S5 (120), A5 or Z60 (60).", choices=GROUPS)
    length: int = setting(20, "Elements of a trial.", 1, 10**6)
    length_from: int = shortest_trial()
    scoring: str = scored_steps()

    @property
    def inputs(self) -> Symbols:
        return Symbols(len(table_of(self.group)))

    outputs = inputs

    @property
    def machine(self) -> Machine:
        """A state for each product."""
        table = table_of(self.group)
        return Machine(table.astype(np.int32), np.eye(len(table), dtype=np.bool_))

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        table = table_of(self.group)
        x = rng.integers(0, len(table), (rows, steps), np.uint8)
        ends = self.draw_ends(rng, rows)
        x[self.is_over(ends)] = 0
        y = x.copy()
        for step in range(1, steps):
            y[:, step] = table[y[:, step - 1], x[:, step]]
        return Batch(x, y, self.scored(ends))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        count = self.outputs.count
        ladder = self.right_for_first(count, "product", "elements")
        if not self.group.startswith("A"):
            even = count // 2  # as many as odd ones
            knows = "the sign of the product"
            ladder.append(Level("knows sign", math.log(even), knows, wrong=1 - 1 / even))
        return tuple(sorted(ladder, key=lambda level: -level.loss))


@lru_cache
def table_of(group: str) -> npt.NDArray[np.uint8]:
    """The number of the product of two elements, the first of which acts first, [elements,
    elements]."""
    degree = int(group[1:])
    if group.startswith("Z"):
        places = np.arange(degree)
        elements = [tuple(((places + turn) % degree).tolist()) for turn in range(degree)]
    else:
        elements = [*permutations(range(degree))]
    if group.startswith("A"):
        elements = [element for element in elements if _is_even(element)]
    numbers = {element: number for number, element in enumerate(elements)}
    arrays = np.array(elements)
    table = np.empty((len(arrays), len(arrays)), np.uint8)
    for number, first in enumerate(arrays):
        table[number] = [numbers[tuple(product)] for product in arrays[:, first].tolist()]
    return table


def _is_even(permutation: tuple[int, ...]) -> bool:
    matrix = np.eye(len(permutation))[list(permutation)]
    return bool(np.linalg.det(matrix) > 0)

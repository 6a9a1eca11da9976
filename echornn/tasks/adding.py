"""Adding: say the sum of two marked numbers of a long series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.tasks.task import Batch, Level, Numbers, setting
from echornn.tasks.trials import LAST, Trials, shortest_trial


@dataclass(frozen=True)
class Adding(Trials):
    """Say the sum of two marked numbers of a long series (Hochreiter and Schmidhuber 1997, task 4).

    The first input is uniform in 0 to 1. The second, the marker, is 1 at two steps and 0 elsewhere:
    at a random step of the first half of a trial and at one of the second half, the variant of
    Arjovsky, Shah and Bengio 2016. The sum is scored at the last step. After the end of a shorter
    trial both inputs are 0.
    """

    inputs, outputs = Numbers(2, names=("value", "mark")), Numbers(1)

    scoring = LAST
    least_length = 2  # a step in each half

    length: int = setting(50, "Time steps of a trial.", least_length, 10**6)
    length_from: int = shortest_trial()

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        numbers = rng.random((rows, steps), np.float32)
        row = np.arange(rows)
        ends = self.draw_ends(rng, rows)
        numbers[self.is_over(ends)] = 0
        half = ends // 2
        first = rng.integers(0, half)
        second = rng.integers(half, ends)
        marker = np.zeros_like(numbers)
        marker[row, first] = marker[row, second] = 1
        y = np.zeros((rows, steps, 1), np.float32)
        y[row, ends - 1, 0] = numbers[row, first] + numbers[row, second]

        def sum_so_far() -> npt.NDArray[np.float32]:
            return np.cumsum(numbers * marker, axis=1)

        x = np.stack([numbers, marker], axis=2)
        return Batch(x, y, self.scored(ends), {"sum": sum_so_far})

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        variance = 1 / 12  # of a number that is uniform in 0 to 1
        return (
            Level("chance", 2 * variance, "nothing, so that the answer is 1"),
            Level("knows one", variance, "one of the marked numbers"),
            Level("knows both", 0.0, "both marked numbers"),
        )

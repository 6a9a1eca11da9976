"""Dyck-1: predict the next of brackets that nest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, next_symbols, setting

SHOWN_STEPS = 1, 3, 5, 9, 17, 33  # even numbers of symbols say no more than one less
LEAST_STEP = 0.03  # nats by which a level must be above the last; chosen by eye


@dataclass(frozen=True)
class Dyck1(Task):
    """Predict the next of brackets that nest (Lan, Geyer, Chemla and Katzir 2022).

    A string of the grammar S = [S]S or nothing ends with #. At each step a bracket opens with
    probability ``nesting``; otherwise the last open one closes, or the string ends if none is open.
    The strings follow one another in a stream, from which the rows are cut, and every step is
    scored.
    """

    inputs = outputs = Symbols(3, names="[]#")
    characters = "[]#"
    scores_every_step = True

    nesting: float = setting(0.3, "Probability that a bracket opens.", 0.01, 0.49)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        opens = rng.random(rows * steps + 1) < self.nesting
        walk = np.cumsum(np.where(opens, 1, -1))
        lowest = np.minimum.accumulate(np.minimum(walk, 0))
        # The walk goes below all that was before: no bracket is open
        ends = np.diff(lowest, prepend=0) < 0
        stream = np.where(opens, 0, 1)
        stream[ends] = 2
        batch = next_symbols(stream.astype(np.uint8), rows, steps)

        def depth() -> npt.NDArray[np.int64]:
            return (walk - lowest)[:-1].reshape(rows, steps)

        return replace(batch, hidden={"depth": depth})

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Entropies of a long stream, in which the number of open brackets is geometric."""
        p = self.nesting
        ratio = p / (1 - p)  # of the numbers of open brackets
        floor = entropy(p, 1 - p)
        # Whether one is open, if all that were seen to open are closed
        unknown = (1 - p) * entropy(ratio, 1 - ratio)
        commonest = max(p, (1 - p) * ratio, (1 - p) * (1 - ratio))
        knows = "how often each symbol comes"
        ladder = [Level("chance", floor + unknown, knows, wrong=1 - commonest)]
        depths = np.array([1.0])  # how likely so many are open after some steps in which none ended
        for number in range(1, SHOWN_STEPS[-1] + 1):
            opened = np.append(0, depths * p)
            closed = np.append(depths[1:] * (1 - p), (0, 0))  # at depth 0 it would end
            depths = opened + closed
            loss = floor + unknown * float(depths.sum())
            if number in SHOWN_STEPS and loss - floor > LEAST_STEP:
                ladder.append(Level(f"knows {number} back", loss, f"the last {number} symbols"))
        return *ladder, Level("counts", floor, "whether a bracket is open")

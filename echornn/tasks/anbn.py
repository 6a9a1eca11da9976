"""a^n b^n: predict the next symbol of strings with as many b as a."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, next_symbols, setting

SHOWN_COUNTS = 1, 2, 4, 8, 16, 32
LEAST_STEP = 0.01  # nats by which a level must be above the last


@dataclass(frozen=True)
class AnBn(Task):
    """Predict the next symbol of strings a^n b^n # (Lan, Geyer, Chemla and Katzir 2022).

    ``n`` is 1 or more: each a is the last with probability ``end``. The strings follow one another
    in a stream, from which the rows are cut, and every step is scored.
    """

    inputs = outputs = Symbols(3, names="ab#")
    characters = "ab#"
    scores_every_step = True

    end: float = setting(0.3, "Probability that an a is the last.", 0.01, 0.99)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        strings = rows * steps // 3 + 1
        n = rng.geometric(self.end, strings)
        stream = np.repeat(
            np.tile(np.arange(3, dtype=np.uint8), strings),
            np.stack([n, n, np.ones_like(n)], axis=1).reshape(-1),
        )
        return next_symbols(stream, rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Entropies for each symbol of a long stream."""
        mean = 1 / self.end
        length = 2 * mean + 1
        # Of the a's; and of b's without a count
        each = mean * entropy(self.end, 1 - self.end) / length
        chance, wrong = entropy(mean / length, mean / length, 1 / length), 1 - mean / length
        ladder = [
            Level("chance", chance, "how often each symbol comes", wrong=wrong),
            Level("knows 1 back", 2 * each, "the last symbol"),
        ]
        for count in SHOWN_COUNTS:
            # If there are more, the last b is as unforeseen as the last a
            more = each * (1 - self.end) ** count
            if more > LEAST_STEP:
                ladder.append(
                    Level(f"counts to {count}", each + more, f"the number of a up to {count}")
                )
        return *ladder, Level("counts", each, "the number of a")

"""a^n b^n: predict the next symbol of strings with as many b as a."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, next_symbols, setting

SHOWN_COUNTS = 1, 2, 4, 8, 16, 32
LEAST_STEP = 0.01  # nats by which a level must be above the last; chosen by eye


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
        strings = rows * steps // 3 + 1  # of at least three symbols
        n = rng.geometric(self.end, strings)
        symbols = np.tile(np.arange(3, dtype=np.uint8), strings)
        counts = np.stack([n, n, np.ones_like(n)], axis=1)
        batch = next_symbols(np.repeat(symbols, counts.reshape(-1)), rows, steps)

        def open_letters() -> npt.NDArray[np.int64]:
            changes = np.array([1, -1, 0])[batch.x.reshape(-1)]
            return np.cumsum(changes).reshape(rows, steps)

        return replace(batch, hidden={"open": open_letters})

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """Entropies for each symbol of a long stream."""
        n = 1 / self.end  # in the mean
        length = 2 * n + 1
        a = b = n / length  # how often each symbol comes
        end = 1 / length
        # When the a's end; without a count, as much again when the b's end
        unforeseen = n * entropy(self.end, 1 - self.end) / length
        ladder = [
            Level("chance", entropy(a, b, end), "how often each symbol comes", wrong=1 - a),
            Level("knows 1 back", 2 * unforeseen, "the last symbol"),
        ]
        for count in SHOWN_COUNTS:
            # If there are more, the last b is as unforeseen as the last a
            more = unforeseen * (1 - self.end) ** count
            if more > LEAST_STEP:
                knows = f"the number of a up to {count}"
                ladder.append(Level(f"counts to {count}", unforeseen + more, knows))
        return *ladder, Level("counts", unforeseen, "the number of a")

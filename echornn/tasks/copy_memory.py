"""Copy memory: keep some symbols over a long blank, then say them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, setting


@dataclass(frozen=True)
class CopyMemory(Task):
    """Keep some symbols over a long blank, then say them (Arjovsky, Shah and Bengio 2016).

    A trial has ``items`` random symbols, ``blank - 1`` blanks, a marker and ``items`` blanks. The
    target is blank until after the marker, then the symbols in order. Every step is scored. 0 is
    the blank; the marker has the highest number.
    """

    scores_every_step = True

    blank: int = setting(
        100, "Steps from the last symbol to the marker (T in the paper).", 1, 10**6
    )
    items: int = setting(10, "Symbols to be kept.", 1, 1000)
    symbols: int = setting(8, "Different symbols.", 2, 254)

    @property
    def inputs(self) -> Symbols:
        return Symbols(self.symbols + 2, names=[*self.outputs.names, "marker"])

    @property
    def outputs(self) -> Symbols:
        return Symbols(self.symbols + 1, names=["blank", *map(str, range(1, self.symbols + 1))])

    @property
    def length(self) -> int:
        return self.blank + 2 * self.items

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        kept = rng.integers(1, self.symbols + 1, (rows, self.items), np.uint8)
        x = np.zeros((rows, steps), np.uint8)
        y = np.zeros_like(x)
        x[:, : self.items] = y[:, -self.items :] = kept
        x[:, self.items + self.blank - 1] = self.symbols + 1
        return Batch(x, y)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        answers = self.items / self.length  # the share of steps
        symbol = math.log(self.symbols) / self.length  # what a symbol costs that is not held
        chance = entropy(answers, 1 - answers) + self.items * symbol
        wrong = min(answers, 1 - answers / self.symbols)
        ladder = [
            Level("chance", chance, "nothing, not even when to answer", wrong=wrong),
            Level("knows when", self.items * symbol, "when to answer, and none of the symbols"),
        ]
        for held in range(1, self.items):
            knows = f"{held} of the {self.items} symbols"
            ladder.append(Level(f"holds {held}", (self.items - held) * symbol, knows))
        knows = f"when to answer, and the {self.items} symbols"
        return *ladder, Level("holds all", 0.0, knows)

    def sources(self, t: int) -> tuple[int, ...]:
        lag = self.items + self.blank
        return (lag,) if t >= lag else ()

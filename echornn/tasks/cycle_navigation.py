"""Cycle navigation: say the place on a circle after steps back and forth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, setting

SHOWN_MOVES = 1, 4, 16, 32, 64, 128, 256


@dataclass(frozen=True)
class CycleNavigation(Task):
    """Say the place on a circle after steps back and forth (Deletang et al. 2023).

    A trial begins at place 0, and each of its moves is one place back, none, or one forth, alike.
    Unlike there, the place is said after every move, and every step is scored.
    """

    inputs = Symbols(3, names="-0+")
    scores_every_step = True

    places: int = setting(5, "Places on the circle.", 3, 256)
    length: int = setting(40, "Moves of a trial.", 1, 10**4)

    @property
    def outputs(self) -> Symbols:
        return Symbols(self.places)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 3, (rows, steps), np.uint8)
        return Batch(x, np.cumsum(x.astype(np.int64) - 1, axis=1) % self.places)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        place = np.zeros(self.places)  # how likely each place is
        place[0] = 1
        losses, wrong = [0.0], [0.0]  # after so many moves that are not known
        for _ in range(self.length):
            place = (np.roll(place, -1) + place + np.roll(place, 1)) / 3
            losses.append(entropy(*place))
            wrong.append(1 - float(place.max()))

        def level(name: str, moves: int, knows: str) -> Level:
            steps = self.length - moves + 1
            loss, share = sum(losses[:steps]) / self.length, sum(wrong[:steps]) / self.length
            return Level(name, loss, knows, wrong=share)

        ladder = [level("chance", 0, "the step's number, and no move")]
        for moves in SHOWN_MOVES:
            if moves < self.length:
                ladder.append(level(f"knows {moves} back", moves, f"the last {moves} moves"))
        return *ladder, level("knows all", self.length, "all moves")

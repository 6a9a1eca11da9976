"""Cycle navigation: say the place on a circle after steps back and forth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.machines import Machine
from echornn.tasks.task import Batch, Level, Symbols, entropy, setting
from echornn.tasks.trials import Trials, scored_steps, shortest_trial

STAY = 1  # the symbol of no move
SHOWN_MOVES = 1, 4, 16, 32, 64, 128, 256


@dataclass(frozen=True)
class CycleNavigation(Trials):
    """Say the place on a circle after steps back and forth (Deletang et al. 2023).

    A trial begins at place 0, and each of its moves is one place back, none, or one forth, alike.
    Unlike there, the place is said after every move, and every step is scored. After the end of a
    shorter trial come moves to no other place. There, lengths are 1 to 40, and the last is scored:
    ``length_from = 1``, ``scoring = last``.
    """

    inputs = Symbols(3, names="-0+")

    places: int = setting(5, "Places on the circle.", 3, 256)
    length: int = setting(40, "Moves of a trial.", 1, 10**4)
    length_from: int = shortest_trial()
    scoring: str = scored_steps()

    @property
    def outputs(self) -> Symbols:
        return Symbols(self.places)

    @property
    def machine(self) -> Machine:
        """A state for each place."""
        moves = np.arange(3, dtype=np.int32) - STAY
        leads = np.add.outer(np.arange(self.places, dtype=np.int32), moves) % self.places
        return Machine(leads, np.eye(self.places, dtype=np.bool_))

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 3, (rows, steps), np.uint8)
        ends = self.draw_ends(rng, rows)
        x[self.is_over(ends)] = STAY
        places = np.cumsum(x.astype(np.int64) - STAY, axis=1) % self.places
        return Batch(x, places, self.scored(ends))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        place = np.zeros(self.places)  # how likely each place is
        place[0] = 1
        losses, wrong = [0.0], [0.0]  # after so many moves that are not known
        for _ in range(self.length):
            place = (np.roll(place, -1) + place + np.roll(place, 1)) / 3
            losses.append(entropy(*place))
            wrong.append(1 - float(place.max()))
        shares = self.scored_shares()
        moves_made = np.arange(1, self.length + 1)

        def level(name: str, moves: int, knows: str) -> Level:
            unknown = np.maximum(0, moves_made - moves)
            loss = float(shares @ np.take(losses, unknown))
            return Level(name, loss, knows, wrong=float(shares @ np.take(wrong, unknown)))

        ladder = [level("chance", 0, "the step's number, and no move")]
        for moves in SHOWN_MOVES:
            if moves < self.length:
                ladder.append(level(f"knows {moves} back", moves, f"the last {moves} moves"))
        return *ladder, level("knows all", self.length, "all moves")

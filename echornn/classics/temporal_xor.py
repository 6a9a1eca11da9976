"""Temporal exclusive-or, as in Elman 1990 ("Finding structure in time", section "Exclusive-OR")."""

from dataclasses import dataclass

import numpy as np

from echornn import Batch, Level, Numbers, Task, setting

BITS = 3  # of a triple: two that are random, and their exclusive-or
VARIANCE = 0.25  # of a bit that is random: the squared error of saying 0.5


@dataclass(frozen=True)
class TemporalXor(Task):
    """Predict the next bit of a series of triples: two random bits and their exclusive-or.

    Only the third of each triple can be predicted. As there, bits are numbers, and the error is
    squared. A row begins with a triple. With ``place`` 1, 2 or 3 only predictions of the first,
    second or third bit of a triple are scored.
    """

    place: int = setting(0, "Bit of a triple whose prediction is scored; 0: all.", 0, BITS)

    inputs = outputs = Numbers(1, names=("bit",))

    def draw(self, rng, rows, steps):
        triples = steps // BITS + 1
        bits = rng.integers(0, 2, (rows, triples, BITS))
        bits[..., 2] = bits[..., 0] ^ bits[..., 1]
        series = bits.reshape(rows, -1, 1).astype(np.float32)
        scored = np.ones((rows, steps), bool)
        if self.place > 0:
            scored[:] = (np.arange(steps) + 1) % BITS == self.place - 1
        return Batch(series[:, :steps], series[:, 1 : steps + 1], scored)

    def levels(self, rows, steps):
        random = {0: 2 / BITS, 3: 0.0}.get(self.place, 1.0)  # the share of scored bits
        return [
            Level("chance", VARIANCE, "nothing, so that the answer is 0.5"),
            Level("knows both", random * VARIANCE, "the two bits before, and which is the third"),
        ]

    def sources(self, t):
        return [0, 1] if t % BITS == 1 else []

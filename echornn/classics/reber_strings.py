"""Embedded Reber strings one by one, as in Hochreiter and Schmidhuber 1997 (section 5.1)."""

from dataclasses import dataclass
from math import log

import numpy as np

from echornn import Batch, Level, setting
from echornn.tasks.reber import CHOICES, LENGTH, NAMES, Reber

B, E = NAMES.index("B"), NAMES.index("E")
SYMBOLS = 40  # drawn for a string of 12 in the mean: by far enough
MORE = 8  # strings that are drawn besides, so that one long string of few does no harm


@dataclass(frozen=True)
class ReberStrings(Reber):
    """Predict the next symbol of embedded Reber strings, a string a trial.

    What follows a string in the trial is not scored, nor what of it is beyond the trial's end.
    """

    scores_every_step = False
    characters = ()

    length: int = setting(30, "Time steps of a trial; longer strings are cut off.", 10, 10**4)

    def draw(self, rng, rows, steps):
        stream = Reber().draw(rng, 1, (rows + MORE) * max(SYMBOLS, steps)).x[0]
        ends = np.flatnonzero((stream[:-1] == E) & (stream[1:] == B)) + 1  # only between strings
        starts = np.concatenate([[0], ends])[:rows, np.newaxis]
        place = np.arange(steps)
        scored = starts + place < ends[:rows, np.newaxis] - 1
        return Batch(stream[starts + place], stream[starts + place + 1], scored)

    def levels(self, rows, steps):
        choice = log(2) / (LENGTH - 1)  # a string's first symbol is not predicted
        return [
            Level("lacks letter", (CHOICES + 1) * choice, "the grammar, but not a string's letter"),
            Level("knows all", CHOICES * choice, "the grammar, and a string's letter"),
        ]

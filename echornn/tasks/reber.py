"""Reber: predict the next symbol of strings of a grammar, the last but one of which repeats the
second."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from echornn.tasks.task import Batch, Level, Symbols, Task, next_symbols

NAMES = "BTPSXVE"
NODES = "B1", "T2P2", "B3", "T4P5", "S4X6", "T5V7", "X5S8", "P6V8", "E9", "T0P0", "E0"
"""What a string may write next at each node of the grammar, and the node that follows; the choices
are even."""

WRITES = [each[::2] for each in NODES]
LEADS = [*[tuple(map(int, each[1::2])) for each in NODES[:9]], (10, 10), (0,)]
# The nodes of the letter; the one visited twice in the mean
LETTERS, LOOP, SHORTEST, LENGTH = (1, 9), 5, 9, 12


@dataclass(frozen=True)
class Reber(Task):
    """Predict the next symbol of embedded Reber strings (Hochreiter and Schmidhuber 1997, task 1).

    A string is B, a letter (T or P), a string of Reber's grammar, the same letter, and E: 12
    symbols in the mean. The strings follow one another in a stream, from which the rows are cut,
    and every step is scored.
    """

    inputs = outputs = Symbols(len(NAMES), names=NAMES)
    characters = NAMES
    scores_every_step = True

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        symbols = np.array(
            [[NAMES.index(one) for one in (each[0], each[-1])] for each in WRITES], np.uint8
        )
        leads = np.array([(each[0], each[-1]) for each in LEADS])
        count, written = rows * steps // SHORTEST + 1, []
        letters, node, ended = (
            rng.integers(1, 3, count, np.uint8),
            np.zeros(count, np.int64),
            np.zeros(count, np.bool_),
        )
        while not ended.all():
            choice = rng.integers(0, 2, count)
            written.append(np.where(np.isin(node, LETTERS), letters, symbols[node, choice]))
            written[-1][ended] = len(NAMES)
            node = leads[node, choice]
            ended |= node == 0
        strings = np.stack(written, axis=1)
        return next_symbols(strings[strings < len(NAMES)], rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        chance, one, two = _entropies()
        # Of a string in the mean; for who lacks the letter, its repetition is one more
        choices = 7 * math.log(2)
        return (
            Level("chance", chance, "how often each symbol comes", wrong=1 - 2.5 / LENGTH),
            Level("knows 1 back", one, "the last symbol"),
            Level("knows 2 back", two, "the last two symbols"),
            Level(
                "lacks letter",
                (choices + math.log(2)) / LENGTH,
                "the grammar, but not a string's letter",
            ),
            Level("knows all", choices / LENGTH, "the grammar, and a string's letter"),
        )


@cache
def _entropies() -> list[float]:
    """The entropy of the next symbol of a long stream if the last 0, 1 or 2 are known."""
    arcs = [
        (node, *arc)
        for node, leads in enumerate(LEADS)
        for arc in zip(WRITES[node], leads, strict=True)
    ]
    often = [(Counter[str](), Counter[str]()) for _ in range(3)]
    for one, two, three in product(arcs, repeat=3):
        if (one[2], two[2]) == (two[0], three[0]):
            count = (1 + (one[0] == LOOP)) / math.prod(
                len(LEADS[node]) for node, *_ in (one, two, three)
            )
            for back, (last, words) in enumerate(often):
                word = (one[1] + two[1] + three[1])[2 - back :]
                last[word[:-1]] += count  # type: ignore[assignment]
                words[word] += count  # type: ignore[assignment]
    return [
        sum(n * math.log(last[word[:-1]] / n) for word, n in words.items()) / LENGTH
        for last, words in often
    ]

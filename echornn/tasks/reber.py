"""Reber: predict the next symbol of strings of a grammar, the last but one of which repeats the
second."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from echornn.machines import NOT_ALLOWED, Machine, minimised
from echornn.tasks.task import Batch, Level, Symbols, Task, next_symbols

NAMES = "BTPSXVE"
NODES = "B1", "T2 P2", "B3", "T4 P5", "S4 X6", "T5 V7", "X5 S8", "P6 V8", "E9", "T10 P10", "E0"
"""What a string may write next at each node of the grammar, and the node that follows; the choices
are even. A string begins at node 0, and ends where it comes back to it."""

WRITES = [[arc[0] for arc in node.split()] for node in NODES]
LEADS = [[int(arc[1:]) for arc in node.split()] for node in NODES]
LETTERS = 1, 9  # the nodes at which the string's own letter is written
LOOP = 5  # the only node that is visited twice in the mean, all others once
SHORTEST, LENGTH = 9, 12  # symbols of a string: the least, and in the mean
CHOICES = 7  # of a string in the mean, each of two


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

    @property
    def machine(self) -> Machine:
        return _machine()

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        writes = [(NAMES.index(names[0]), NAMES.index(names[-1])) for names in WRITES]
        symbols = np.array(writes, np.uint8)
        leads = np.array([(nodes[0], nodes[-1]) for nodes in LEADS])
        count = rows * steps // SHORTEST + 1
        letters = rng.integers(NAMES.index("T"), NAMES.index("P") + 1, count, np.uint8)
        nothing = len(NAMES)
        node = np.zeros(count, np.int64)
        ended = np.zeros(count, np.bool_)
        written = []
        while not ended.all():
            choice = rng.integers(0, 2, count)
            symbol = np.where(np.isin(node, LETTERS), letters, symbols[node, choice])
            symbol[ended] = nothing
            written.append(symbol)
            node = leads[node, choice]
            ended |= node == 0
        strings = np.stack(written, axis=1)
        return next_symbols(strings[strings != nothing], rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        chance, one, two = _entropies()
        floor = CHOICES * math.log(2) / LENGTH
        no_letter = (CHOICES * math.log(2) + math.log(2)) / LENGTH  # its repetition is one more
        commonest = 2.5 / LENGTH
        return (
            Level("chance", chance, "how often each symbol comes", wrong=1 - commonest),
            Level("knows 1 back", one, "the last symbol"),
            Level("knows 2 back", two, "the last two symbols"),
            Level("lacks letter", no_letter, "the grammar, but not a string's letter"),
            Level("knows all", floor, "the grammar, and a string's letter"),
        )


@cache
def _machine() -> Machine:
    """A state for each node, twice where a string's letter is to be kept; ``warm_up`` is a whole
    string, since a row of the stream begins in the middle of one."""
    nodes = len(NODES)
    leads = np.full((2, nodes, len(NAMES)), NOT_ALLOWED, np.int32)  # by letter and node
    for node, (symbols, nodes_after) in enumerate(zip(WRITES, LEADS, strict=True)):
        for symbol, after in zip(symbols, nodes_after, strict=True):
            leads[:, node, NAMES.index(symbol)] = after, after + nodes
    first, second = LETTERS
    t, p = map(NAMES.index, "TP")
    leads[:, first, p] += (nodes, 0)  # from now on with this letter
    leads[:, first, t] -= (0, nodes)
    leads[0, second, p] = leads[1, second, t] = NOT_ALLOWED
    moves = leads.reshape(-1, len(NAMES))
    string = tuple(map(NAMES.index, "BTBTXSETE"))
    return minimised(Machine(moves, moves != NOT_ALLOWED, warm_up=string))


class Arc(NamedTuple):
    node: int
    symbol: str
    leads_to: int


@cache
def _entropies() -> list[float]:
    """The entropy of the next symbol of a long stream if the last 0, 1 or 2 are known."""
    arcs = list[Arc]()
    for node, (symbols, nodes) in enumerate(zip(WRITES, LEADS, strict=True)):
        arcs += map(Arc, [node] * len(symbols), symbols, nodes)
    # How often each word comes in a string, by its length, and how often with any last symbol
    words = [defaultdict[str, float](float) for _ in range(3)]
    contexts = [defaultdict[str, float](float) for _ in range(3)]
    for first, second, third in product(arcs, repeat=3):
        if first.leads_to != second.node or second.leads_to != third.node:
            continue
        visits = 2 if first.node == LOOP else 1
        path = first, second, third
        often = visits / math.prod(len(LEADS[arc.node]) for arc in path)
        string = "".join(arc.symbol for arc in path)
        for known in range(3):
            word = string[2 - known :]  # the last symbol, and so many before it
            words[known][word] += often
            contexts[known][word[:-1]] += often
    return [_entropy(*counts) for counts in zip(words, contexts, strict=True)]


def _entropy(words: dict[str, float], contexts: dict[str, float]) -> float:
    return sum(n * math.log(contexts[word[:-1]] / n) for word, n in words.items()) / LENGTH

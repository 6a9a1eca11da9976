"""Finite automata: that of a task, and those that networks have become."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Bools, Counts, Floats

NOT_ALLOWED = -1  # in `Machine.leads`
MOST_STATES = 128  # of an automaton that is looked for, and of a task's that is known; by eye
TOLERANCE = 0.01  # of moves and steps that may differ, and of states left out; chosen by eye


@dataclass(frozen=True, eq=False)
class Machine:
    """A finite automaton that reads a letter at each step, moves to a state, and says there which
    outputs are right (a Moore machine).

    What it says in ``start`` before the first letter does not count. Letters are those of
    `echornn.tasks.task.Task.letters`, by number.
    """

    leads: Counts  # [states, letters], the state after a letter; `NOT_ALLOWED` if it cannot come
    says: Bools  # [states, outputs], which outputs are right: one, or each that may come next
    start: int = 0
    # Letters that a network reads before each word, after which it knows where the word begins
    warm_up: tuple[int, ...] = ()

    @property
    def states(self) -> int:
        return len(self.leads)


@dataclass(frozen=True, eq=False)
class Word:
    """A word on which two say different things at its last letter."""

    letters: tuple[int, ...]
    network: Bools  # [letters, outputs], what the network says after each letter
    automaton: Bools  # the same of its automaton; [0, outputs] if none was found
    task: Bools  # the same of the task's machine
    # Whether no shorter word is there, or else this is the shortest of those that were tried
    is_shortest: bool


@dataclass(frozen=True, eq=False)
class Automaton:
    """The finite automaton that a network has become, if it has, and how it was found; see
    docs/theory.md."""

    machine: Machine | None  # minimal; None if classes of states overlap
    # [states, carried], the mean of the network's states in each of the automaton's, and the share
    # of the states that were looked at, more of them early in a word; empty if none was found
    means: Floats
    visits: Floats
    lookahead: int  # letters, by whose answers states are told apart
    classes: int  # of states, before the automaton was made minimal
    # The share of the moves, 0 to 1, that lead where most do from states of the same class by the
    # same letter
    alike: float
    word_length: int  # letters, ten times those that the network was trained with
    words: int  # of this length on which it was tried
    # Of the steps of these words, 0 to 1: those at which the automaton says what the network does,
    # NaN if none was found; and those at which the network says what the task's machine does, NaN
    # without one
    predicted: float
    right: float
    is_same: bool | None  # as the task's machine; None if the task has none, or if none was found
    # On which the network is wrong by the task's machine; None if no such word is known
    counterexample: Word | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is the task's machine, and the network keeps to it."""
        return bool(self.is_same) and self.predicted >= 1 - TOLERANCE


@dataclass(frozen=True, eq=False)
class Automata:
    """Of each network of a population, whether it has become the task's machine."""

    seeds: tuple[int, ...]
    is_right: Bools  # [networks]
    states: Counts  # [networks], of its automaton; 0 if none was found


# ---- words


def run(machine: Machine, words: Counts) -> Counts:
    """The state after each letter of some words, [words, letters]; `NOT_ALLOWED` from the first
    letter on that cannot come."""
    dead = np.full_like(machine.leads[:1], NOT_ALLOWED)
    leads = np.concatenate([machine.leads, dead])  # so that the last state, number -1, is dead
    states = np.empty_like(words)
    state = np.full(len(words), machine.start)
    for step in range(words.shape[1]):
        state = leads[state, words[:, step]]
        states[:, step] = state
    return states


def answers(machine: Machine, words: Counts) -> Bools:
    """What a machine says after each letter, [words, letters, outputs]; nothing where a letter
    cannot come."""
    nothing = np.zeros_like(machine.says[:1])
    says = np.concatenate([machine.says, nothing])
    return says[run(machine, words)]


def random_words(machine: Machine, rng: np.random.Generator, words: int, letters: int) -> Counts:
    """Words of so many letters that can come, all alike at each step, [words, letters]."""
    drawn = np.empty((words, letters), np.int32)
    state = np.full(words, machine.start)
    for step in range(letters):
        can_come = machine.leads[state] != NOT_ALLOWED
        letter = np.where(can_come, rng.random(can_come.shape), -1).argmax(axis=1)
        drawn[:, step] = letter
        state = machine.leads[state, letter]
    return drawn


def shortest_difference(first: Machine, second: Machine) -> tuple[int, ...] | None:
    """The shortest word at whose last letter the machines say different things, or the first has no
    move; None if there is none. Letters that cannot come in the second are not tried."""
    words: dict[tuple[int, int], tuple[int, ...]] = {(first.start, second.start): ()}
    pairs = deque(words)
    while pairs:
        pair = pairs.popleft()
        moves = zip(first.leads[pair[0]].tolist(), second.leads[pair[1]].tolist(), strict=True)
        for letter, (in_first, in_second) in enumerate(moves):
            if in_second == NOT_ALLOWED:
                continue
            word = *words[pair], letter
            if in_first == NOT_ALLOWED:
                return word
            if not np.array_equal(first.says[in_first], second.says[in_second]):
                return word
            if (in_first, in_second) not in words:
                words[in_first, in_second] = word
                pairs.append((in_first, in_second))
    return None


# ---- the smallest machine


def minimised(machine: Machine) -> Machine:
    """The smallest machine that says the same, its states numbered breadth first: the same arrays
    for all machines that say the same."""
    return merged(machine)[0]


def merged(machine: Machine) -> tuple[Machine, Counts]:
    """`minimised`, and the state that each state of ``machine`` has become, `NOT_ALLOWED` for those
    that no word reaches.

    States are told apart by what they say, then by the classes of the states that follow, until
    there are no more classes (Moore 1956, "Gedanken-experiments on sequential machines").
    """
    classes, count = numbered(machine.says), 0
    while classes.max() >= count:
        count = int(classes.max()) + 1
        moves = np.append(classes, NOT_ALLOWED)[machine.leads]
        classes = numbered(np.column_stack([classes, moves]))

    _, examples = np.unique(classes, return_index=True)
    leads = np.append(classes, NOT_ALLOWED)[machine.leads[examples]]
    start = int(classes[machine.start])
    reached = _reached(leads, start)
    # What the start says does not count, so any class with the same moves is as good
    first = start
    for state in reached:
        if np.array_equal(leads[state], leads[start]):
            first = state
            break
    states = [first, *(state for state in reached if state != first)]
    numbers = np.full(count + 1, NOT_ALLOWED, np.int32)  # the last is that of no state
    numbers[states] = np.arange(len(states))
    smallest = Machine(
        numbers[leads[states]], machine.says[examples[states]], warm_up=machine.warm_up
    )
    if start not in reached:
        numbers[start] = 0
    return smallest, numbers[classes]


def numbered(rows: npt.NDArray[Any]) -> Counts:
    """The number of each row of whole numbers from -1 on, from 0, the same for equal rows."""
    numbers = np.zeros(len(rows), np.int64)
    for column in rows.T.astype(np.int64):  # ten times faster than all columns at once
        pairs = numbers * (column.max() + 2) + column + 1
        numbers = np.unique(pairs, return_inverse=True)[1]
    return numbers.astype(np.int32)


def _reached(leads: Counts, start: int) -> Sequence[int]:
    """The states to which a letter leads, breadth first."""
    reached: dict[int, None] = {}
    states = [start]
    for state in states:  # it grows meanwhile
        for following in leads[state].tolist():
            if following != NOT_ALLOWED and following not in reached:
                reached[following] = None
                states.append(following)
    return [*reached]


def shift_register(letters: int, length: int) -> tuple[Counts, Counts]:
    """Where a machine goes that keeps the last ``length`` letters, [states, letters]; and what they
    are in each state, the newest first, [states, length]. Before the first letter all are 0."""
    states = np.arange(letters**length, dtype=np.int32)
    leads = np.add.outer(letters * states, np.arange(letters)) % len(states)
    kept = states[:, np.newaxis] // letters ** np.arange(length) % letters
    return leads.astype(np.int32), kept.astype(np.int32)

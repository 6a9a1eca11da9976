"""Finite automata: that of a task, and those that networks have become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.progress import Bools, Counts, Floats

NOT_ALLOWED = -1  # in `Machine.leads`
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
    # of the steps that they are visited; empty if none was found
    means: Floats
    visits: Floats
    lookahead: int  # letters, by whose answers states are told apart
    classes: int  # of states, before the automaton was made minimal
    # The share of the moves from states of a class, by the same letter, that lead to the same class
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


def no_states(carried: int) -> Floats:
    return np.zeros((0, carried), np.float32)

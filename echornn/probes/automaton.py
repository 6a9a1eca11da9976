"""The finite automaton that a network has become.

States of long runs are told apart by what the network says there and after all words of some more
letters, the *lookahead*, which it reads from there on; so no distance of states is needed. This
gives the classes of Myhill and Nerode up to so many letters. They are the states of an automaton
if nearly all states of a class go on, with the same letter, to the same class.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data import load_own_task
from echornn.machines import (
    MOST_STATES,
    NOT_ALLOWED,
    TOLERANCE,
    Automata,
    Automaton,
    Machine,
    answers,
    merged,
    numbered,
    random_words,
    shortest_difference,
)
from echornn.probes.counterexample import counterexample
from echornn.probes.prepared import Prepared
from echornn.probes.reader import Reader
from echornn.progress import Bools, Counts, Floats
from echornn.state import PopulationState, Snapshot
from echornn.tasks.task import draw_rows, has_words, machine_of

# All by eye
WORDS = 32
TIMES_LONGER, MOST_LETTERS = 10, 1000  # of a word: than those of training, and at most
STATES = 1000  # from which the network is looked ahead
MOST_STEPS = 300_000  # that are looked ahead, each a letter read from a state
MOST_NUMBERS = 2**24  # of the states after them, 64 MiB

SEARCHED, FRESH = 1, 2  # streams of words, behind the held-out data


def automaton(prepared: Prepared, data_seed: int | None) -> Automaton | None:
    """The automaton of a network, and a word on which it is wrong; None if its inputs are no
    letters or its outputs no symbols."""
    config = prepared.config
    load_own_task(config)
    if not has_words(config.the_task):
        return None
    reader = Reader(prepared)
    found = _found(reader, data_seed)
    if reader.task_machine is None:
        return found
    # As long as can be: many networks are wrong only far beyond the words of training
    rng = _generator(config, data_seed, FRESH)
    words = random_words(reader.task_machine, rng, WORDS, MOST_LETTERS)
    return replace(found, counterexample=counterexample(reader, found.machine, words))


@lru_cache(1)  # the same while another network of the population is looked at
def automata(population: PopulationState, data_seed: int | None) -> Automata | None:
    """Whether each network has become its task's machine; None if the task has none. The automaton
    is looked for where the network says what the machine does."""
    configs = population.configs
    load_own_task(configs[0])
    task = configs[0].the_task
    if not has_words(task) or machine_of(task) is None:
        return None
    is_right = np.zeros(len(configs), np.bool_)
    states = np.zeros(len(configs), np.int32)
    for network, config in enumerate(configs):
        reader = Reader(Prepared(Snapshot(population.of(network))))
        fresh = _words(config, data_seed, FRESH)
        if _agreement(reader.task_machine, fresh, reader.read(fresh)[1]) < 1 - TOLERANCE:
            continue
        found = _found(reader, data_seed)
        is_right[network] = found.is_right
        if found.machine is not None:
            states[network] = found.machine.states
    return Automata(tuple(config.seed for config in configs), is_right, states)


def _words(config: EchoConfig, data_seed: int | None, purpose: int) -> Counts:
    """Words of the task's machine, ten times longer than those of training; or if it has none, rows
    of held-out data, [words, letters]."""
    rng = _generator(config, data_seed, purpose)
    task = config.the_task
    machine = machine_of(task)
    letters = min(MOST_LETTERS, TIMES_LONGER * config.window_steps)
    if machine is not None:
        return random_words(machine, rng, WORDS, letters)
    steps = task.length or letters
    return draw_rows(task, rng, WORDS, steps, held_out=True).x.astype(np.int32)


def _generator(config: EchoConfig, data_seed: int | None, purpose: int) -> np.random.Generator:
    seed = config.seed if data_seed is None else data_seed
    return seeding.stream(seed, seeding.HELD_OUT, purpose)


def _agreement(machine: Machine | None, words: Counts, says: Bools) -> float:
    """The share of steps at which a machine says this; NaN without one."""
    if machine is None:
        return math.nan
    return float((answers(machine, words) == says).all(axis=-1).mean())


def _found(reader: Reader, data_seed: int | None) -> Automaton:
    """The automaton without a counterexample."""
    config, task = reader.config, reader.task_machine
    words = _words(config, data_seed, SEARCHED)
    states, says = reader.read(words)
    # More of the early ones: a network may begin in states to which it does not come back
    rng = seeding.stream(config.seed, seeding.PROBES, SEARCHED)
    chosen = (words.size * rng.random(STATES) ** 2).astype(np.int32)
    step, word = np.divmod(chosen, len(words))
    states, says = states[word, step], says[word, step]
    ahead = Lookahead(reader, states, says)
    best = ahead.classes()
    while not best.are_states and best.machine.states <= MOST_STATES and ahead.read_on():
        best = max(best, ahead.classes(), key=lambda classes: classes.alike)

    machine = best.machine if best.are_states else None
    count = machine.states if machine is not None else 0
    means = np.zeros((count, states.shape[1]), np.float32)
    means[:1] = reader.start
    visits = np.zeros(count, np.float32)
    for state in range(count):
        is_here = best.places == state
        visits[state] = is_here.mean()
        if is_here.any():
            means[state] = states[is_here].mean(axis=0)

    is_same = None
    if machine is not None and task is not None:
        is_same = shortest_difference(machine, task) is None
    fresh = _words(config, data_seed, FRESH)
    fresh_says = reader.read(fresh)[1]
    return Automaton(
        machine=machine,
        means=means,
        visits=visits,
        lookahead=best.lookahead,
        classes=best.reached,
        alike=best.alike,
        word_length=words.shape[1],
        words=len(words),
        predicted=_agreement(machine, fresh, fresh_says),
        right=_agreement(task, fresh, fresh_says),
        is_same=is_same,
    )


class Classes(NamedTuple):
    """Of states with the same answers."""

    machine: Machine  # the moves of most states of each class, minimal
    places: Counts  # [states], its state for each; `NOT_ALLOWED` of those left out
    reached: int  # so many classes, of which the machine may have fewer
    alike: float  # see `Automaton`
    lookahead: int

    @property
    def are_states(self) -> bool:
        return self.alike >= 1 - TOLERANCE and self.machine.states <= MOST_STATES


class Lookahead:
    """What a network says after all words from some states on: a tree, a layer for each letter.

    The first state is the start of a word. If the task's targets are the next inputs, only letters
    that the network itself says may come are read.
    """

    def __init__(self, reader: Reader, states: Floats, says: Bools) -> None:
        self._reader = reader
        self._states = np.concatenate([reader.start, states])  # of the last layer
        self._says = [np.concatenate([reader.start_says, says])]
        self._follow = list[Counts]()  # by layer, of each state and letter the number of the next
        self.read_on()

    def read_on(self) -> bool:
        """Read one letter more; False if there were too many states."""
        tried = self._reader.may_come(self._says[-1])
        first = sum(map(len, self._says))
        state, letter = np.nonzero(tried)
        most = min(MOST_STEPS, MOST_NUMBERS // self._states.shape[1])
        if self._follow and first + len(state) > most:
            return False
        follow = np.full(tried.shape, NOT_ALLOWED, np.int32)
        follow[tried] = np.arange(first, first + len(state))
        words = letter[:, np.newaxis].astype(np.int32)
        states, says = self._reader.read(words, self._states[state])
        self._states = states[:, 0]
        self._says.append(says[:, 0])
        self._follow.append(follow)
        return True

    def classes(self) -> Classes:
        """The classes to which the moves of most of their states lead from the start."""
        classes, following = self._numbers()
        tried = following != NOT_ALLOWED
        classes[0] = classes.max() + 1  # the start is like no other
        seen, members = np.unique(classes, return_inverse=True)
        number_of = np.full(max(seen[-1], following.max()) + 2, NOT_ALLOWED)
        number_of[seen] = np.arange(len(seen))  # the last, of no class, stays so
        following = number_of[following]

        count, letters = len(seen), following.shape[1]
        state, letter = np.nonzero(following != NOT_ALLOWED)
        moves = (members[state] * letters + letter) * count + following[state, letter]
        numbers, often = np.unique(moves, return_counts=True)
        place, after = np.divmod(numbers[np.argsort(often, kind="stable")], count)
        leads = np.full((count, letters), NOT_ALLOWED, np.int32)
        leads.flat[place] = after  # of several, the last stays, which is the most frequent
        says = np.zeros((count, self._says[0].shape[1]), np.bool_)
        says[members] = self._says[0]
        machine, state_of = merged(Machine(leads, says, int(members[0])))

        places = state_of[members]
        agrees = (following == leads[members]) & (following != NOT_ALLOWED)
        agrees &= (places != NOT_ALLOWED)[:, np.newaxis]
        alike = float(agrees[1:].sum() / tried[1:].sum())
        reached = int((state_of != NOT_ALLOWED).sum()) - 1  # without the start
        return Classes(machine, places[1:], reached, alike, len(self._follow) - 1)

    def _numbers(self) -> tuple[Counts, Counts]:
        """The class of each state, [states], and of those that follow it, [states, letters], by
        the answers to one letter less than were read; `NOT_ALLOWED` of letters not read."""
        classes = numbered(np.packbits(np.concatenate(self._says), axis=1))
        for layers in range(len(self._follow), 1, -1):  # in which a letter more is told apart
            follow = np.concatenate(self._follow[:layers])
            after = np.append(classes, NOT_ALLOWED)[follow]
            classes = numbered(np.column_stack([classes[: len(follow)], after]))
        follow = self._follow[0]
        return classes[: len(follow)], np.append(classes, NOT_ALLOWED)[follow]

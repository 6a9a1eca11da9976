"""The finite automaton that a network has become.

States of long runs are told apart by what the network says there and after all words of some more
letters, the *lookahead*, which it reads from there on; so no distance of states is needed. This
gives the classes of Myhill and Nerode up to so many letters. They are the states of an automaton
if nearly all states of a class go on, with the same letter, to the same class.
"""

from __future__ import annotations

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
    no_states,
    numbered,
    random_words,
    shortest_difference,
)
from echornn.network.frozen import FrozenPopulation
from echornn.network.shapes import carried_size
from echornn.probes.counterexample import counterexample
from echornn.probes.prepared import Prepared
from echornn.probes.reader import Reader, least_likely, speaks, what_is_said
from echornn.progress import Bools, Counts, Floats
from echornn.state import PopulationState, Snapshot
from echornn.tasks.task import draw_rows, machine_of

# All by eye
WORDS = 32
TIMES_LONGER, MOST_LETTERS = 10, 1000  # of a word: than those of training, and at most
STATES = 1000  # from which the network is looked ahead
MOST_STEPS = 200_000  # that are looked ahead, each a letter read from a state
MOST_NUMBERS = 2**24  # of the states after them, 64 MiB

SEARCHED, FRESH = 1, 2  # streams of words, behind the held-out data


def automaton(prepared: Prepared, data_seed: int | None) -> Automaton | None:
    """The automaton of a network, and a word on which it is wrong; None if its inputs are no
    letters or its outputs no symbols."""
    load_own_task(prepared.config)
    if not speaks(prepared.config):
        return None
    reader = Reader(prepared)
    found = _found(reader, data_seed)
    task = reader.task_machine
    if task is None:
        return found
    fresh = _words(prepared.config, data_seed, FRESH)
    return replace(found, counterexample=counterexample(reader, task, found.machine, fresh))


def automata(population: PopulationState, data_seed: int | None) -> Automata | None:
    """Whether each network has become its task's machine; None if the task has none."""
    load_own_task(population.configs[0])
    config = population.configs[0]
    if not speaks(config) or machine_of(config.the_task) is None:
        return None
    return _automata(population, data_seed)


@lru_cache(1)  # the same while another network of the population is looked at
def _automata(population: PopulationState, data_seed: int | None) -> Automata:
    configs = population.configs
    is_right = np.zeros(len(configs), np.bool_)
    states = np.zeros(len(configs), np.int32)
    for network in np.flatnonzero(_rights(population, data_seed) >= 1 - TOLERANCE).tolist():
        reader = Reader(Prepared(Snapshot(population.of(network))))
        found = _found(reader, data_seed)
        is_right[network] = found.is_right
        if found.machine is not None:
            states[network] = found.machine.states
    return Automata(tuple(config.seed for config in configs), is_right, states)


def _rights(population: PopulationState, data_seed: int | None) -> Floats:
    """The share of steps at which each network says what its task's machine does, [networks]."""
    config = population.configs[0]
    task = config.the_task
    machine = machine_of(task)
    if machine is None or len({config.the_task for config in population.configs}) > 1:
        return np.ones(len(population.configs), np.float32)  # each is looked at by itself
    words = _words(config, data_seed, FRESH)
    warm_up = np.tile(np.array(machine.warm_up, np.int32), (len(words), 1))
    x = task.letters[np.concatenate([warm_up, words], axis=1)].swapaxes(0, 1)
    zero = np.zeros((len(words), carried_size(config)), np.float32)
    expected = answers(machine, words).swapaxes(0, 1)
    rights = list[Floats]()
    for part in FrozenPopulation(config, population.weights).parts(x.size):
        outputs = part.run(np.ascontiguousarray(x), zero).outputs[:, warm_up.shape[1] :]
        says = what_is_said(outputs, least_likely(config))
        rights.append((says == expected).all(axis=-1).mean(axis=(1, 2)))
    return np.concatenate(rights)


def _words(config: EchoConfig, data_seed: int | None, purpose: int) -> Counts:
    """Words of the task's machine, ten times longer than those of training; or if it has none, rows
    of held-out data, [words, letters]."""
    seed = config.seed if data_seed is None else data_seed
    rng = seeding.stream(seed, seeding.HELD_OUT, purpose)
    task = config.the_task
    machine = machine_of(task)
    letters = min(MOST_LETTERS, TIMES_LONGER * config.window_steps)
    if machine is not None:
        return random_words(machine, rng, WORDS, letters)
    steps = task.length or letters
    return draw_rows(task, rng, WORDS, steps, held_out=True).x.astype(np.int32)


# ---- the automaton


class Merged(NamedTuple):
    """The classes of states, as an automaton."""

    machine: Machine  # minimal
    places: Counts  # [states], its state for each; `NOT_ALLOWED` of those left out
    classes: int
    alike: float


def _found(reader: Reader, data_seed: int | None) -> Automaton:
    config = reader.config
    words = _words(config, data_seed, SEARCHED)
    all_states, all_says = reader.read(words)
    carried = all_states.shape[-1]
    most = min(MOST_STEPS, MOST_NUMBERS // carried)
    samples = min(STATES, words.size, most // (2 * len(reader.letters)))
    chosen = _evenly(samples, words.size, seeding.stream(config.seed, seeding.PROBES, SEARCHED))
    states = all_states.swapaxes(0, 1).reshape(-1, carried)[chosen]
    says = all_says.swapaxes(0, 1).reshape(words.size, -1)[chosen]

    ahead = Lookahead(reader, states, says)
    best = None
    while ahead.read_on(most):
        classes = _merged(ahead)
        if classes.machine.states > MOST_STATES:
            break
        if best is None or classes.alike > best.alike:
            best, lookahead = classes, ahead.letters
        if best.alike >= 1 - TOLERANCE:
            break

    fresh = _words(config, data_seed, FRESH)
    fresh_says = reader.read(fresh)[1]
    right = np.nan
    if reader.task_machine is not None:
        right = _agreement(reader.task_machine, fresh, fresh_says)
    nothing = Automaton(
        machine=None,
        means=no_states(carried),
        visits=np.zeros(0, np.float32),
        lookahead=0,
        classes=0,
        alike=0.0,
        word_length=words.shape[1],
        words=len(words),
        predicted=np.nan,
        right=right,
        is_same=None,
    )
    if best is None:
        return nothing
    nothing = replace(nothing, lookahead=lookahead, classes=best.classes, alike=best.alike)
    if best.alike < 1 - TOLERANCE:
        return nothing
    machine, places = best.machine, best.places
    counts = np.bincount(places[places != NOT_ALLOWED], minlength=machine.states)
    means = np.zeros((machine.states, carried), np.float32)
    means[machine.start] = reader.start[0]
    for state in np.flatnonzero(counts):
        means[state] = states[places == state].mean(axis=0)
    is_same = None
    if reader.task_machine is not None:
        is_same = shortest_difference(machine, reader.task_machine) is None
    return replace(
        nothing,
        machine=machine,
        means=means,
        visits=(counts / counts.sum()).astype(np.float32),
        predicted=_agreement(machine, fresh, fresh_says),
        is_same=is_same,
    )


def _evenly(samples: int, steps: int, rng: np.random.Generator) -> Counts:
    """The numbers of steps, half of them early, about as long as training: a network may begin in
    states to which it does not come back."""
    first = np.arange(min(WORDS, samples))
    early = rng.choice(steps // TIMES_LONGER, samples // 2)
    return np.concatenate([first, early, rng.choice(steps, samples // 2)])


def _agreement(machine: Machine, words: Counts, says: Bools) -> float:
    return float((answers(machine, words) == says).all(axis=-1).mean())


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

    @property
    def letters(self) -> int:
        """By whose answers states are told apart: one less than were read, so that those which
        follow can be told apart too."""
        return len(self._follow) - 1

    def read_on(self, most: int) -> bool:
        """Read one letter more; False if there were more states than so many, all together."""
        tried = self._reader.may_come(self._says[-1])
        state, letter = np.nonzero(tried)
        first = sum(map(len, self._says))
        if first + len(state) > most:
            return False
        follow = np.full(tried.shape, NOT_ALLOWED, np.int32)
        follow[tried] = np.arange(first, first + len(state))
        states, says = self._reader.read(letter[:, np.newaxis], self._states[state])
        self._states = states[:, 0]
        self._says.append(says[:, 0])
        self._follow.append(follow)
        return True

    def classes(self) -> tuple[Counts, Counts]:
        """The class of each state, [states], and of those that follow it, [states, letters];
        `NOT_ALLOWED` of letters that were not read."""
        classes = numbered(np.packbits(np.concatenate(self._says), axis=1))
        for layers in range(self.letters + 1, 1, -1):  # in which a letter more is told apart
            follow = np.concatenate(self._follow[:layers])
            after = classes[follow]
            after[follow == NOT_ALLOWED] = NOT_ALLOWED
            classes = numbered(np.column_stack([classes[: len(follow)], after]))
        follow = self._follow[0]
        return classes[: len(follow)], np.append(classes, NOT_ALLOWED)[follow]

    @property
    def says(self) -> Bools:
        return self._says[0]


def _merged(ahead: Lookahead) -> Merged:
    """The classes of states to which the moves of most of their states lead from the start."""
    classes, following = ahead.classes()
    tried = following != NOT_ALLOWED
    classes[0] = classes.max() + 1  # the start is like no other
    seen = np.unique(classes)
    number_of = np.full(max(classes.max(), following.max()) + 2, NOT_ALLOWED, np.int32)
    number_of[seen] = np.arange(len(seen))  # the last, of no class, stays so
    members, following = number_of[classes], number_of[following]

    count, letters = len(seen), following.shape[1]
    state, letter = np.nonzero(following != NOT_ALLOWED)
    moves = (members[state] * letters + letter) * count + following[state, letter]
    numbers, often = np.unique(moves, return_counts=True)
    most_last = np.argsort(often, kind="stable")  # what is written last stays
    place, after = np.divmod(numbers[most_last], count)
    leads = np.full((count, letters), NOT_ALLOWED, np.int32)
    leads.flat[place] = after
    says = np.zeros((count, ahead.says.shape[1]), np.bool_)
    says[members] = ahead.says
    machine, state_of = merged(Machine(leads, says, int(members[0])))

    is_reached = state_of[members] != NOT_ALLOWED
    agrees = (leads[members] == following) & is_reached[:, np.newaxis]
    agrees &= following != NOT_ALLOWED
    alike = agrees[1:].sum() / tried[1:].sum()
    classes_reached = np.count_nonzero(state_of != NOT_ALLOWED) - 1
    return Merged(machine, state_of[members[1:]], classes_reached, float(alike))

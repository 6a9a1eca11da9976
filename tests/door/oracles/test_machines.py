"""Finite automata, against all words up to a length, and against the data of the tasks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn.machines import (
    NOT_ALLOWED,
    Machine,
    answers,
    minimised,
    shortest_difference,
)
from echornn.tasks.binary_addition import BinaryAddition
from echornn.tasks.cycle_navigation import CycleNavigation
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.echo import Echo
from echornn.tasks.group import Group
from echornn.tasks.parity import Parity
from echornn.tasks.reber import Reber
from echornn.tasks.task import Task

Said = tuple[tuple[bool, ...], ...]


def random_machine(seed: int, states: int, letters: int, outputs: int = 2) -> Machine:
    """Of every fourth letter it is likely that it cannot come."""
    rng = np.random.default_rng(seed)
    leads = rng.integers(-states // 3, states, (states, letters)).clip(NOT_ALLOWED)
    leads[:, 0] = rng.integers(0, states, states)
    says = rng.integers(0, 2, (states, outputs)) > 0
    return Machine(leads.astype(np.int32), says, int(rng.integers(states)))


def said_after(machine: Machine, word: tuple[int, ...]) -> tuple[bool, ...] | None:
    """What it says after a word, one letter after the other; None if it cannot come."""
    state = machine.start
    for letter in word:
        state = int(machine.leads[state, letter])
        if state == NOT_ALLOWED:
            return None
    return tuple(machine.says[state].tolist())


def words_up_to(letters: int, length: int) -> list[tuple[int, ...]]:
    words = list[tuple[int, ...]]()
    for size in range(1, length + 1):
        words += product(range(letters), repeat=size)
    return words


machines = st.builds(random_machine, st.integers(0, 10**6), st.integers(1, 5), st.just(2))


@given(machines)
def test_the_smallest_machine_says_the_same(machine: Machine) -> None:
    smallest = minimised(machine)
    for word in words_up_to(2, 9):
        assert said_after(smallest, word) == said_after(machine, word)


@given(machines)
def test_no_machine_with_fewer_states_says_the_same(machine: Machine) -> None:
    """The classes of words by what is said after them and after all that may follow (Nerode); of
    the empty word only what follows counts."""
    assume(machine.states <= 4)
    after = words_up_to(2, 4)  # one more than there are states tells any two apart
    futures = set()
    for word in words_up_to(2, 5):
        now = said_after(machine, word)
        if now is not None:
            futures.add((now, *(said_after(machine, word + following) for following in after)))
    at_start = tuple(said_after(machine, following) for following in after)
    needs_start = all(future[1:] != at_start for future in futures)
    assert minimised(machine).states == len(futures) + needs_start


@given(machines, machines)
def test_two_machines_differ_at_the_shortest_word_at_which_they_do(
    first: Machine, second: Machine
) -> None:
    wrong = []
    for word in words_up_to(2, 8):
        said = said_after(second, word)
        if said is not None and said_after(first, word) != said:
            wrong.append(word)
    found = shortest_difference(first, second)
    if wrong:
        assert found in wrong
        assert len(found) == len(wrong[0])
    elif found is not None:
        assert len(found) > 8
        assert said_after(first, found) != said_after(second, found) is not None


@pytest.mark.parametrize(
    ("task", "states"),
    [
        (Parity(length=30, length_from=4), 2),
        (CycleNavigation(places=7, length=50), 7),
        (Group("A5"), 60),
        (BinaryAddition(), 4),
        (Echo(echo_step=2, num_classes=3, row_start="zero"), 27),
        (Echo(echo_step=3), 16),
        (DelayedXor(lag=1, far_lag=4), 32),
    ],
)
def test_a_tasks_machine_says_its_targets(task: Task, states: int) -> None:
    machine, letters = task.machine, task.letters
    assert machine is not None
    assert letters is not None
    assert minimised(machine).states == machine.states == states
    batch = task.draw(np.random.default_rng(1), 40, task.length or 60)
    words = np.zeros(batch.x.shape[:2], np.int32)
    for number, letter in enumerate(letters):
        is_letter = batch.x == letter
        words[is_letter if letters.ndim == 1 else is_letter.all(axis=-1)] = number
    says = answers(machine, words)
    np.testing.assert_array_equal(says.sum(axis=-1), 1)
    known = batch.scored.copy()
    if not isinstance(task, BinaryAddition):  # a row of an echo begins with what came before
        known[:, : len(machine.warm_up)] = False
    np.testing.assert_array_equal(says.argmax(axis=-1)[known], batch.y[known])


def test_tasks_with_too_many_states_have_no_machine() -> None:
    assert Echo(echo_step=9).machine is None
    assert DelayedXor(far_lag=9).machine is None


GRAMMAR = {
    "0": "B1", "1": "T2 P2", "2": "B3", "3": "T4 P5", "4": "S4 X6", "5": "T5 V7", "6": "X5 S8",
    "7": "P6 V8", "8": "E9", "9": "T10 P10", "10": "E0",
}  # fmt: skip


def test_reber_says_which_symbols_may_come() -> None:
    """Read off the graph of the paper, and of the data: what comes may come."""
    task = Reber()
    machine = task.machine
    assert minimised(machine).states == machine.states == 19
    stream = task.draw(np.random.default_rng(2), 1, 20_000).x[0]
    says = answers(machine, stream[np.newaxis].astype(np.int32))[0]
    node, letter = "0", ""
    for symbol, said in zip(stream.tolist(), says, strict=True):
        name = task.characters[symbol]
        arcs = {arc[0]: arc[1:] for arc in GRAMMAR[node].split()}
        if node == "1":
            letter = name
        if node == "9":
            assert name == letter
        node = arcs[name]
        may_come = letter if node == "9" else {arc[0] for arc in GRAMMAR[node].split()}
        assert {task.characters[number] for number in np.flatnonzero(said)} == {*may_come}


def test_a_network_that_has_read_the_warm_up_is_at_the_start_of_a_string() -> None:
    machine = Reber().machine
    states = Machine(machine.leads, machine.says)
    assert said_after(states, machine.warm_up) == tuple("BTPSXVE"[n] == "B" for n in range(7))

"""The automaton of a network, for networks written by hand whose automaton is known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from echornn import Batch, EchoConfig, Question, Snapshot, Symbols, Task, examine
from echornn.machines import Automata, Automaton, Machine, minimised
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.solved import SolvedAt
from echornn.state import PopulationState
from echornn.tasks.adding import Adding
from echornn.tasks.parity import Parity
from tests.door.oracles.probes.snapshots import reading, run, without_window

pytestmark = pytest.mark.slow

PARITY = EchoConfig(
    task=Parity(length=10, length_from=1),
    cell="irnn",
    state_size=4,
    batch_size=3,
    total_series_length=300,
    truncated_backprop_length=10,
)


def parity_weights(carries: float = 2, ones: int = 10**6) -> dict[str, Floats]:
    """With the bit x and what was said before, p: u = relu(x + p), v = relu(x + p - 1), and p = u -
    2 v says whether both are different. With p = u - v it says whether a 1 has come.

    The third unit counts ones, and the fourth makes the network say 1 once there were more.
    """
    w = np.zeros((5, 4), np.float32)
    w[0] = 1
    w[1] = 1, 1, 0, 0
    w[2] = -carries, -carries, 0, 0
    w[3] = 0, 0, 1, 1
    b = np.array([[0, -1, 0, -ones]], np.float32)
    w2 = np.array([[0, 4], [0, -4 * carries], [0, 0], [0, 100]], np.float32)
    return {"W": w, "b": b, "W2": w2, "b2": np.array([[0, -2]], np.float32)}


def automaton_of(network: Snapshot) -> Automaton:
    found: Automaton = reading(network, "automaton")
    return found


def said(network: Snapshot, word: tuple[int, ...]) -> list[int]:
    """The likeliest symbol after each letter, by NumPy."""
    config, weights = network.state.config, network.state.weights
    x = np.array(word)[:, np.newaxis]
    if config.input_size == 1:
        x = x[..., np.newaxis]
    states = run(config, weights, x, np.zeros((1, carried_size(config))))[1]["h"][:, 0]
    likeliest = (states @ weights["W2"] + weights["b2"]).argmax(axis=-1)
    return [int(symbol) for symbol in likeliest]


def test_parity_by_two_units_is_found() -> None:
    network = without_window(PARITY, parity_weights())
    assert said(network, (1, 1, 0, 1)) == [1, 0, 0, 1]
    found = automaton_of(network)
    assert found.machine is not None
    np.testing.assert_array_equal(found.machine.leads, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(found.machine.says, np.eye(2, dtype=bool))
    assert found.is_same
    assert found.is_right
    assert found.predicted == found.right == found.alike == 1
    assert found.counterexample is None
    assert found.word_length == 100
    assert found.lookahead == 0
    # Where it is even: nothing, or a 1 that has made an even number; where it is odd, u alone
    even, odd = found.means[:, :2]
    assert even[0] == pytest.approx(2 * even[1], abs=1e-5)
    np.testing.assert_allclose(odd, [1, 0], atol=1e-5)
    assert found.visits.sum() == pytest.approx(1)
    assert 0.4 < found.visits[0] < 0.6


def test_another_automaton_is_found_with_the_shortest_word_on_which_it_differs() -> None:
    network = without_window(PARITY, parity_weights(carries=1))
    found = automaton_of(network)
    assert found.machine is not None
    np.testing.assert_array_equal(found.machine.leads, [[0, 1], [1, 1]])
    assert found.predicted == 1
    assert found.is_same is False
    word = found.counterexample
    assert word is not None
    assert word.letters == (1, 1)
    assert word.is_shortest
    np.testing.assert_array_equal(word.task.argmax(axis=1), [1, 0])
    np.testing.assert_array_equal(word.network.argmax(axis=1), said(network, word.letters))
    np.testing.assert_array_equal(word.automaton, word.network)


def test_a_mistake_after_many_letters_is_made_shorter() -> None:
    """The network is right up to 21 ones: 22 ones and no zero are the shortest word."""
    network = without_window(PARITY, parity_weights(ones=21))
    found = automaton_of(network)
    assert not found.is_right
    assert found.right < 1
    word = found.counterexample
    assert word is not None
    assert word.letters == (1,) * 22
    assert not word.is_shortest  # since not all words as short were tried
    np.testing.assert_array_equal(word.network.argmax(axis=1), said(network, word.letters))
    assert said(network, word.letters)[-1] == 1
    assert word.task[-1].tolist() == [True, False]


def one_unit(task: Task, from_letters: list[float], held: float, bias: float = 0) -> Snapshot:
    config = EchoConfig(task=task, state_size=1, batch_size=2, total_series_length=200)
    says = np.ones((1, config.output_size), np.float32)
    says[0, 0] = -1
    weights = {
        "W": np.array([[weight] for weight in (*from_letters, held)], np.float32),
        "b": np.array([[bias]], np.float32),
        "W2": 10 * says,
        "b2": np.zeros_like(says),
    }
    return without_window(config, weights)


@dataclass(frozen=True)
class AfterA(Task):
    """After a comes b or c, else a."""

    inputs = outputs = Symbols(3, names="abc")
    characters = "abc"

    @property
    def machine(self) -> Machine:
        leads = np.array([[1, -1, -1], [-1, 0, 0]], np.int32)
        return Machine(leads, leads >= 0, warm_up=(0, 1))

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        stream = rng.integers(1, 3, (rows, steps + 1), np.uint8)
        stream[:, ::2] = 0
        return Batch(stream[:, :-1], stream[:, 1:])


def test_of_a_network_that_predicts_its_inputs_only_letters_that_it_expects_are_read() -> None:
    found = automaton_of(one_unit(AfterA(), [10, -10, -10], held=0))
    assert found.machine is not None
    np.testing.assert_array_equal(found.machine.leads, [[1, -1, -1], [-1, 0, 0]])
    np.testing.assert_array_equal(found.machine.says, [[True, False, False], [False, True, True]])
    assert found.is_right


def test_every_automaton_says_what_its_network_does_on_short_words() -> None:
    """Of networks with random weights, wherever one was found that predicts every step."""
    compared = 0
    for seed in (2, 4, 8, 9, 11, 13, 14):  # of 0 to 15 those of which an automaton is found
        config = EchoConfig(task=Parity(length=10), state_size=3, batch_size=3, seed=seed)
        rng = np.random.default_rng(seed)
        weights = {
            "W": rng.normal(0, 3, (4, 3)).astype(np.float32),
            "b": rng.normal(0, 1, (1, 3)).astype(np.float32),
            "W2": rng.normal(0, 3, (3, 2)).astype(np.float32),
            "b2": np.zeros((1, 2), np.float32),
        }
        network = without_window(config, weights)
        found = automaton_of(network)
        assert not found.is_right
        if found.machine is None or found.predicted < 1:
            continue
        compared += 1
        assert minimised(found.machine).states == found.machine.states
        for word in product((0, 1), repeat=6):
            state, answers = found.machine.start, []
            for letter in word:
                state = int(found.machine.leads[state, letter])
                answers.append(int(found.machine.says[state].argmax()))
            assert answers == said(network, word)
    assert compared >= 3


def test_how_many_of_a_population_have_become_the_machine() -> None:
    rights, wrong = parity_weights(), parity_weights(carries=1)
    networks = [rights, wrong, parity_weights(ones=21), rights]
    configs = tuple(PARITY.with_fields({"seed": seed}) for seed in range(4))
    weights = {name: np.stack([network[name] for network in networks]) for name in rights}
    carried = np.zeros((4, 3, 4), np.float32)
    population = PopulationState(configs, 0, 0, 0, 0, weights, carried, (), SolvedAt.never(4))
    snapshot = Snapshot(population.of(0), population=population)
    found: Automata = reading(snapshot, "automata")
    assert found.seeds == (0, 1, 2, 3)
    assert found.is_right.tolist() == [True, False, False, True]
    assert found.states.tolist() == [2, 0, 0, 2]


def test_numbers_are_no_letters() -> None:
    config = EchoConfig(task=Adding(length=10), state_size=2, batch_size=2, total_series_length=200)
    network = without_window(config, {"W": np.zeros((4, 2), np.float32)})
    assert examine(network, Question(frozenset({"automaton"}))).automaton is None

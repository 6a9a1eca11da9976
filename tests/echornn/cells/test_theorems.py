"""The theorems about cells: what is said, and, of random networks, the property that each proof rests on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from echornn import seeding
from echornn.cells.of_arrays import OfArrays
from echornn.cells.table import CELLS
from echornn.config import EchoConfig
from echornn.data.theorems import theorem, theorem_text
from echornn.diagnosis.sentence import LINE
from echornn.tasks.table import TASKS
from tests.door.oracles.probes import numpy_network

UNITS, WINDOW = 6, 10


def random_weights(cell: str, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Weights of a network with two classes, larger than those that networks begin with."""
    facts, rng = CELLS[cell], np.random.default_rng(seed)
    weights = dict(facts.first_units(rng, UNITS, WINDOW))
    if "u" in weights:
        weights["u"] = rng.uniform(-1.5, 1.5, UNITS)
    if "nu" in weights:
        weights["nu"] = np.maximum(weights["nu"], np.log(-np.log(0.99)))  # an l nearer to 1 takes longer to fade
    for product in facts.products:
        columns = UNITS * len(product.columns)
        weights[product.weight] = rng.normal(0, 1, (product.rows(1, UNITS), columns))
        weights[product.bias] = rng.normal(0, 1, (1, columns))
    return {name: np.atleast_2d(value).astype(np.float64) for name, value in weights.items()}


def states(cell: str, seed: int, bits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The state after each of these bits, [steps, carried], with the weights as the cell uses them."""
    weights = random_weights(cell, seed)
    if cell == "indrnn":
        weights = dict(CELLS[cell].used(weights, OfArrays(), WINDOW))
    zero = np.zeros((1, UNITS * len(CELLS[cell].state_parts)))
    return numpy_network.run(cell, weights, np.asarray(bits)[:, np.newaxis], zero)[0][1:, 0]


def test_theorems_are_about_tasks_of_the_table_and_fit_on_a_line() -> None:
    said = {cell: theorem_text(EchoConfig(cell=cell, task="parity")) for cell in CELLS}
    assert {cell for cell, text in said.items() if text} == {"indrnn", "mingru", "lru"}
    assert max(map(len, said.values())) <= LINE
    for cell in CELLS:
        assert theorem(EchoConfig(cell=cell)) is None
        assert CELLS[cell].keeps
        assert {one.task for one in CELLS[cell].theorems} <= set(TASKS)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cell", ["mingru", "lru"])
def test_a_one_leaves_no_trace_after_enough_zeros(cell: str, seed: int) -> None:
    """So two inputs of different parity end in the same state, as far as float32 can tell."""
    zeros = np.zeros(2_000)
    with_one, without = (states(cell, seed, np.concatenate([[first], zeros]))[-1] for first in (1, 0))
    np.testing.assert_allclose(with_one, without, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_units_of_an_indrnn_rise_only_or_fall_only_at_every_other_step_of_10_repeated(seed: int) -> None:
    """Each pair 1, 0 changes the parity. A unit's state after each pair is an increasing function of that before,
    whatever the sign of u, so it cannot go to and fro.
    """
    after_pairs = states("indrnn", seed, np.tile([1, 0], 200))[1::2]
    change = np.diff(after_pairs, axis=0, prepend=0)
    for unit in change.T:
        moves = np.sign(unit[np.abs(unit) > 1e-9 * (1 + np.abs(after_pairs).max())])
        assert len(set(moves)) <= 1


def test_a_tanh_network_of_three_units_keeps_the_parity_of_a_long_input() -> None:
    """The exclusive or of input and state: h1 is "or", h2 is "and", and h1 - h2 is the parity of the step before."""
    large = 40.0
    weights = {
        "W": large * np.array([[1, 1], [0.5, 0.5], [-0.5, -0.5]]),
        "b": large * np.array([[-0.5, -1.5]]),
    }
    bits = seeding.stream(0, seeding.DATA, 0, 0).integers(0, 2, 5000)
    state = numpy_network.run("rnn", weights, bits[:, np.newaxis], np.array([[-1.0, -1.0]]))[0][1:, 0]
    np.testing.assert_array_equal((state[:, 0] - state[:, 1]) > 1, np.cumsum(bits) % 2 == 1)

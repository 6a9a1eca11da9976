"""The networks of a population side by side, and how differently they move on the same trials."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Population, Question, Snapshot, examine
from echornn.network.frozen import FrozenNetwork, FrozenPopulation
from echornn.network.shapes import carried_size
from echornn.solutions import DISTANCES, Solutions
from echornn.state import PopulationState
from echornn.tasks.flip_flop import FlipFlop

pytestmark = pytest.mark.slow


def test_networks_side_by_side_move_as_each_does_alone() -> None:
    config = EchoConfig(task="parity", cell="lstm", state_size=3, num_layers=2, replicas=2)
    weights = Population(config).weights
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (9, 4), np.uint8)
    begins = rng.normal(size=(2, 4, carried_size(config))).astype(np.float32)
    together = FrozenPopulation(config, weights).run(x, begins)
    for number in range(2):
        network = FrozenNetwork(config, {name: weight[number] for name, weight in weights.items()})
        alone = network.run(x, begins[number])
        for name in ("init_state", "states", "gates", "outputs", "before"):
            of_one, of_all = getattr(alone, name), getattr(together, name)
            np.testing.assert_allclose(of_all[number], of_one, atol=1e-5)


# ---- what is compared


def population(config: EchoConfig) -> PopulationState:
    return Population(config).state


def with_weights(state: PopulationState, **weights: np.ndarray) -> PopulationState:
    return dataclasses.replace(state, weights=state.weights | weights)


def mapped(state: PopulationState, **question: Any) -> Solutions:
    """Read with the first network, whatever its weights."""
    snapshot = Snapshot(state.of(0), population=state)
    found = examine(snapshot, Question(frozenset({"solutions"}), **question)).solutions
    assert found is not None
    return found


PARITY = EchoConfig(task="parity", state_size=6, replicas=8)


def test_a_network_with_permuted_units_is_at_no_distance() -> None:
    state = population(PARITY)
    order = [4, 0, 5, 3, 1, 2]
    changed = {name: weight.copy() for name, weight in state.weights.items()}
    inputs = changed["W"].shape[1] - 6
    w = changed["W"][0][:, order]
    changed["W"][3] = np.concatenate([w[:inputs], w[inputs:][order]])
    changed["b"][3] = changed["b"][0][:, order]
    changed["W2"][3], changed["b2"][3] = changed["W2"][0][order], changed["b2"][0]
    for distance in DISTANCES:
        found = mapped(with_weights(state, **changed), distance=distance)
        assert found.distances[0, 3] < 1e-6
        assert found.distances[0, 1] > 1e-3
        np.testing.assert_allclose(found.places[0], found.places[3], atol=1e-6)


def held_out_loss(state: PopulationState, number: int, **question: Any) -> float:
    """Of a network alone."""
    question = {"data_seed": 5, **question}
    asked = Question(frozenset({"held_out"}), **question)
    held_out = examine(Snapshot(state.of(number)), asked).held_out
    assert held_out is not None
    return held_out.loss


def test_losses_are_those_on_held_out_trials_and_on_trials_twice_as_long() -> None:
    state = population(PARITY)
    found = mapped(state, data_seed=5)
    longer = {"settings": (("length", 20),), "trials": 64}
    for number in range(8):
        usual = held_out_loss(state, number, trials=64)
        assert found.losses[number] == pytest.approx(usual, abs=1e-5)
        twice = held_out_loss(state, number, **longer)
        assert found.longer_losses[number] == pytest.approx(twice, abs=1e-5)


@pytest.mark.parametrize(
    "fields",
    [{"task": "adding"}, {"start_state": "zero"}],
    ids=["trials of numbers", "stream from zero"],
)
def test_networks_of_all_forms_of_data_have_places_and_losses_of_longer_rows(fields: Any) -> None:
    found = mapped(population(EchoConfig(state_size=3, replicas=3, **fields)))
    assert np.isfinite(found.places).all()
    assert np.isfinite(found.losses).all()
    assert np.isfinite(found.longer_losses).all()
    assert (found.losses != found.longer_losses).all()


def test_three_bits_are_held_by_eight_states_at_rest() -> None:
    with np.load(Path(__file__).with_name("flip_flop_3_bits.npz")) as file:
        held = dict(file)
    config = EchoConfig(task=FlipFlop(bits=3), state_size=16, replicas=3)
    state = population(config)
    weights = {name: weight.copy() for name, weight in state.weights.items()}
    for name, weight in weights.items():
        weight[0] = held[name]
        weight[1] = 0
        weight[2] = np.nan
    found = mapped(with_weights(state, **weights))
    assert found.resting_states.tolist() == [8, 1, 0]
    assert found.losses[0] < 0.001 < found.losses[1]
    assert found.longer_losses[0] < 0.001 < found.longer_losses[1]
    # Of zeros only, and of no numbers
    assert np.isnan(found.distances[1:]).all()
    assert np.isnan(found.places[1:]).all()
    assert math.isnan(found.losses[2])
    assert found.clusters.tolist() == [0, -1, -1]
    assert found.medoids == (0,)


def test_two_halves_of_the_trials_agree() -> None:
    """Networks of two kinds: every second one holds what comes, the others forget it."""
    state = population(PARITY)
    w = state.weights["W"].copy()
    recurrent = w[:, -PARITY.state_size :]  # a view
    recurrent *= 0.1
    recurrent[::2] += 2 * np.eye(PARITY.state_size, dtype=np.float32)
    of_two_kinds = with_weights(state, W=w)
    pairs = np.triu_indices(8, 1)
    for distance in DISTANCES:
        halves = [mapped(of_two_kinds, distance=distance, data_seed=seed) for seed in (1, 2)]
        first, second = (half.distances[pairs] for half in halves)
        assert 0.9 < np.corrcoef(first, second)[0, 1] < 1
        for half in halves:
            assert half.clusters.tolist() == [1, 0] * 4


def test_other_networks_are_compared_if_the_chosen_one_is_not_finite() -> None:
    state = population(PARITY)
    w2 = state.weights["W2"].copy()
    usual = mapped(state)
    w2[0] = np.inf
    w = state.weights["W"].copy()
    w[0] = np.nan
    found = mapped(with_weights(state, W=w, W2=w2))
    np.testing.assert_allclose(found.distances[1:, 1:], usual.distances[1:, 1:], atol=1e-6)
    assert np.isnan(found.distances[0]).all()

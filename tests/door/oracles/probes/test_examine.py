"""An examination returns the readings of the requested kinds, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from echornn import EchoConfig, Question, examine
from echornn.readings import Kind
from tests.door.oracles.probes.snapshots import (
    random_weights,
    reading,
    small,
    snapshot,
    without_window,
)

pytestmark = pytest.mark.slow

# All but what only a text has, or only a population
KINDS = set(get_args(Kind)) - {"sample", "solutions", "automata"}


def test_without_a_window_there_is_nothing_that_needs_one() -> None:
    config = small()
    network = without_window(config, random_weights(config))
    readings = examine(network, Question(frozenset(KINDS), flip=(0, 1)))
    missing = {kind for kind in KINDS if getattr(readings, kind) is None}
    assert missing == {"connectivity", "effects", "flip", "gradient_sizes"}
    assert readings.units is not None
    assert readings.units.activity.shape == (0, 0, 3)


def test_a_network_beside_is_read_for_the_question_that_asks_for_it() -> None:
    config = small()
    other = without_window(config, random_weights(config, seed=1))
    network = replace(without_window(config, random_weights(config)), beside=other)
    question = Question(frozenset({"weights"}))
    assert examine(network, question).beside is None
    beside = examine(network, replace(question, beside=1)).beside
    assert beside is not None
    assert beside.weights is not None
    assert np.array_equal(beside.weights.weights["W"], other.state.weights["W"])


def test_states_that_are_not_finite_are_not_read() -> None:
    config = small("irnn")
    weights = random_weights(config)
    for values in weights.values():
        values[:] = 1e3
    network = snapshot(config, weights)
    kinds: tuple[Kind, ...] = ("memory", "units", "plane", "gradient")
    for kind in kinds:
        readings = examine(network, Question(frozenset({kind, "reliance"})))
        assert getattr(readings, kind) is None
        assert readings.reliance is None
    assert examine(network, Question(frozenset({"weights"}))).weights is not None


def test_a_constant_answer_loses_by_counting_at_each_size() -> None:
    config = EchoConfig(task="parity", total_series_length=400)
    weights = {name: np.zeros_like(value) for name, value in random_weights(config).items()}
    weights["b2"][:] = np.log([0.25, 0.75])
    sizes = ((), (("length", 3),), (("length", 70),))
    question = Question(frozenset({"evaluation"}), sizes=sizes)
    evaluation = examine(without_window(config, weights), question).evaluation
    assert evaluation is not None
    assert evaluation.sizes == sizes
    assert [held_out.steps for held_out in evaluation.held_out] == [10, 3, 70]
    for held_out in evaluation.held_out:
        ones = held_out.accuracy
        assert abs(ones - 0.5) < 0.1
        loss = -ones * np.log(0.75) - (1 - ones) * np.log(0.25)
        assert held_out.loss == pytest.approx(loss, rel=1e-5)


def test_rows_and_columns_have_names() -> None:
    config = small("gru", num_layers=2, state_size=2)
    matrices = reading(snapshot(config, random_weights(config)), "weights")
    rows, columns = matrices.rows, matrices.columns
    assert list(matrices.weights) == list(rows) == list(columns) == list(matrices.update)
    assert rows["W"] == ("x", "h1", "h2")
    assert columns["W"] == ("update 1", "update 2", "reset 1", "reset 2")
    assert rows["Wc_layer2"] == ("below 1", "below 2", "h1", "h2")
    assert rows["W2"] == ("h1", "h2")
    assert columns["W2"] == ("class 0", "class 1")
    for name, matrix in matrices.weights.items():
        assert matrix.shape == (len(rows[name]), len(columns[name]))
    assert [matrix.name for matrix in matrices.recurrent] == [
        "W update layer 1",
        "W reset layer 1",
        "W candidate layer 1",
        "W update layer 2",
        "W reset layer 2",
        "W candidate layer 2",
    ]
    assert np.isnan(list(matrices.update.values())).all()


def test_eigenvalues_are_those_of_the_part_from_state_to_state() -> None:
    config = small(state_size=2)
    weights = random_weights(config)
    weights["W"][1:] = [[0.6, -0.8], [0.8, 0.6]]
    (matrix,) = reading(snapshot(config, weights), "weights").recurrent
    imaginary = np.sort(matrix.eigenvalues.imag)
    np.testing.assert_allclose(imaginary, [-0.8, 0.8], atol=1e-6)
    assert matrix.spectral_radius == pytest.approx(1)


def test_updates_are_the_change_of_a_window_over_the_size() -> None:
    config = small()
    weights = random_weights(config)
    before = {name: weight * np.float32(0.9) for name, weight in weights.items()}
    network = replace(snapshot(config, weights), before=before, windows_since=10)
    update = reading(network, "weights").update
    assert update == pytest.approx(dict.fromkeys(weights, 0.01), rel=1e-4)

"""Steps of users' own cells in TensorFlow, alone and with replicas, against the NumPy vectors of the check."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from echornn.cells.cell import Cell
from echornn.cells.own import dual
from echornn.cells.own.dual import Dual
from echornn.cells.own.dual_network import DualFunctions, DualNetwork
from echornn.cells.own.examine import examine
from echornn.cells.own.own_cell import OwnCell
from echornn.cells.own.weights import WINDOW, random_weights
from echornn.cells.table import CELLS
from echornn.network.layer import Layer, step_of, used_weights
from tests.echornn.cells.published import HEAD, PUBLISHED

pytestmark = pytest.mark.slow

OWN: dict[str, Callable[[], Cell]] = {
    **{name: lambda cell=cell: cell for name, cell in CELLS.items()},  # type: ignore[misc]
    **{
        name: lambda text=text: OwnCell("own.py", "C", HEAD + text).cell  # type: ignore[misc]
        for name, text in PUBLISHED.items()
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_cells_pass_the_check(name: str) -> None:
    assert examine(OwnCell("own.py", "C", HEAD + PUBLISHED[name]))


@pytest.mark.parametrize("name", OWN)
def test_a_step_and_its_gradients_are_those_of_the_check(name: str) -> None:
    cell = OWN[name]()
    weights = random_weights(cell)
    call, rng = object(), np.random.default_rng(3)
    directions = len(weights)
    x, *before = (
        Dual(
            rng.normal(0.3, 0.4, (dual.ROWS, size)).astype(np.float32),
            np.zeros((directions, dual.ROWS, size), np.float32),
            call,
        )
        for size in (dual.INPUTS, *[dual.UNITS] * len(cell.state_parts))
    )
    used = cell.used(weights, DualFunctions(), WINDOW)
    expected = cell.step(x, before, DualNetwork(cell, used, call))
    trained = {weight: tf.constant(one.value) for weight, one in weights.items()}
    state = tf.concat([one.value for one in before], axis=-1)
    pull = rng.normal(size=state.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(list(trained.values()))
        after = step_of(cell)(tf.constant(x.value), state, Layer(used_weights(cell, trained, WINDOW)))
        total = tf.reduce_sum(after * pull)
    np.testing.assert_allclose(after, np.hstack([one.value for one in expected]), atol=1e-5)
    slopes = np.concatenate([one.slopes for one in expected], axis=2)
    for number, (weight, gradient) in enumerate(tape.gradient(total, trained, unconnected_gradients="zero").items()):
        along = float(np.sum(gradient.numpy() * weights[weight].slopes[number]))
        np.testing.assert_allclose(along, float(np.sum(pull * slopes[number])), rtol=1e-3, atol=1e-4)

    def both(one: tf.Tensor) -> tf.Tensor:
        return tf.stack([one, 0.9 * one], axis=-1)

    of_two = used_weights(cell, {weight: both(one) for weight, one in trained.items()}, WINDOW)
    second = used_weights(cell, {weight: 0.9 * one for weight, one in trained.items()}, WINDOW)
    together = step_of(cell)(tf.stack([x.value] * 2, axis=-1), tf.stack([state] * 2, axis=-1), Layer(of_two))
    np.testing.assert_allclose(together[..., 0], after, atol=1e-5)
    np.testing.assert_allclose(together[..., 1], step_of(cell)(tf.constant(x.value), state, Layer(second)), atol=1e-5)

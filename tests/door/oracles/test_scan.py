"""The scan's own backward pass, compared with automatic differentiation, for cells with unusual
weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation
from echornn.network.affine import FUNCTIONS
from echornn.network.scan import scan, scan_side_by_side
from echornn.network.step import Layer, Step
from tests.compiled import plain

pytestmark = pytest.mark.slow

SHAPES = {"W": (7, 4), "b": (1, 4), "V": (8, 4), "c": (1, 4)}


def shared_bias(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
    """A cell with two weights that share a bias; one weight is used three times; column groups have
    own functions."""
    (first,) = layer.affine([inputs, state], "W", "b", TANH)
    low, high = layer.affine([first, state], "V", "b", SIGMOID, TANH)
    second = tf.concat([low * high, high], axis=1)
    (third,) = layer.affine([second, first], "V", "c", TANH)
    (gate,) = layer.affine([state, second], "V", "b", SIGMOID)
    return gate * third + (1 - gate) * first


def unused_weight(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
    """A cell that never uses V and c."""
    (hidden,) = layer.affine([inputs, state], "W", "b", TANH)
    return hidden


def product_that_leads_nowhere(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
    """A cell whose second product does not affect the state."""
    layer.affine([state, state], "V", "c", TANH)
    return unused_weight(inputs, state, layer)


def scaled(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
    """A cell that scales the state by b, before and after a product, and with other activations."""
    value, rectified = layer.affine([inputs, layer.scale(state, "b")], "W", "c", LINEAR, RELU)
    other = tf.concat([rectified, value], axis=1)
    (gate,) = layer.affine([other, state], "V", "c", SIGMOID)
    return layer.relu(gate + layer.scale(state, "b")) - layer.tanh(layer.scale(other, "c"))


class Plain(Layer):
    """A layer of one network with the plain operations of TensorFlow."""

    def affine(
        self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[tf.Tensor]:
        z = tf.matmul(tf.concat(parts, axis=-1), self.weights[weight]) + self.weights[bias]
        groups = tf.split(z, len(activations), axis=-1)
        return [FUNCTIONS[one](group) for one, group in zip(activations, groups, strict=True)]


def by_autodiff(
    step: Step, inputs: tf.Tensor, state: tf.Tensor, weights: dict[str, tf.Tensor]
) -> tf.Tensor:
    """The same scan as a plain loop, with TensorFlow's automatic differentiation."""

    states = []
    for inputs_t in tf.unstack(inputs):
        state = step(inputs_t, state, Plain(weights))
        states.append(state)
    return tf.stack(states)


STEPS = [shared_bias, unused_weight, product_that_leads_nowhere, scaled]


def gradients(run: Callable[[], tf.Tensor], sources: list[tf.Tensor]) -> list[tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(sources)
        total = run()
    found: list[tf.Tensor] = tape.gradient(
        total, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return found


def numbers(batch: int, *replicas: int) -> list[npt.NDArray[np.float32]]:
    """Random inputs, first state, coefficients for a weighted sum of the states, and weights."""
    rng = np.random.default_rng(3)
    shapes = [(6, batch, 3), (batch, 4), (6, batch, 4), *SHAPES.values()]
    return [rng.normal(0, 0.5, (*shape, *replicas)).astype(np.float32) for shape in shapes]


def assert_alike(mine: list[tf.Tensor], plain: list[tf.Tensor]) -> None:
    for name, one, other in zip(["inputs", "state", "pull", *SHAPES], mine, plain, strict=True):
        scale = max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(one, other, atol=3e-6 * scale, err_msg=name)


def of_plain(step: Step, arrays: Sequence[npt.NDArray[np.float32]]) -> list[tf.Tensor]:
    inputs, state, pull, *weights = sources = [tf.constant(array) for array in arrays]
    return gradients(
        lambda: tf.reduce_sum(
            by_autodiff(step, inputs, state, dict(zip(SHAPES, weights, strict=True))) * pull
        ),
        sources,
    )


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("block", "batch"), [(6, 3), (4, 300)], ids=["whole-fused", "blocks-matmul"]
)
def test_gradients_are_those_of_plain_automatic_differentiation(
    step: Step, block: int, batch: int
) -> None:
    arrays = numbers(batch)

    def ours(*sources: tf.Tensor) -> list[tf.Tensor]:
        inputs, state, pull, *weights = sources
        by_name = dict(zip(SHAPES, weights, strict=True))
        return gradients(
            lambda: tf.reduce_sum(scan(step, inputs, state, by_name, block) * pull), list(sources)
        )

    assert_alike(ours(*map(tf.constant, arrays)), of_plain(step, arrays))


@pytest.mark.parametrize("step", STEPS)
def test_gradients_of_networks_side_by_side_are_those_of_each(step: Step) -> None:
    arrays = numbers(3, 2)

    def ours(*sources: tf.Tensor) -> list[tf.Tensor]:
        inputs, state, pull, *weights = sources
        by_name = dict(zip(SHAPES, weights, strict=True))
        return gradients(
            lambda: tf.reduce_sum(scan_side_by_side(step, inputs, state, by_name) * pull),
            list(sources),
        )

    with plain():
        together = ours(*map(tf.constant, arrays))
    for replica in range(2):
        assert_alike(
            [one[..., replica] for one in together],
            of_plain(step, [array[..., replica] for array in arrays]),
        )

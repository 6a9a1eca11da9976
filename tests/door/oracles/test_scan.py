"""The scan's own backward pass, compared with automatic differentiation, for cells with unusual
weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

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

Tensor: TypeAlias = tf.Tensor
Arrays = dict[str, npt.NDArray[np.float32]]
Tensors = dict[str, Tensor]
Scan = Callable[[Tensor, Tensor, Tensors], Tensor]

WEIGHTS = {"W": (7, 4), "b": (1, 4), "V": (8, 4), "c": (1, 4)}


def shared_bias(inputs: Tensor, state: Tensor, layer: Layer) -> Tensor:
    """A cell with two weights that share a bias; one weight is used three times; column groups have
    own functions."""
    (first,) = layer.affine([inputs, state], "W", "b", TANH)
    low, high = layer.affine([first, state], "V", "b", SIGMOID, TANH)
    second = tf.concat([low * high, high], axis=1)
    (third,) = layer.affine([second, first], "V", "c", TANH)
    (gate,) = layer.affine([state, second], "V", "b", SIGMOID)
    return gate * third + (1 - gate) * first


def product_that_leads_nowhere(inputs: Tensor, state: Tensor, layer: Layer) -> Tensor:
    """A cell whose second product does not affect the state, and which never uses c."""
    layer.affine([state, state], "V", "b", TANH)
    (hidden,) = layer.affine([inputs, state], "W", "b", TANH)
    return hidden


def scaled(inputs: Tensor, state: Tensor, layer: Layer) -> Tensor:
    """A cell that scales the state by b, before and after a product, and with other activations."""
    parts = [inputs, layer.scale(state, "b")]
    value, rectified = layer.affine(parts, "W", "c", LINEAR, RELU)
    other = tf.concat([rectified, value], axis=1)
    (gate,) = layer.affine([other, state], "V", "c", SIGMOID)
    rising = layer.relu(gate + layer.scale(state, "b"))
    return rising - layer.tanh(layer.scale(other, "c"))


STEPS = [shared_bias, product_that_leads_nowhere, scaled]


class Plain(Layer):
    """A layer of one network with the plain operations of TensorFlow."""

    def affine(
        self, parts: Sequence[Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[Tensor]:
        products = tf.matmul(tf.concat(parts, axis=1), self.weights[weight])
        z = products + self.weights[bias]
        groups = tf.split(z, len(activations), axis=1)
        return [FUNCTIONS[name](group) for name, group in zip(activations, groups, strict=True)]


def plain_loop(step: Step, inputs: Tensor, state: Tensor, weights: Tensors) -> Tensor:
    states = []
    for inputs_t in tf.unstack(inputs):
        state = step(inputs_t, state, Plain(weights))
        states.append(state)
    return tf.stack(states)


def random_arrays(batch: int, *replicas: int) -> Arrays:
    """Inputs, a first state, weights, and coefficients for a weighted sum of the states."""
    rng = np.random.default_rng(3)
    shapes = {"inputs": (6, batch, 3), "state": (batch, 4), "pull": (6, batch, 4), **WEIGHTS}
    arrays = {}
    for name, shape in shapes.items():
        arrays[name] = rng.normal(0, 0.5, (*shape, *replicas)).astype(np.float32)
    return arrays


def gradients(run: Scan, arrays: Arrays) -> Tensors:
    """Those of the weighted sum of the states that a scan returns."""
    sources = {name: tf.constant(array) for name, array in arrays.items()}
    weights = {name: sources[name] for name in WEIGHTS}
    with tf.GradientTape() as tape:
        tape.watch(sources)
        states = run(sources["inputs"], sources["state"], weights)
        total = tf.reduce_sum(states * sources["pull"])
    zero = tf.UnconnectedGradients.ZERO
    found: Tensors = tape.gradient(total, sources, unconnected_gradients=zero)
    return found


def one_network(arrays: Arrays | Tensors, replica: int) -> Arrays:
    return {name: array[..., replica] for name, array in arrays.items()}


def assert_alike(found: Arrays | Tensors, expected: Tensors) -> None:
    for name, gradient in expected.items():
        scale = max(1.0, float(np.abs(gradient).max()))
        np.testing.assert_allclose(found[name], gradient, atol=3e-6 * scale, err_msg=name)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("block", "batch"), [(6, 3), (4, 300)], ids=["whole-fused", "blocks-matmul"]
)
def test_gradients_are_those_of_plain_automatic_differentiation(
    step: Step, block: int, batch: int
) -> None:
    arrays = random_arrays(batch)
    found = gradients(partial(scan, step, block=block), arrays)
    assert_alike(found, gradients(partial(plain_loop, step), arrays))


@pytest.mark.parametrize("step", STEPS)
def test_gradients_of_networks_side_by_side_are_those_of_each(step: Step) -> None:
    arrays = random_arrays(3, 2)
    with plain():
        together = gradients(partial(scan_side_by_side, step), arrays)
    for replica in range(2):
        alone = gradients(partial(plain_loop, step), one_network(arrays, replica))
        assert_alike(one_network(together, replica), alone)

"""The scan's own backward pass against plain automatic differentiation, for cells that name their weights oddly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from echornn.network.affine import Affine
from echornn.network.scan import Step, scan

pytestmark = pytest.mark.slow

SHAPES = {"W": (7, 4), "b": (1, 4), "V": (8, 4), "c": (1, 4)}


def twice_the_same(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """One weight and its bias, applied to its own result."""
    return tf.tanh(affine([inputs, tf.tanh(affine([inputs, state], "W", "b"))], "W", "b"))


def shared_bias(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """Two weights with one bias, one of them named three times."""
    first = tf.tanh(affine([inputs, state], "W", "b"))
    second = tf.tanh(affine([first, state], "V", "b"))
    return tf.tanh(affine([second, first], "V", "c") + affine([state, second], "V", "b"))


def unused_weight(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """V and c are never named."""
    return tf.tanh(affine([inputs, state], "W", "b"))


def product_that_leads_nowhere(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """The second product does not reach the state."""
    affine([state, state], "V", "c")
    return tf.tanh(affine([inputs, state], "W", "b"))


def deaf(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """The input does not matter."""
    return tf.tanh(affine([state, state], "V", "c"))


def by_autodiff(step: Step, inputs: tf.Tensor, state: tf.Tensor, weights: dict[str, tf.Tensor]) -> tf.Tensor:
    """The same scan as a plain loop of plain products."""
    states = []
    for inputs_t in tf.unstack(inputs):
        state = step(inputs_t, state, lambda parts, w, b: tf.matmul(tf.concat(parts, axis=-1), weights[w]) + weights[b])
        states.append(state)
    return tf.stack(states)


@pytest.mark.parametrize("step", [twice_the_same, shared_bias, unused_weight, product_that_leads_nowhere, deaf])
@pytest.mark.parametrize(("block", "batch"), [(6, 3), (4, 300)], ids=["whole-fused", "blocks-matmul"])
def test_gradients_are_those_of_plain_automatic_differentiation(step: Step, block: int, batch: int) -> None:
    rng = np.random.default_rng(3)

    def normal(*shape: int) -> tf.Variable:
        return tf.Variable(rng.normal(0, 0.5, shape).astype(np.float32))

    inputs, state, pull = normal(6, batch, 3), normal(batch, 4), normal(6, batch, 4)
    weights = {name: normal(*shape) for name, shape in SHAPES.items()}
    sources = [inputs, state, *weights.values()]

    def gradients(run: Callable[[], tf.Tensor]) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(run() * pull)
        found: list[tf.Tensor] = tape.gradient(total, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return found

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def ours() -> list[tf.Tensor]:
        return gradients(lambda: scan(step, inputs.read_value(), state.read_value(), weights, block))

    expected = gradients(lambda: by_autodiff(step, inputs, state, weights))
    for name, mine, plain in zip(["inputs", "state", *weights], ours(), expected, strict=True):
        scale = max(1.0, float(np.abs(plain).max()))
        np.testing.assert_allclose(mine, plain, atol=3e-6 * scale, err_msg=name)

"""Steps of a cell with what their backward pass needs: a gradient tape for each, and the products that it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation
from echornn.network.affine import Tensors, activated, affine_known, affine_map, is_fused, weight_gradient
from echornn.network.step import Layer, Step


class StepProduct(NamedTuple):
    """One affine map that a step computed; without a bias, the vector is scaled by the weight."""

    weight: str
    bias: str
    parts: Sequence[tf.Tensor]
    z: tf.Tensor

    @property
    def is_kept(self) -> bool:
        """Whether the product is kept for the backward pass. Large products are; small products are faster to compute
        again.
        """
        if not self.bias:
            return False
        inner = sum(part.shape[1] for part in self.parts)
        return not is_fused(self.z.shape[0], inner, self.z.shape[1])


class RecordedStep(NamedTuple):
    """A step, and the gradient tape that recorded it."""

    tape: tf.GradientTape
    inputs: tf.Tensor
    state: tf.Tensor
    next_state: tf.Tensor
    products: list[StepProduct]


def run_step(
    step: Step, inputs: tf.Tensor, state: tf.Tensor, weights: Tensors, known: Sequence[tf.Tensor | None] = ()
) -> tuple[tf.Tensor, list[StepProduct]]:
    """Run one step; returns the state, and the products that it computed. ``known`` products are not computed again."""
    layer = RecordingProducts(weights, known)
    return step(inputs, state, layer), layer.products


class RecordingProducts(Layer):
    """A layer that writes down the products of one step. Weights' gradients are computed over all steps at once, so a
    step's own tape does not see the weights.
    """

    def __init__(self, weights: Tensors, known: Sequence[tf.Tensor | None]) -> None:
        super().__init__(weights)
        self._known = known
        self.products: list[StepProduct] = []

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        w, b = tf.stop_gradient(self.weights[weight]), tf.stop_gradient(self.weights[bias])
        z_known = self._known[len(self.products)] if self._known else None
        z = affine_map(parts, w, b) if z_known is None else affine_known(parts, w, z_known)
        self.products.append(StepProduct(weight, bias, parts, z))
        return activated(z, activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.products.append(StepProduct(weight, "", [vector], z))
        return z


def record(
    step: Step,
    inputs_series: Sequence[tf.Tensor],
    state: tf.Tensor,
    weights: Tensors,
    known: Sequence[tf.Tensor | None] = (),
) -> list[RecordedStep]:
    """Run the steps, each recorded on its own gradient tape. Products in ``known``, float32 [steps, batch, columns,
    ...], are not computed again.
    """
    recorded = []
    for t, inputs in enumerate(inputs_series):
        with tf.GradientTape() as tape:  # a single tape over all steps would add up dW step by step
            tape.watch([inputs, state])
            at_step = [None if z is None else z[t] for z in known]
            next_state, products = run_step(step, inputs, state, weights, at_step)
        recorded.append(RecordedStep(tape, inputs, state, next_state, products))
        state = next_state
    return recorded


def cut_off(d_state: tf.Tensor, step: tf.Tensor | int, cut: int | None) -> tf.Tensor:
    """The gradient to the state before a time step, or zero if the gradient is cut there; for ``cut`` see `scan`."""
    return d_state if cut is None else tf.where(step % cut == 0, tf.zeros_like(d_state), d_state)


def backward_through(
    recorded: Sequence[RecordedStep],
    d_states: Sequence[tf.Tensor],
    d_state: tf.Tensor,
    weights: Tensors,
    first: tf.Tensor | int = 0,
    cut: int | None = None,
) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
    """The gradients of recorded steps: to the state before them, to their inputs [steps, ...], to the weights.

    Args:
        recorded: the steps, in order.
        d_states: for each step, the gradient to the state after it, from outside.
        d_state: the gradient to the last state, from later steps.
        weights: the weights that the steps may use. Weights used several times get the sum of gradients, unused weights
            zero.
        first: the number of the first step in the window.
        cut: see `scan`.
    """
    d_inputs: list[tf.Tensor] = []
    d_products: list[list[tf.Tensor]] = []
    for step, one, d_outside in zip(
        reversed(range(len(recorded))), reversed(recorded), reversed(d_states), strict=True
    ):
        zs = [made.z for made in one.products]
        # zero rather than None for a product without effect, since the rows of all steps are stacked below
        d_state, d_input, *d_zs = one.tape.gradient(
            one.next_state, [one.state, one.inputs, *zs], d_state + d_outside, tf.UnconnectedGradients.ZERO
        )
        d_state = cut_off(d_state, first + step, cut)
        d_inputs.append(d_input)
        d_products.append(d_zs)
    d_weights: dict[str, tf.Tensor] = {}
    for index, made in enumerate(recorded[0].products):
        rows = tf.concat([tf.concat(one.products[index].parts, axis=-1) for one in recorded], axis=0)
        d_rows = tf.concat([d_zs[index] for d_zs in reversed(d_products)], axis=0)
        if made.bias:
            gradients = dict(zip((made.weight, made.bias), weight_gradient(rows, d_rows), strict=True))
        else:
            gradients = {made.weight: tf.reduce_sum(rows * d_rows, axis=0, keepdims=True)}
        for name, gradient in gradients.items():
            d_weights[name] = d_weights[name] + gradient if name in d_weights else gradient
    unnamed = {name: tf.zeros_like(value) for name, value in weights.items() if name not in d_weights}
    return d_state, tf.stack(d_inputs[::-1]), d_weights | unnamed

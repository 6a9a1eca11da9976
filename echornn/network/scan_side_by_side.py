"""Runs a cell over the time steps of a window in many networks at once, with its own backward pass.

Both passes are loops over single steps, which are long enough with replicas. The forward pass keeps states and
activations, so the backward pass computes no activation again; it adds each step's gradient of the weights to a sum. So
each kernel reads only one step, which fits into the caches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation
from echornn.network.affine import (
    Tensors,
    activated,
    activated_before,
    affine_known,
    affine_map,
    joined,
    materialized,
    split_features,
    weight_gradient,
)
from echornn.network.recorded_steps import cut_off
from echornn.network.step import Layer, Step
from echornn.network.xla import write_step


class Made(NamedTuple):
    """One affine map that a step computed, with its activations; without a bias, the weight scales a vector, and there
    are none.
    """

    weight: str
    bias: str
    parts: Sequence[tf.Tensor]
    z: tf.Tensor
    values: Sequence[tf.Tensor]
    """The groups of columns after their activations, each float32 [batch, columns, replicas]."""


def scan_side_by_side(
    step: Step, inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors, cut: int | None = None
) -> tf.Tensor:
    """The states after each time step; differentiable in inputs, initial state and weights.

    Args:
        step: the cell.
        inputs: float32 [T, batch, input, replicas].
        init_state: float32 [batch, state, replicas].
        weights: tensors or variables, by the names that the cell uses.
        cut: see `echornn.network.scan.scan`.

    Returns:
        float32 [T, batch, state, replicas].
    """
    names = list(weights)

    def forward(inputs: tf.Tensor, init_state: tf.Tensor, *values: tf.Tensor) -> tuple[tf.Tensor, object]:
        loops = _Loops(step, inputs, init_state, dict(zip(names, values, strict=True)))

        def gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_state, d_inputs, d_weights = loops.backward(d_states, cut)
            return d_inputs, d_state, *(d_weights[name] for name in names)

        return loops.states, gradient

    values = [tf.convert_to_tensor(value) for value in weights.values()]
    return tf.custom_gradient(forward)(inputs, init_state, *values)


class _Loops:
    """The forward loop, and the values that it keeps for the backward loop.

    Attributes:
        states: float32 [T, batch, state, replicas], after each step.
    """

    def __init__(self, step: Step, inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors) -> None:
        self._step, self._inputs, self._init_state, self._weights = step, inputs, init_state, weights
        self._steps = inputs.shape[0]
        next_state, self._trial = self._run(inputs[0], init_state)  # never computed: only its shapes are used
        self._is_state = [value is next_state for made in self._trial for value in made.values]

        def run_step(t: tf.Tensor, state: tf.Tensor, *arrays: tf.Tensor) -> tuple[tf.Tensor, ...]:
            state, made = self._run(tf.gather(self._inputs, t), state)
            written = (write_step(array, one, t) for array, one in zip(arrays, self._kept(state, made), strict=True))
            return t + 1, state, *written

        arrays = [tf.zeros([self._steps, *one.shape]) for one in self._kept(next_state, self._trial)]
        _, _, self.states, *self._values = tf.while_loop(
            lambda t, *_: t < self._steps,
            run_step,
            (tf.constant(0), init_state, *arrays),
            maximum_iterations=self._steps,
        )

    def _kept(self, state: tf.Tensor, made: Sequence[Made]) -> list[tf.Tensor]:
        """The values of a step to keep: the state, and the activations that are not the state."""
        values = [value for one in made for value in one.values]
        return [state, *(value for value, is_state in zip(values, self._is_state, strict=True) if not is_state)]

    def _run(
        self, inputs: tf.Tensor, state: tf.Tensor, before: Iterator[tf.Tensor] | None = None
    ) -> tuple[tf.Tensor, list[Made]]:
        """Run one step; returns the state and the maps. If ``before`` has the activations, only the gradient is
        computed.
        """
        layer = RecordingMaps(self._weights, before)
        return self._step(inputs, state, layer), layer.made

    def backward(
        self, d_states: tf.Tensor, cut: int | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """The gradients to the initial state, to the inputs, and to the weights, from the gradients to the states."""
        units = next(value.shape[1] for made in self._trial for value in made.values)
        of_parts = self._init_state.shape[1] > units
        in_parts = materialized if of_parts else tf.identity  # reading a slice of all steps is slow

        def run_step(t: tf.Tensor, d_state: tf.Tensor, d_inputs: tf.Tensor, *sums: tf.Tensor) -> tuple[Any, ...]:
            before = in_parts(tf.where(t > 0, tf.gather(self.states, tf.maximum(t - 1, 0)), self._init_state))
            values = iter(self._values)
            known = [tf.gather(self.states if is_state else next(values), t) for is_state in self._is_state]
            inputs = tf.gather(self._inputs, t)
            with tf.GradientTape() as tape:
                tape.watch([inputs, before])
                state, made = self._run(inputs, before, iter(known))
            d_state, d_input, *d_zs = tape.gradient(
                state,
                [before, inputs, *(one.z for one in made)],
                in_parts(d_state + tf.gather(d_states, t)),
                tf.UnconnectedGradients.ZERO,
            )
            d_state = cut_off(d_state, t, cut)
            more = [d for one, dz in zip(made, d_zs, strict=True) for d in _weight_gradients(one, dz)]
            sums = tuple(sum_ + d for sum_, d in zip(sums, more, strict=True))
            return t - 1, d_state, write_step(d_inputs, d_input, t), *sums

        nothing = [tf.zeros_like(d) for one in self._trial for d in _weight_gradients(one, one.z)]
        _, d_state, d_inputs, *sums = tf.while_loop(
            lambda t, *_: t >= 0,
            run_step,
            (tf.constant(self._steps - 1), tf.zeros_like(self._init_state), tf.zeros_like(self._inputs), *nothing),
            maximum_iterations=self._steps,
        )
        return d_state, d_inputs, self._by_name(sums)

    def _by_name(self, sums: list[tf.Tensor]) -> dict[str, tf.Tensor]:
        """The gradients of the weights by name: a weight used several times has the sum, an unused weight zero."""
        d_weights = {name: tf.zeros_like(value) for name, value in self._weights.items()}
        for one in self._trial:
            if not one.bias:
                d_weights[one.weight] += sums.pop(0)
                continue
            *d_parts, d_bias = (sums.pop(0) for _ in range(len(one.parts) + 1))
            d_weights[one.weight] += joined(d_parts, 0)
            d_weights[one.bias] += d_bias
        return d_weights


class RecordingMaps(Layer):
    """A layer that writes down the maps of one step. Weights' gradients are computed from those to z, so the step's own
    tape does not see the weights.
    """

    def __init__(self, weights: Tensors, before: Iterator[tf.Tensor] | None) -> None:
        super().__init__(weights)
        self._before = before
        self.made: list[Made] = []

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        w, b = tf.stop_gradient(self.weights[weight]), tf.stop_gradient(self.weights[bias])
        if self._before is None:
            z = affine_map(parts, w, b)
            values = activated(z, activations)
        else:
            z = affine_known(parts, w, tf.zeros([parts[0].shape[0], *w.shape[1:]]))  # its values are never used
            groups = zip(split_features(z, len(activations)), activations, strict=True)
            values = [activated_before(group, next(self._before), activation) for group, activation in groups]
        self.made.append(Made(weight, bias, parts, z, values))
        return values

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.made.append(Made(weight, "", [vector], z, []))
        return z


def _weight_gradients(made: Made, dz: tf.Tensor) -> list[tf.Tensor]:
    """The gradients to the rows of W of each part, and the gradient to b; or the gradient to the weights that scale."""
    if not made.bias:
        return [tf.reduce_sum(made.parts[0] * dz, axis=0, keepdims=True)]
    both = [weight_gradient(part, dz) for part in made.parts]
    return [*(d_weight for d_weight, _ in both), both[0][1]]

"""Runs a cell over the time steps of a window; its backward pass computes the gradients of weights at the end.

Only the gradient to the state must go back step by step; the gradients to the weights are a single product over the
rows of all steps. Short windows are unrolled completely. Long windows run as a loop over blocks of unrolled steps, so
that compiling takes a second or two at any length. In the backward pass, the loop runs each block forward again, except
for its large products, which were kept.

::

    forward    h0 --> step 1 --> h1 --> step 2 --> h2 --> ... --> step T --> hT
                        ^                 ^                         ^
                        x1                x2                        xT
                 each step writes down (parts, z) of every product  z = [x, h] W + b  that it makes

    back       dh0 <-- step 1 <-- dh1 <-- step 2 <-- dh2 <-- ... <-- step T <-- dhT      (+ dL/dh of each step)
                         |                  |                          |
                         dz1                dz2                        dzT      one tape a step, blind to W and b

    at the end   dW = sum over products of  [parts of step 1; ...; of step T]^T [dz1; ...; dzT]
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from echornn.network.affine import Tensors
from echornn.network.recorded_steps import backward_through, record, run_step
from echornn.network.step import Step
from echornn.network.xla import kept_apart


def scan(
    step: Step,
    inputs: tf.Tensor,
    init_state: tf.Tensor,
    weights: Tensors,
    block: int,
    apart: bool = False,
    cut: int | None = None,
) -> tf.Tensor:
    """The states after each time step; differentiable in inputs, initial state and weights.

    Args:
        step: the cell.
        inputs: float32 [T, batch, input, ...].
        init_state: float32 [batch, state, ...].
        weights: tensors or variables, by the names that the cell uses.
        block: the number of time steps unrolled together, at most T.
        apart: whether to prevent XLA from compiling a loop over blocks as a single kernel.
        cut: the gradient is cut after each ``cut`` time steps, counted from the first; by default it flows through all
            steps.

    Returns:
        float32 [T, batch, state, ...].
    """
    names = list(weights)
    length = inputs.shape[0]
    head = length if length <= block else length % block
    blocks = (length - head) // block

    def forward(inputs: tf.Tensor, init_state: tf.Tensor, *values: tf.Tensor) -> tuple[tf.Tensor, Any]:
        bound = dict(zip(names, values, strict=True))
        first = record(step, tf.unstack(inputs[:head]) if head else [], init_state, bound)
        if not blocks:

            def gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
                d_state, d_inputs, d_weights = backward_through(
                    first, tf.unstack(d_states), tf.zeros_like(init_state), bound, cut=cut
                )
                return d_inputs, d_state, *(d_weights[name] for name in names)

            return tf.stack([one.next_state for one in first]), gradient

        begin = first[-1].next_state if first else init_state
        looped = _BlockLoop(step, inputs[head:], begin, bound, block, apart, head, cut)

        def blocked_gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_state, d_inputs, d_weights = looped.backward(d_states[head:])
            if first:
                d_state, d_head, d_more = backward_through(first, tf.unstack(d_states[:head]), d_state, bound, cut=cut)
                d_inputs = tf.concat([d_head, d_inputs], axis=0)
                d_weights = {name: d_weights[name] + d_more[name] for name in names}
            return d_inputs, d_state, *(d_weights[name] for name in names)

        states = [one.next_state[tf.newaxis] for one in first] + [looped.states]
        return tf.concat(states, axis=0), blocked_gradient

    values = [tf.convert_to_tensor(value) for value in weights.values()]
    return tf.custom_gradient(forward)(inputs, init_state, *values)


class _BlockLoop:
    """The steps of whole blocks, run as a loop that keeps what the backward loop needs.

    Attributes:
        states: float32 [steps, batch, state, ...], after each step.
    """

    def __init__(
        self,
        step: Step,
        inputs: tf.Tensor,
        init_state: tf.Tensor,
        weights: Tensors,
        block: int,
        apart: bool,
        first: int,
        cut: int | None,
    ) -> None:
        self._step, self._weights, self._block, self._apart = step, weights, block, apart
        self._first, self._cut = first, cut
        self._count = inputs.shape[0] // block
        self._inputs = self._in_blocks(inputs)
        _, trial = run_step(step, inputs[0], init_state, weights)  # never computed: only its shapes are used
        self._kept = [index for index, made in enumerate(trial) if made.is_kept]
        self._products = len(trial)
        shapes = [
            [block, *init_state.shape],
            init_state.shape,
            *([block, *trial[index].z.shape] for index in self._kept),
        ]
        arrays = [tf.TensorArray(tf.float32, self._count, element_shape=shape) for shape in shapes]

        def run_block(index: tf.Tensor, state: tf.Tensor, *arrays: tf.TensorArray) -> tuple[Any, ...]:
            states, begins, *kept = arrays
            begins = begins.write(index, state)
            made_states: list[tf.Tensor] = []
            made_products: list[list[tf.Tensor]] = [[] for _ in self._kept]
            for inputs_t in tf.unstack(self._block_of(index)):
                state, products = run_step(step, inputs_t, state, weights)
                made_states.append(state)
                for made, which in zip(made_products, self._kept, strict=True):
                    made.append(products[which].z)
            states = states.write(index, tf.stack(made_states))
            kept = [array.write(index, tf.stack(made)) for array, made in zip(kept, made_products, strict=True)]
            return index + 1, state, states, begins, *kept

        _, _, states, begins, *kept = tf.while_loop(
            lambda index, *_: index < self._count,
            run_block,
            (tf.constant(0), init_state, *arrays),
            maximum_iterations=self._count,
        )
        self.states = tf.reshape(states.stack(), [self._count * block, *init_state.shape])
        self._begins = begins.stack()
        self._known = [array.stack() for array in kept]

    def backward(self, d_states: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """The gradients to the initial state, to the inputs, and to the weights, from the gradients to the states."""
        names = list(self._weights)
        d_blocks = self._in_blocks(d_states)
        d_inputs = tf.TensorArray(tf.float32, self._count, element_shape=self._inputs.shape[1:])

        def run_block(
            index: tf.Tensor, d_state: tf.Tensor, d_inputs: tf.TensorArray, *sums: tf.Tensor
        ) -> tuple[Any, ...]:
            known: list[tf.Tensor | None] = [None] * self._products
            for which, kept in zip(self._kept, self._known, strict=True):
                known[which] = tf.gather(kept, index)
            inputs_series = tf.unstack(self._block_of(index))
            recorded = record(self._step, inputs_series, tf.gather(self._begins, index), self._weights, known)
            d_outside = tf.unstack(tf.gather(d_blocks, index))
            first = self._first + index * self._block
            d_state, d_input, d_weights = backward_through(
                recorded, d_outside, d_state, self._weights, first, self._cut
            )
            sums = tuple(sum_ + d_weights[name] for sum_, name in zip(sums, names, strict=True))
            return index - 1, d_state, d_inputs.write(index, d_input), *sums

        _, d_state, d_inputs, *sums = tf.while_loop(
            lambda index, *_: index >= 0,
            run_block,
            (
                tf.constant(self._count - 1),
                tf.zeros_like(self._begins[0]),
                d_inputs,
                *(tf.zeros_like(value) for value in self._weights.values()),
            ),
            maximum_iterations=self._count,
        )
        flat = tf.reshape(d_inputs.stack(), [self._count * self._block, *self._inputs.shape[2:]])
        return d_state, flat, dict(zip(names, sums, strict=True))

    def _block_of(self, index: tf.Tensor) -> tf.Tensor:
        return tf.gather(self._inputs, kept_apart(index) if self._apart else index)

    def _in_blocks(self, steps: tf.Tensor) -> tf.Tensor:
        return tf.reshape(steps, [self._count, self._block, *steps.shape[1:]])

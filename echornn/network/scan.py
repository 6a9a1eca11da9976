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

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation
from echornn.network.affine import Tensors, activated, affine_known, affine_map
from echornn.network.layer import Layer, Step
from echornn.network.one_kernel import kept_apart
from echornn.network.product import is_fused, weight_gradient

UNROLLED_WHOLE = 32
"""The longest window, in time steps, that is unrolled completely: an unrolled step is up to 1.8 times as fast, but
takes 45 ms to compile.
"""


class _Product(NamedTuple):
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


class _Recorded(NamedTuple):
    """A step, and the gradient tape that recorded it."""

    tape: tf.GradientTape
    inputs: tf.Tensor
    state: tf.Tensor
    next_state: tf.Tensor
    products: list[_Product]


def block_length(window_length: int) -> int:
    """The time steps unrolled together: all if the window is short, otherwise a divisor from 10 to 16, or else 10."""
    if window_length <= UNROLLED_WHOLE:
        return window_length
    return next((block for block in range(10, 17) if window_length % block == 0), 10)


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
        first = _record(step, tf.unstack(inputs[:head]) if head else [], init_state, bound)
        if not blocks:

            def gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
                d_state, d_inputs, d_weights = _backward(
                    first, tf.unstack(d_states), tf.zeros_like(init_state), bound, cut=cut
                )
                return d_inputs, d_state, *(d_weights[name] for name in names)

            return tf.stack([one.next_state for one in first]), gradient

        begin = first[-1].next_state if first else init_state
        looped = _BlockLoop(step, inputs[head:], begin, bound, block, apart, head, cut)

        def blocked_gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_state, d_inputs, d_weights = looped.backward(d_states[head:])
            if first:
                d_state, d_head, d_more = _backward(first, tf.unstack(d_states[:head]), d_state, bound, cut=cut)
                d_inputs = tf.concat([d_head, d_inputs], axis=0)
                d_weights = {name: d_weights[name] + d_more[name] for name in names}
            return d_inputs, d_state, *(d_weights[name] for name in names)

        states = [one.next_state[tf.newaxis] for one in first] + [looped.states]
        return tf.concat(states, axis=0), blocked_gradient

    values = [tf.convert_to_tensor(value) for value in weights.values()]
    return tf.custom_gradient(forward)(inputs, init_state, *values)


def _run_step(
    step: Step, inputs: tf.Tensor, state: tf.Tensor, weights: Tensors, known: Sequence[tf.Tensor | None] = ()
) -> tuple[tf.Tensor, list[_Product]]:
    """Run one step; returns the state, and the products that it computed. ``known`` products are not computed again."""
    layer = _RecordingProducts(weights, known)
    return step(inputs, state, layer), layer.products


class _RecordingProducts(Layer):
    """A layer that writes down the products of one step. Weights' gradients are computed over all steps at once, so a
    step's own tape does not see the weights.
    """

    def __init__(self, weights: Tensors, known: Sequence[tf.Tensor | None]) -> None:
        super().__init__(weights)
        self._known = known
        self.products: list[_Product] = []

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        w, b = tf.stop_gradient(self.weights[weight]), tf.stop_gradient(self.weights[bias])
        z_known = self._known[len(self.products)] if self._known else None
        z = affine_map(parts, w, b) if z_known is None else affine_known(parts, w, z_known)
        self.products.append(_Product(weight, bias, parts, z))
        return activated(z, activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.products.append(_Product(weight, "", [vector], z))
        return z


def _record(
    step: Step,
    inputs_series: Sequence[tf.Tensor],
    state: tf.Tensor,
    weights: Tensors,
    known: Sequence[tf.Tensor | None] = (),
) -> list[_Recorded]:
    """Run the steps, each recorded on its own gradient tape. Products in ``known``, float32 [steps, batch, columns,
    ...], are not computed again.
    """
    recorded = []
    for t, inputs in enumerate(inputs_series):
        with tf.GradientTape() as tape:  # a single tape over all steps would add up dW step by step
            tape.watch([inputs, state])
            at_step = [None if z is None else z[t] for z in known]
            next_state, products = _run_step(step, inputs, state, weights, at_step)
        recorded.append(_Recorded(tape, inputs, state, next_state, products))
        state = next_state
    return recorded


def cut_off(d_state: tf.Tensor, step: tf.Tensor | int, cut: int | None) -> tf.Tensor:
    """The gradient to the state before a time step, or zero if the gradient is cut there; for ``cut`` see `scan`."""
    return d_state if cut is None else tf.where(step % cut == 0, tf.zeros_like(d_state), d_state)


def _backward(
    recorded: Sequence[_Recorded],
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
        _, trial = _run_step(step, inputs[0], init_state, weights)  # never computed: only its shapes are used
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
                state, products = _run_step(step, inputs_t, state, weights)
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
            recorded = _record(self._step, inputs_series, tf.gather(self._begins, index), self._weights, known)
            d_outside = tf.unstack(tf.gather(d_blocks, index))
            first = self._first + index * self._block
            d_state, d_input, d_weights = _backward(recorded, d_outside, d_state, self._weights, first, self._cut)
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

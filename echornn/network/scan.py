"""Runs a cell over the time steps of a window, with its own backward pass.

Only the gradient to the state must go back step by step; for a single network, the gradients to the
weights are a product over the rows of all steps. Short windows are unrolled completely. Long
windows run as a loop over blocks of unrolled steps, so that compiling takes a second or two at any
length. In the backward pass, the loop runs each block forward again, except for its large products,
which were kept.

::

    forward    h0 --> step 1 --> h1 --> step 2 --> h2 --> ... --> step T --> hT
                        ^                 ^                         ^
                        x1                x2                        xT
                 each step writes down (parts, z) of every product  z = [x, h] W + b  that it makes

    back       dh0 <-- step 1 <-- dh1 <-- step 2 <-- dh2 <-- ... <-- step T <-- dhT      (+ dL/dh of
                         each step) |                  |                          | dz1
                         dz2                        dzT      one tape a step, blind to W and b

    at the end   dW = sum over products of  [parts of step 1; ...; of step T]^T [dz1; ...; dzT]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation
from echornn.network.affine import (
    Tensors,
    activated,
    activated_before,
    affine_known,
    affine_map,
    is_fused,
    joined,
    kept_apart,
    materialized,
    split_features,
    weight_gradient,
    write_step,
)
from echornn.network.step import Layer, Step

# To the state before, to inputs, to weights by name
Gradients = tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]
Back = Callable[[tf.Tensor], Gradients]  # from the gradients to the states


class Made(NamedTuple):
    """One affine map of a step, and its groups of columns after their activations; without bias,
    the weight scales."""

    weight: str
    bias: str
    parts: Sequence[tf.Tensor]
    z: tf.Tensor
    values: Sequence[tf.Tensor]


class Recording(Layer):
    """Writes down the maps of one step, and computes only the gradient of those with a known z, or
    of all if ``values`` has the activations. Weights' gradients are computed from those to z, so
    the step's own tape does not see them.
    """

    def __init__(
        self,
        weights: Tensors,
        zs: Sequence[tf.Tensor | None] = (),
        values: Iterator[tf.Tensor] | None = None,
    ) -> None:
        super().__init__(weights)
        self._zs, self._values = zs, values
        self.made: list[Made] = []

    def affine(
        self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[tf.Tensor]:
        w, b = tf.stop_gradient(self.weights[weight]), tf.stop_gradient(self.weights[bias])
        if self._values is None:
            known = self._zs[len(self.made)] if self._zs else None
            z = affine_map(parts, w, b) if known is None else affine_known(parts, w, known)
            values = activated(z, activations)
        else:
            # Its values are never used
            z = affine_known(parts, w, tf.zeros([parts[0].shape[0], *w.shape[1:]]))
            groups = zip(split_features(z, len(activations)), activations, strict=True)
            values = [
                activated_before(group, next(self._values), activation)
                for group, activation in groups
            ]
        self.made.append(Made(weight, bias, parts, z, values))
        return values

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.made.append(Made(weight, "", [vector], z, []))
        return z


def cut_off(d_state: tf.Tensor, step: tf.Tensor | int, cut: int | None) -> tf.Tensor:
    """The gradient to the state before a time step, or zero if the gradient is cut there; for
    ``cut`` see `scan`."""
    return d_state if cut is None else tf.where(step % cut == 0, tf.zeros_like(d_state), d_state)


def scan(
    step: Step,
    inputs: tf.Tensor,
    init_state: tf.Tensor,
    weights: Tensors,
    block: int,
    apart: bool = False,
    cut: int | None = None,
) -> tf.Tensor:
    """The states of a single network after each time step, float32 [T, batch, state], from inputs,
    float32 [T, batch, input]. At most ``block`` time steps are unrolled together; ``apart``
    prevents XLA from compiling the loop over blocks as a single kernel; the gradient is cut after
    each ``cut`` time steps, counted from the first.
    """
    length = inputs.shape[0]
    head = length if length <= block else length % block

    def run(inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors) -> tuple[tf.Tensor, Back]:
        first = _record(step, tf.unstack(inputs[:head]) if head else [], init_state, weights)
        states = [one.after[tf.newaxis] for one in first]
        if head < length:
            begin = first[-1].after if first else init_state
            looped, back_through_blocks = _in_blocks(
                step, inputs[head:], begin, weights, block, apart, head, cut
            )
            states.append(looped)

        def backward(d_states: tf.Tensor) -> Gradients:
            d_state, d_inputs = tf.zeros_like(init_state), inputs[:0]
            d_weights: dict[str, tf.Tensor] = {}
            if head < length:
                d_state, d_inputs, d_weights = back_through_blocks(d_states[head:])
            if first:
                d_state, d_head, d_more = _back(
                    first, tf.unstack(d_states[:head]), d_state, weights, cut=cut
                )
                d_inputs = tf.concat([d_head, d_inputs], axis=0) if head < length else d_head
                d_weights = {
                    name: d_weights[name] + d if d_weights else d for name, d in d_more.items()
                }
            return d_state, d_inputs, d_weights

        return tf.concat(states, axis=0), backward

    return _differentiable(run, inputs, init_state, weights)


def _differentiable(
    run: Callable[..., tuple[tf.Tensor, Back]],
    inputs: tf.Tensor,
    init_state: tf.Tensor,
    weights: Tensors,
) -> tf.Tensor:
    names = list(weights)

    def forward(
        inputs: tf.Tensor, init_state: tf.Tensor, *values: tf.Tensor
    ) -> tuple[tf.Tensor, Any]:
        states, backward = run(inputs, init_state, dict(zip(names, values, strict=True)))

        def gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_state, d_inputs, d_weights = backward(d_states)
            return d_inputs, d_state, *(d_weights[name] for name in names)

        return states, gradient

    return tf.custom_gradient(forward)(
        inputs, init_state, *map(tf.convert_to_tensor, weights.values())
    )


class _Recorded(NamedTuple):
    tape: tf.GradientTape
    inputs: tf.Tensor
    before: tf.Tensor
    after: tf.Tensor
    made: list[Made]


def _record(
    step: Step,
    inputs_series: Sequence[tf.Tensor],
    state: tf.Tensor,
    weights: Tensors,
    known: Sequence[tf.Tensor | None] = (),
) -> list[_Recorded]:
    """Run the steps, each recorded on its own gradient tape: a single one would add up dW step by
    step. Products in ``known``, float32 [steps, batch, columns], are not computed again.
    """
    recorded = []
    for t, inputs in enumerate(inputs_series):
        layer = Recording(weights, [None if z is None else z[t] for z in known])
        with tf.GradientTape() as tape:
            tape.watch([inputs, state])
            after = step(inputs, state, layer)
        recorded.append(_Recorded(tape, inputs, state, after, layer.made))
        state = after
    return recorded


def _back(
    recorded: Sequence[_Recorded],
    d_states: Sequence[tf.Tensor],
    d_state: tf.Tensor,
    weights: Tensors,
    first: tf.Tensor | int = 0,
    cut: int | None = None,
) -> Gradients:
    """The gradients of recorded steps, from those to the states, from outside, and to the last
    state, from later steps. Weights used several times get the sum of gradients, unused weights
    zero.
    """
    d_inputs: list[tf.Tensor] = []
    d_products: list[list[tf.Tensor]] = []
    for t, one in reversed([*enumerate(recorded)]):
        # zero rather than None for a product without effect, since the rows of all steps are
        # stacked below
        d_state, d_input, *d_zs = one.tape.gradient(
            one.after,
            [one.before, one.inputs, *(made.z for made in one.made)],
            d_state + d_states[t],
            tf.UnconnectedGradients.ZERO,
        )
        d_state = cut_off(d_state, first + t, cut)
        d_inputs.insert(0, d_input)
        d_products.insert(0, d_zs)
    d_weights: dict[str, tf.Tensor] = {}
    for index, made in enumerate(recorded[0].made):
        rows = tf.concat([tf.concat(one.made[index].parts, axis=-1) for one in recorded], axis=0)
        d_rows = tf.concat([d_zs[index] for d_zs in d_products], axis=0)
        gradients = _weight_gradients(made._replace(parts=[rows]), d_rows)
        # There may be no bias
        for name, gradient in zip((made.weight, made.bias), gradients, strict=False):
            d_weights[name] = d_weights[name] + gradient if name in d_weights else gradient
    unused = {
        name: tf.zeros_like(value) for name, value in weights.items() if name not in d_weights
    }
    return d_state, tf.stack(d_inputs), d_weights | unused


def _is_kept(made: Made) -> bool:
    """Whether z is kept for the backward pass: small products are faster to compute again."""
    return bool(made.bias) and not is_fused(
        made.z.shape[0], sum(a.shape[1] for a in made.parts), made.z.shape[1]
    )


def _in_blocks(
    step: Step,
    inputs: tf.Tensor,
    init_state: tf.Tensor,
    weights: Tensors,
    block: int,
    apart: bool,
    first: int,
    cut: int | None,
) -> tuple[tf.Tensor, Back]:
    count, names = inputs.shape[0] // block, list(weights)
    in_blocks = tf.reshape(inputs, [count, block, *inputs.shape[1:]])
    trial = Recording(weights)
    step(inputs[0], init_state, trial)  # never computed: only its shapes are used
    kept_of = [index for index, made in enumerate(trial.made) if _is_kept(made)]

    def inputs_of(index: tf.Tensor) -> list[tf.Tensor]:
        of_block: list[tf.Tensor] = tf.unstack(
            tf.gather(in_blocks, kept_apart(index) if apart else index)
        )
        return of_block

    def run_block(index: tf.Tensor, state: tf.Tensor, *arrays: tf.TensorArray) -> tuple[Any, ...]:
        states, begins, *kept = arrays
        begins = begins.write(index, state)
        after: list[tf.Tensor] = []
        zs: list[list[tf.Tensor]] = [[] for _ in kept_of]
        for inputs_t in inputs_of(index):
            layer = Recording(weights)
            state = step(inputs_t, state, layer)
            after.append(state)
            for of_product, which in zip(zs, kept_of, strict=True):
                of_product.append(layer.made[which].z)
        kept = [array.write(index, tf.stack(one)) for array, one in zip(kept, zs, strict=True)]
        return index + 1, state, states.write(index, tf.stack(after)), begins, *kept

    z_shapes = [[block, *trial.made[index].z.shape] for index in kept_of]
    shapes = [[block, *init_state.shape], init_state.shape, *z_shapes]
    arrays = [tf.TensorArray(tf.float32, count, element_shape=shape) for shape in shapes]
    _, _, *arrays = tf.while_loop(
        lambda index, *_: index < count,
        run_block,
        (tf.constant(0), init_state, *arrays),
        maximum_iterations=count,
    )
    states, begins, *kept = (array.stack() for array in arrays)

    def backward(d_states: tf.Tensor) -> Gradients:
        d_blocks = tf.reshape(d_states, [count, block, *d_states.shape[1:]])

        def back_block(
            index: tf.Tensor, d_state: tf.Tensor, d_inputs: tf.TensorArray, *sums: tf.Tensor
        ) -> tuple[Any, ...]:
            known: list[tf.Tensor | None] = [None] * len(trial.made)
            for which, z in zip(kept_of, kept, strict=True):
                known[which] = tf.gather(z, index)
            recorded = _record(step, inputs_of(index), tf.gather(begins, index), weights, known)
            d_outside = tf.unstack(tf.gather(d_blocks, index))
            d_state, d_input, d_weights = _back(
                recorded, d_outside, d_state, weights, first + index * block, cut
            )
            sums = tuple(sum_ + d_weights[name] for sum_, name in zip(sums, names, strict=True))
            return index - 1, d_state, d_inputs.write(index, d_input), *sums

        nothing = tf.TensorArray(tf.float32, count, element_shape=in_blocks.shape[1:])
        zeros = (tf.zeros_like(value) for value in weights.values())
        _, d_state, d_inputs, *sums = tf.while_loop(
            lambda index, *_: index >= 0,
            back_block,
            (tf.constant(count - 1), tf.zeros_like(init_state), nothing, *zeros),
            maximum_iterations=count,
        )
        flat = tf.reshape(d_inputs.stack(), inputs.shape)
        return d_state, flat, dict(zip(names, sums, strict=True))

    return tf.reshape(states, [count * block, *init_state.shape]), backward


def scan_side_by_side(
    step: Step, inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors, cut: int | None = None
) -> tf.Tensor:
    """As `scan`, in many networks at once, on an additional last axis: loops over single steps, so
    that each kernel reads only what fits into the caches; activations are kept for the backward
    pass.
    """
    return _differentiable(partial(_step_by_step, step, cut), inputs, init_state, weights)


def _step_by_step(
    step: Step, cut: int | None, inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors
) -> tuple[tf.Tensor, Back]:
    steps = inputs.shape[0]
    trial = Recording(weights)
    after = step(inputs[0], init_state, trial)  # never computed: only its shapes are used
    is_state = [value is after for made in trial.made for value in made.values]

    def kept(state: tf.Tensor, made: Sequence[Made]) -> list[tf.Tensor]:
        values = [value for one in made for value in one.values]
        return [state, *(value for value, is_it in zip(values, is_state, strict=True) if not is_it)]

    def run_step(t: tf.Tensor, state: tf.Tensor, *arrays: tf.Tensor) -> tuple[tf.Tensor, ...]:
        layer = Recording(weights)
        state = step(tf.gather(inputs, t), state, layer)
        written = (
            write_step(array, one, t)
            for array, one in zip(arrays, kept(state, layer.made), strict=True)
        )
        return t + 1, state, *written

    arrays = [tf.zeros([steps, *one.shape]) for one in kept(after, trial.made)]
    _, _, states, *values = tf.while_loop(
        lambda t, *_: t < steps,
        run_step,
        (tf.constant(0), init_state, *arrays),
        maximum_iterations=steps,
    )

    def backward(d_states: tf.Tensor) -> Gradients:
        units = next(value.shape[1] for made in trial.made for value in made.values)
        of_parts = init_state.shape[1] > units
        in_parts = materialized if of_parts else tf.identity  # reading a slice of all steps is slow

        def back_step(
            t: tf.Tensor, d_state: tf.Tensor, d_inputs: tf.Tensor, *sums: tf.Tensor
        ) -> tuple[Any, ...]:
            before = in_parts(tf.where(t > 0, tf.gather(states, tf.maximum(t - 1, 0)), init_state))
            others = iter(values)
            known = [tf.gather(states if is_it else next(others), t) for is_it in is_state]
            inputs_t, layer = tf.gather(inputs, t), Recording(weights, values=iter(known))
            with tf.GradientTape() as tape:
                tape.watch([inputs_t, before])
                state = step(inputs_t, before, layer)
            d_state, d_input, *d_zs = tape.gradient(
                state,
                [before, inputs_t, *(one.z for one in layer.made)],
                in_parts(d_state + tf.gather(d_states, t)),
                tf.UnconnectedGradients.ZERO,
            )
            more = [
                d
                for one, dz in zip(layer.made, d_zs, strict=True)
                for d in _weight_gradients(one, dz)
            ]
            sums = tuple(sum_ + d for sum_, d in zip(sums, more, strict=True))
            return t - 1, cut_off(d_state, t, cut), write_step(d_inputs, d_input, t), *sums

        nothing = [tf.zeros_like(d) for one in trial.made for d in _weight_gradients(one, one.z)]
        _, d_state, d_inputs, *sums = tf.while_loop(
            lambda t, *_: t >= 0,
            back_step,
            (tf.constant(steps - 1), tf.zeros_like(init_state), tf.zeros_like(inputs), *nothing),
            maximum_iterations=steps,
        )
        # a weight used several times has the sum, an unused weight zero
        d_weights = {name: tf.zeros_like(value) for name, value in weights.items()}
        for one in trial.made:
            if not one.bias:
                d_weights[one.weight] += sums.pop(0)
                continue
            *d_parts, d_bias = (sums.pop(0) for _ in range(len(one.parts) + 1))
            d_weights[one.weight] += joined(d_parts, 0)
            d_weights[one.bias] += d_bias
        return d_state, d_inputs, d_weights

    return states, backward


def scan_any_step(
    step: Step, inputs: tf.Tensor, init_state: tf.Tensor, weights: Tensors, cut: int | None = None
) -> tf.Tensor:
    """As `scan` or `scan_side_by_side`, for steps with any functions of TensorFlow, whose gradients
    it computes."""
    steps = inputs.shape[0]

    def run_step(t: tf.Tensor, state: tf.Tensor, states: tf.TensorArray) -> tuple[Any, ...]:
        before = state if cut is None else tf.where(t % cut == 0, tf.stop_gradient(state), state)
        after = step(tf.gather(inputs, t), before, Layer(weights))
        return t + 1, after, states.write(t, after)

    begin = (
        tf.constant(0),
        init_state,
        tf.TensorArray(tf.float32, steps, element_shape=init_state.shape),
    )
    return tf.while_loop(lambda t, *_: t < steps, run_step, begin, maximum_iterations=steps)[
        2
    ].stack()


def _weight_gradients(made: Made, dz: tf.Tensor) -> list[tf.Tensor]:
    """The gradients to the rows of W of each part, and the gradient to b; or the gradient to the
    weights that scale."""
    if not made.bias:
        return [tf.reduce_sum(made.parts[0] * dz, axis=0, keepdims=True)]
    both = [weight_gradient(part, dz) for part in made.parts]
    return [*(d_weight for d_weight, _ in both), both[0][1]]

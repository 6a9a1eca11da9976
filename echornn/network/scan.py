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

    back       dh0 <-- step 1 <-- dh1 <-- step 2 <-- dh2 <-- ... <-- step T <-- dhT
                         |                 |                         |
                         dz1               dz2                       dzT
                 each step adds the dL/dh from outside, and has its own tape, blind to W and b

    at the end   dW = sum over products of  [parts of step 1; ...; of step T]^T [dz1; ...; dzT]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow import Tensor, TensorArray

from echornn.network.affine import Tensors, is_fused, kept_apart, materialized, write_step
from echornn.network.recording import RecordedStep, Recording, Use, by_weight
from echornn.network.step import Layer, Step


def scan(
    step: Step,
    inputs: Tensor,
    init_state: Tensor,
    weights: Tensors,
    block: int,
    apart: bool = False,
    cut: int | None = None,
) -> Tensor:
    """The states of a single network after each time step, float32 [T, batch, state], from inputs,
    float32 [T, batch, input]. At most ``block`` time steps are unrolled together; ``apart``
    prevents XLA from compiling the loop over blocks as a single kernel; the gradient is cut after
    each ``cut`` time steps, counted from the first.
    """
    length = inputs.shape[0]
    recurrence = Recurrence(step, weights, cut)
    if length <= block:
        states, _ = recurrence.run(Unrolled, inputs, init_state)
        return states

    # The steps that do not fill a block come first
    head = length % block
    blocks = partial(InBlocks, block, apart, head)
    if head == 0:
        states, _ = recurrence.run(blocks, inputs, init_state)
        return states
    head_inputs, tail_inputs = tf.split(inputs, [head, length - head])
    head_states, state = recurrence.run(Unrolled, head_inputs, init_state)
    tail_states, _ = recurrence.run(blocks, tail_inputs, state)
    return tf.concat([head_states, tail_states], axis=0)


def scan_side_by_side(
    step: Step, inputs: Tensor, init_state: Tensor, weights: Tensors, cut: int | None = None
) -> Tensor:
    """As `scan`, in many networks at once, on an additional last axis: loops over single steps, so
    that each kernel reads only what fits into the caches; activations are kept for the backward
    pass.
    """
    states, _ = Recurrence(step, weights, cut).run(SideBySide, inputs, init_state)
    return states


def scan_any_step(
    step: Step, inputs: Tensor, init_state: Tensor, weights: Tensors, cut: int | None = None
) -> Tensor:
    """As `scan` or `scan_side_by_side`, for steps with any functions of TensorFlow, whose gradients
    it computes."""
    steps = inputs.shape[0]

    def run_step(t: Tensor, state: Tensor, states: TensorArray) -> tuple[Tensor, TensorArray]:
        if cut is not None:
            state = tf.where(t % cut == 0, tf.stop_gradient(state), state)
        state = step(tf.gather(inputs, t), state, Layer(weights))
        return state, states.write(t, state)

    states = TensorArray(tf.float32, steps, element_shape=init_state.shape)
    _, states = loop(range(steps), run_step, init_state, states)
    return states.stack()


def loop(numbers: range, run: Callable[..., tuple[Any, ...]], *carried: Any) -> Sequence[Any]:
    """Carry tensors through a run with each number."""

    def is_left(number: Tensor, *_: Any) -> Tensor:
        if numbers.step > 0:
            return number < numbers.stop
        return number > numbers.stop

    def run_next(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        return number + numbers.step, *run(number, *carried)

    begin = tf.constant(numbers.start), *carried
    _, *carried = tf.while_loop(is_left, run_next, begin, maximum_iterations=len(numbers))
    return carried


class Gradients(NamedTuple):
    to_inputs: Tensor
    to_state: Tensor  # before the first step
    to_weights: dict[str, Tensor]


class Recurrence(NamedTuple):
    """A step with its weights, and after how many time steps of a window the gradient is cut."""

    step: Step
    weights: Tensors
    cut: int | None

    def record(
        self,
        inputs: Tensor,
        before: Tensor,
        zs: Mapping[int, Tensor] | None = None,
        values: Iterator[Tensor] | None = None,
    ) -> RecordedStep:
        return RecordedStep(self.step, inputs, before, Recording(self.weights, zs, values))

    def cut_off(self, d_state: Tensor, t: Tensor | int) -> Tensor:
        """The gradient to the state before time step ``t``, or zero if it is cut there."""
        if self.cut is None:
            return d_state
        return tf.where(t % self.cut == 0, tf.zeros_like(d_state), d_state)

    def run(
        self, steps: Callable[..., Any], inputs: Tensor, init_state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The states after `Unrolled` steps, `InBlocks` or steps `SideBySide`, whose own backward
        pass is used; and the last state."""

        def forward(inputs: Tensor, init_state: Tensor, *values: Tensor) -> tuple[Any, Any]:
            weights = dict(zip(self.weights, values, strict=True))
            window = steps(self._replace(weights=weights), inputs, init_state)

            def gradient(d_states: Tensor, d_last: Tensor) -> tuple[Tensor, ...]:
                d_inputs, d_state, d_weights = window.back(d_states, d_last)
                return d_inputs, d_state, *map(d_weights.get, weights)

            return (window.states, window.last), gradient

        values = map(tf.convert_to_tensor, self.weights.values())
        states, last = tf.custom_gradient(forward)(inputs, init_state, *values)
        return states, last


class Unrolled:
    """Steps one after the other, each on its own gradient tape: a single one would add up dW step
    by step.

    Args:
        zs: results that are not computed again, by the number of the use in a step, float32 [steps,
            batch, columns].
    """

    def __init__(
        self,
        recurrence: Recurrence,
        inputs: Tensor,
        init_state: Tensor,
        zs: Mapping[int, Tensor] | None = None,
    ) -> None:
        self._recurrence = recurrence
        self._steps: list[RecordedStep] = []
        self.last = init_state
        for t, inputs_t in enumerate(tf.unstack(inputs)):
            zs_t = {number: z[t] for number, z in (zs or {}).items()}
            step = recurrence.record(inputs_t, self.last, zs_t)
            self._steps.append(step)
            self.last = step.after
        self.states = tf.stack([step.after for step in self._steps])

    def z(self, number: int) -> Tensor:
        """The results of a use in all steps, float32 [steps, batch, columns]."""
        return tf.stack([step.zs[number] for step in self._steps])

    def back(self, d_states: Tensor, d_last: Tensor, begin: Tensor | int = 0) -> Gradients:
        """From the gradients to the states, from outside, and to the last state, from later steps;
        the first step is step ``begin`` of the window."""
        d_outside = tf.unstack(d_states)
        d_state = d_last
        d_inputs: list[Tensor] = []
        d_zs: list[list[Tensor]] = []
        for t in reversed(range(len(self._steps))):
            d_state, d_inputs_t, d_zs_t = self._steps[t].back(d_state + d_outside[t])
            d_state = self._recurrence.cut_off(d_state, begin + t)
            d_inputs.insert(0, d_inputs_t)
            d_zs.insert(0, d_zs_t)
        return Gradients(tf.stack(d_inputs), d_state, self._to_weights(d_zs))

    def _to_weights(self, d_zs: list[list[Tensor]]) -> dict[str, Tensor]:
        """``dW = a^T dz``, of the rows of all steps."""
        d_zs_of_uses = list(zip(*d_zs, strict=True))
        gradients = []
        for number, use in enumerate(self._steps[0].uses):
            parts = [tf.concat(step.uses[number].parts, axis=-1) for step in self._steps]
            rows = use._replace(parts=[tf.concat(parts, axis=0)])
            d_rows = tf.concat(d_zs_of_uses[number], axis=0)
            gradients.append((rows, rows.gradients(d_rows)))
        return by_weight(self._recurrence.weights, gradients)


class InBlocks:
    """A loop over blocks of unrolled steps, of which the first is step ``begin`` of the window."""

    def __init__(
        self,
        block: int,
        apart: bool,
        begin: int,
        recurrence: Recurrence,
        inputs: Tensor,
        init_state: Tensor,
    ) -> None:
        self._count = inputs.shape[0] // block
        self._inputs = tf.reshape(inputs, [self._count, block, *inputs.shape[1:]])
        self._apart = apart
        self._begin = begin
        self._recurrence = recurrence

        # This step is never computed: only its shapes are used
        uses = enumerate(recurrence.record(inputs[0], init_state).uses)
        zs = {number: self._room([block, *use.z.shape]) for number, use in uses if is_kept(use)}
        states = self._room([block, *init_state.shape])
        init_states = self._room(init_state.shape)
        self.last, states, init_states, zs = loop(
            range(self._count), self._run_block, init_state, states, init_states, zs
        )
        self.states = tf.reshape(states.stack(), [inputs.shape[0], *init_state.shape])
        self._init_states = init_states.stack()
        self._zs = tf.nest.map_structure(TensorArray.stack, zs)

    def _room(self, shape: list[int]) -> TensorArray:
        return TensorArray(tf.float32, self._count, element_shape=shape)

    def _block_inputs(self, index: Tensor) -> Tensor:
        if self._apart:
            index = kept_apart(index)
        return tf.gather(self._inputs, index)

    def _run_block(
        self,
        index: Tensor,
        state: Tensor,
        states: TensorArray,
        init_states: TensorArray,
        zs: dict[int, TensorArray],
    ) -> tuple[Any, ...]:
        init_states = init_states.write(index, state)
        block = Unrolled(self._recurrence, self._block_inputs(index), state)
        states = states.write(index, block.states)
        zs = {number: array.write(index, block.z(number)) for number, array in zs.items()}
        return block.last, states, init_states, zs

    def back(self, d_states: Tensor, d_last: Tensor) -> Gradients:
        count, block, *shape = self._inputs.shape
        d_blocks = tf.reshape(d_states, [count, block, *d_states.shape[1:]])
        no_inputs = self._room([block, *shape])
        no_weights = tf.nest.map_structure(tf.zeros_like, self._recurrence.weights)

        def back_block(
            index: Tensor, d_inputs: TensorArray, d_state: Tensor, d_weights: dict[str, Tensor]
        ) -> tuple[Any, ...]:
            init_state = tf.gather(self._init_states, index)
            zs = tf.nest.map_structure(lambda z: tf.gather(z, index), self._zs)
            steps = Unrolled(self._recurrence, self._block_inputs(index), init_state, zs)
            begin = self._begin + index * block
            gradients = steps.back(tf.gather(d_blocks, index), d_state, begin)
            d_inputs = d_inputs.write(index, gradients.to_inputs)
            d_weights = tf.nest.map_structure(tf.add, d_weights, gradients.to_weights)
            return d_inputs, gradients.to_state, d_weights

        d_inputs, d_state, d_weights = loop(
            range(count)[::-1], back_block, no_inputs, d_last, no_weights
        )
        d_inputs = tf.reshape(d_inputs.stack(), [count * block, *shape])
        return Gradients(d_inputs, d_state, d_weights)


def is_kept(use: Use) -> bool:
    """Whether z is kept for the backward pass: small products are faster to compute again."""
    rows, columns = use.z.shape
    inner = sum(part.shape[1] for part in use.parts)
    return bool(use.bias) and not is_fused(rows, inner, columns)


def kept(step: RecordedStep) -> list[Tensor]:
    """The state after a step, and the activations that are not this state."""
    return [step.after, *(value for value in step.values if value is not step.after)]


class SideBySide:
    """Of many networks: a loop over single steps."""

    def __init__(self, recurrence: Recurrence, inputs: Tensor, init_state: Tensor) -> None:
        self._numbers = range(inputs.shape[0])
        self._recurrence = recurrence
        self._inputs = inputs
        self._init_state = init_state

        # This step is never computed: only its shapes are used, and which activations are the state
        step = recurrence.record(inputs[0], init_state)
        self._uses = step.uses
        self._shapes = list(map(Use.gradients, step.uses, step.zs))  # of the gradients
        self._has_several_vectors = init_state.shape[1] > step.values[0].shape[1]
        room = [tf.zeros([len(self._numbers), *value.shape]) for value in kept(step)]
        self.last, (self.states, *others) = loop(self._numbers, self._run_step, init_state, room)

        arrays = iter(others)
        self._values = []
        for value in step.values:
            is_state = value is step.after
            self._values.append(self.states if is_state else next(arrays))

    def _run_step(self, t: Tensor, state: Tensor, arrays: list[Tensor]) -> tuple[Any, ...]:
        step = self._recurrence.record(tf.gather(self._inputs, t), state)
        values = zip(arrays, kept(step), strict=True)
        return step.after, [write_step(array, value, t) for array, value in values]

    def _run_again(self, t: Tensor) -> RecordedStep:
        """A step of which the activations were kept."""
        earlier = tf.gather(self.states, tf.maximum(t - 1, 0))
        before = self._apart(tf.where(t > 0, earlier, self._init_state))
        values = tf.nest.map_structure(lambda array: tf.gather(array, t), self._values)
        return self._recurrence.record(tf.gather(self._inputs, t), before, values=iter(values))

    def back(self, d_states: Tensor, d_last: Tensor) -> Gradients:
        def back_step(
            t: Tensor, d_inputs: Tensor, d_state: Tensor, sums: list[list[Tensor]]
        ) -> tuple[Any, ...]:
            step = self._run_again(t)
            d_after = self._apart(d_state + tf.gather(d_states, t))
            d_state, d_inputs_t, d_zs = step.back(d_after)
            d_state = self._recurrence.cut_off(d_state, t)
            gradients = list(map(Use.gradients, step.uses, d_zs))
            sums = tf.nest.map_structure(tf.add, sums, gradients)
            return write_step(d_inputs, d_inputs_t, t), d_state, sums

        no_inputs = tf.zeros_like(self._inputs)
        nothing = tf.nest.map_structure(tf.zeros_like, self._shapes)
        d_inputs, d_state, sums = loop(self._numbers[::-1], back_step, no_inputs, d_last, nothing)
        gradients = zip(self._uses, sums, strict=True)
        return Gradients(d_inputs, d_state, by_weight(self._recurrence.weights, gradients))

    def _apart(self, state: Tensor) -> Tensor:
        """Apart from those of all steps, from which reading one of several vectors is slow."""
        return materialized(state) if self._has_several_vectors else state

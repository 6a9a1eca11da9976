"""Shares of a population that take turns on a training loop, all in one compiled call: each begins where it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from echornn.training.bptt import Trained, TrainingLoop


class Turns:
    """What each share has of all that training changes, and the call that trains them, one after the other.

    Args:
        loop: trains one share; its variables are what the one whose turn it is has.
        turns: how many shares.

    Attributes:
        values: variables [turns, ...]: what each has of `TrainingLoop.changing`.
    """

    def __init__(self, loop: TrainingLoop, turns: int) -> None:
        self.loop, self.turns = loop, turns
        self.values = [tf.Variable(tf.stack([tf.convert_to_tensor(one)] * turns)) for one in loop.changing]
        self._function = tf.function(self._run, jit_compile=True, autograph=False)
        self._compiled: Any = None

    def __call__(self, x: tf.Tensor, y: tf.Tensor, calls: tf.Tensor) -> Trained:
        """Train some windows of each share; the first call compiles.

        Args:
            x, y: uint8 [turns * steps, batch, ...], the shares' data end to end.
            calls: int32 [turns, ...], for each share what `TrainingLoop` must know of a call.

        Returns:
            As of the loop, [turns, ...].
        """
        if self._compiled is None:
            self._compiled = self._function.get_concrete_function(x, y, calls)
        trained: Trained = self._compiled(x, y, calls)
        return trained

    @property
    def compilations(self) -> int:
        """How often it was traced so far, to be compiled."""
        count: int = self._function.experimental_get_tracing_count()
        return count

    def assign(self, values: Sequence[npt.NDArray[Any]]) -> None:
        """Go on from these, [turns, ...] each, in the order of `values`."""
        for variable, value in zip(self.values, values, strict=True):
            variable.assign(value)

    def _run(self, x: tf.Tensor, y: tf.Tensor, calls: tf.Tensor) -> Trained:
        steps = x.shape[0] // self.turns

        def train_next(turn: tf.Tensor, *arrays: tf.TensorArray) -> tuple[Any, ...]:
            for variable, values in zip(self.loop.changing, arrays, strict=False):
                variable.assign(values.read(turn))
            trained = self.loop.train(x, y, tf.gather(calls, turn), turn * steps)
            after = [*map(tf.convert_to_tensor, self.loop.changing), *trained]
            return turn + 1, *(array.write(turn, value) for array, value in zip(arrays, after, strict=True))

        before = [self._array(variable.dtype, variable.shape[1:]).unstack(variable) for variable in self.values]
        nothing = [self._array(one.dtype, one.shape) for one in self.loop.nothing()]
        _, *arrays = tf.while_loop(
            lambda turn, *_: turn < self.turns,
            train_next,
            (tf.constant(0), *before, *nothing),
            maximum_iterations=self.turns,
        )
        whole = [array.stack() for array in arrays]
        for variable, value in zip(self.values, whole, strict=False):
            variable.assign(value)
        return Trained(*whole[len(self.values) :])

    def _array(self, dtype: tf.DType, shape: Sequence[int]) -> tf.TensorArray:
        return tf.TensorArray(dtype, self.turns, element_shape=shape, clear_after_read=False)

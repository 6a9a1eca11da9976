"""Trains several shards of a population one after the other in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from echornn.training.bptt import LoopOutput, TrainingLoop
from echornn.training.kept_programs import first_call


class ShardsInTurn:
    """A compiled call that trains some shards one after the other, each from where it ended.

    Args:
        loop: trains one shard; its variables hold that shard's values while it trains.
        turns: the number of shards of a call.
    """

    def __init__(self, loop: TrainingLoop, turns: int) -> None:
        self.loop, self._turns = loop, turns
        self._function = tf.function(self._run, jit_compile=True, autograph=False)
        self._compiled: Any = None

    def __call__(
        self, values: list[tf.Tensor], x: tf.Tensor, y: tf.Tensor, calls: tf.Tensor, *scored: tf.Tensor
    ) -> tuple[list[tf.Tensor], LoopOutput]:
        """Train some windows of each shard; the first call compiles.

        Args:
            values: [turns, ...], for each shard the values of `TrainingLoop.changing`.
            x, y: [turns * steps, batch, ...], the data of the shards, end to end; see `TrainingLoop.train`.
            calls: int32 [turns, ...], for each shard the numbers that `TrainingLoop.train` needs; these may request no
                windows.
            scored: bool [turns * steps, batch, ...], the steps that count; not given if all do.

        Returns:
            The values after training, and the loop's results, [turns, ...].
        """
        count = len(values)
        if self._compiled is None:
            self._function, self._compiled, results = first_call(self._function, values, x, y, calls, *scored)
        else:
            results = self._compiled(values, x, y, calls, *scored)
        return results[:count], LoopOutput(*results[count:])

    @property
    def compilations(self) -> int:
        """How many times the call was traced and compiled so far."""
        count: int = self._function.experimental_get_tracing_count()
        return count

    def _run(
        self, values: Sequence[tf.Tensor], x: tf.Tensor, y: tf.Tensor, calls: tf.Tensor, *scored: tf.Tensor
    ) -> list[tf.Tensor]:
        steps = x.shape[0] // self._turns
        changing = self.loop.changing

        def train_next(turn: tf.Tensor, *arrays: tf.TensorArray) -> tuple[Any, ...]:
            for variable, array in zip(changing, arrays, strict=False):
                variable.assign(array.read(turn))
            trained = self.loop.train(x, y, tf.gather(calls, turn), turn * steps, *scored)
            after = [*map(tf.convert_to_tensor, changing), *trained]
            return turn + 1, *(array.write(turn, value) for array, value in zip(arrays, after, strict=True))

        before = [self._array(value.dtype, value.shape[1:]).unstack(value) for value in values]
        nothing = [self._array(one.dtype, one.shape) for one in self.loop.nothing()]
        _, *arrays = tf.while_loop(
            lambda turn, *_: turn < self._turns,
            train_next,
            (tf.constant(0), *before, *nothing),
            maximum_iterations=self._turns,
        )
        return [array.stack() for array in arrays]

    def _array(self, dtype: tf.DType, shape: Sequence[int]) -> tf.TensorArray:
        return tf.TensorArray(dtype, self._turns, element_shape=shape, clear_after_read=False)

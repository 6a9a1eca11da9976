"""Divides the replicas of a population into shards (computed side by side), which a call trains one after the other.

Side by side, a window costs a fixed 10 us for its small kernels, and about 1 us per network (tutorial's sizes, one
core). Fewer than `LEAST` networks are faster one by one; with more than `MOST`, cache misses cancel the gain. Larger
networks (`is_trained_alone`) gain nothing side by side, so each forms a shard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.shapes import is_trained_alone
from echornn.training.bptt import LoopOutput, TrainingLoop
from echornn.training.kept_programs import first_call
from echornn.training.threads import MAX_WINDOWS_PER_CALL

LEAST, MOST = 8, 128
"""The fewest and the most replicas of a shard that are trained side by side."""

VECTOR = 8
"""The replicas that a vector operation of the processor computes; a shard is filled up to a multiple of this."""

TURNS = 8
"""The most shards of a call: enough to make the fixed cost of a call, 0.4 ms, negligible."""

LOSSES_PER_CALL = 1 << 16
"""The most losses that a call returns; it allocates memory for all of them, however few windows it trains."""

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Shards:
    """The division of replicas, in order, into calls and shards; unused places repeat the last replica.

    Attributes:
        replicas: the number of replicas.
        calls: the number of calls that together train all replicas once.
        turns: the number of shards that each call trains.
        places: the number of replicas side by side in a shard; 0 if each is trained alone, without an axis of replicas.
    """

    replicas: int
    calls: int
    turns: int
    places: int

    @classmethod
    def of(cls, config: EchoConfig, replicas: int, at_once: int) -> Shards:
        """The fastest division for this structure, if ``at_once`` calls run at the same time on different
        processors.
        """
        each = -(-replicas // at_once)
        size = 1 if is_trained_alone(config) or each < LEAST else MOST
        shards = at_once * -(-each // size)
        calls = at_once * -(-shards // (at_once * TURNS))
        if size == 1:
            turns = -(-replicas // calls)
            return cls(replicas, -(-replicas // turns), turns, 0)
        turns = -(-shards // calls)
        places = -(-replicas // (calls * turns * VECTOR)) * VECTOR
        return cls(replicas, -(-replicas // (turns * places)), turns, places)

    @property
    def room(self) -> int:
        """The number of shards in the arrays of a call: a power of two, so that few programs are compiled for all
        sizes.
        """
        return 1 << (self.turns - 1).bit_length()

    @property
    def windows_per_call(self) -> int:
        """The most windows that a call trains in each replica."""
        return min(MAX_WINDOWS_PER_CALL, LOSSES_PER_CALL // (self.room * self._size))

    @property
    def _size(self) -> int:
        """The number of replicas in a shard."""
        return self.places or 1

    def filled(self, values: Sequence[Any]) -> list[list[list[Any]]]:
        """The replicas' values, arranged as [call][shard][place]."""
        last = len(values) - 1

        def shard(call: int, turn: int) -> list[Any]:
            begin = (call * self.turns + turn) * self._size
            return [values[min(index, last)] for index in range(begin, begin + self._size)]

        return [[shard(call, turn) for turn in range(self.turns)] for call in range(self.calls)]

    def placed(self, values: Values) -> list[Values]:
        """The replicas' values, [replicas, ...], arranged for each call: [room, ..., places]."""
        vacant = self.calls * self.turns * self._size - self.replicas
        whole = np.concatenate([values, *[values[-1:]] * vacant])
        whole = whole.reshape(self.calls, self.turns, self._size, *values.shape[1:])
        whole = np.concatenate([whole, *[whole[:, -1:]] * (self.room - self.turns)], axis=1)
        return list(np.moveaxis(whole, 2, -1) if self.places else whole[:, :, 0])

    def first(self, of_calls: Sequence[Values]) -> Values:
        """The values of the calls, [room, ..., places], arranged with replicas first: [replicas, ...]."""
        whole = self._with_turns(of_calls)
        if self.places:
            whole = np.moveaxis(whole, -1, 1).reshape(-1, *whole.shape[1:-1])
        return whole[: self.replicas]

    def last(self, of_calls: Sequence[Values]) -> Values:
        """The values of the calls, [room, ..., places], arranged with replicas last: [..., replicas]."""
        whole = self._with_turns(of_calls)
        if not self.places:
            return whole[: self.replicas].transpose(*range(1, whole.ndim), 0)
        turns, *shape, places = whole.shape
        return np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)[..., : self.replicas]

    def _with_turns(self, of_calls: Sequence[Values]) -> Values:
        """The shards of all calls, without unused shards."""
        return np.concatenate([one[: self.turns] for one in of_calls])


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

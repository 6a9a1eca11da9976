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

from echornn.config import EchoConfig
from echornn.network.shapes import is_trained_alone
from echornn.training.call_sizes import MAX_WINDOWS_PER_CALL

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

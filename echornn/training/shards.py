"""Divides the replicas of a population into shards that are computed together, and shards that take turns.

Side by side, a window costs a fixed 10 us, for its small kernels, and about 1 us for each network (tutorial's sizes,
one core): fewer networks than `LEAST` are faster one by one, and beyond `MOST` cache misses cancel the gain. Larger
networks (`REPLICA_LIMIT`) gain nothing from a shared kernel: each forms its own shard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.product import REPLICA_LIMIT
from echornn.network.shapes import largest_product
from echornn.training.bptt import MAX_WINDOWS_PER_CALL

LEAST, MOST = 8, 128
"""The least and the most replicas that are trained side by side."""

VECTOR = 8
"""Replicas that one vector operation of the processor handles; a shard is filled up to a multiple of it."""

TURNS = 8
"""The most shards of a call: enough to make the cost of a call, 0.4 ms, negligible."""

LOSSES_PER_CALL = 1 << 16
"""The most losses that a call returns: it allocates room for all of them, however few windows it trains."""

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Shards:
    """The division of replicas, in their order, into calls and shards; unused places are filled with the last replica.

    Attributes:
        replicas: the number of replicas.
        calls: the number of calls that together train all replicas.
        turns: the number of shards that each call trains.
        places: the replicas side by side in a shard; 0 if each is trained alone, without an axis of replicas.
    """

    replicas: int
    calls: int
    turns: int
    places: int

    @classmethod
    def of(cls, config: EchoConfig, replicas: int, at_once: int) -> Shards:
        """The fastest division for this structure, if so many calls run at the same time, each on a processor."""
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
        """The shards that a call has room for, a power of two, so that few programs serve any number of replicas."""
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
        """Values by replica, arranged as [call][shard][place]."""
        last = len(values) - 1

        def shard(call: int, turn: int) -> list[Any]:
            begin = (call * self.turns + turn) * self._size
            return [values[min(index, last)] for index in range(begin, begin + self._size)]

        return [[shard(call, turn) for turn in range(self.turns)] for call in range(self.calls)]

    def placed(self, values: Values) -> list[Values]:
        """Values [replicas, ...], arranged for each call: [room, ..., places]."""
        vacant = self.calls * self.turns * self._size - self.replicas
        whole = np.concatenate([values, *[values[-1:]] * vacant])
        whole = whole.reshape(self.calls, self.turns, self._size, *values.shape[1:])
        whole = np.concatenate([whole, *[whole[:, -1:]] * (self.room - self.turns)], axis=1)
        return list(np.moveaxis(whole, 2, -1) if self.places else whole[:, :, 0])

    def first(self, of_calls: Sequence[Values]) -> Values:
        """The values of the calls, [room, ..., places], with replicas first: [replicas, ...]."""
        whole = self._with_turns(of_calls)
        if self.places:
            whole = np.moveaxis(whole, -1, 1).reshape(-1, *whole.shape[1:-1])
        return whole[: self.replicas]

    def last(self, of_calls: Sequence[Values]) -> Values:
        """The values of the calls, [room, ..., places], with replicas last: [..., replicas]."""
        whole = self._with_turns(of_calls)
        if not self.places:
            return whole[: self.replicas].transpose(*range(1, whole.ndim), 0)
        turns, *shape, places = whole.shape
        return np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)[..., : self.replicas]

    def _with_turns(self, of_calls: Sequence[Values]) -> Values:
        """The shards of all calls, without unused ones."""
        return np.concatenate([one[: self.turns] for one in of_calls])


def is_trained_alone(config: EchoConfig) -> bool:
    """Whether networks of this structure are so large that any number of them is faster one after the other."""
    return largest_product(config) > REPLICA_LIMIT

"""Divides the replicas of a population into shares that are computed together, and shares that take turns.

Side by side, a window costs a fixed 10 us, for its small kernels, and about 1 us for each network (tutorial's sizes,
one core): below `LEAST` networks each alone is faster, and beyond `MOST` the caches take what is gained.
Larger networks (`REPLICA_LIMIT`) gain nothing from a shared kernel: each is a share of its own.
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
"""Replicas that are trained side by side."""

VECTOR = 8
"""Replicas that one operation of the processor takes; a share is filled up to a multiple of it."""

TURNS = 8
"""Most shares of a call: enough for what a call costs, 0.4 ms, not to matter."""

LOSSES_PER_CALL = 1 << 16
"""Most that a call returns: it makes room for all of them, however few windows it trains."""

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Shares:
    """Room for replicas, in their order; what is left over is filled with the last one.

    Attributes:
        replicas: how many there are.
        calls: how many calls train them all.
        turns: shares that each of these trains.
        places: replicas side by side in a share; 0 where each is trained alone, and has no axis of replicas.
    """

    replicas: int
    calls: int
    turns: int
    places: int

    @classmethod
    def of(cls, config: EchoConfig, replicas: int, at_once: int) -> Shares:
        """The fastest for this structure, where so many calls run at once, each on a processor."""
        each = -(-replicas // at_once)
        size = 1 if is_trained_alone(config) or each < LEAST else MOST
        shares = at_once * -(-each // size)
        calls = at_once * -(-shares // (at_once * TURNS))
        if size == 1:
            turns = -(-replicas // calls)
            return cls(replicas, -(-replicas // turns), turns, 0)
        turns = -(-shares // calls)
        places = -(-replicas // (calls * turns * VECTOR)) * VECTOR
        return cls(replicas, -(-replicas // (turns * places)), turns, places)

    @property
    def room(self) -> int:
        """Shares that a call has room for, a power of two: so that few programs serve any number of replicas."""
        return 1 << (self.turns - 1).bit_length()

    @property
    def windows_per_call(self) -> int:
        """Most windows that a call trains in each replica."""
        return min(MAX_WINDOWS_PER_CALL, LOSSES_PER_CALL // (self.room * self._size))

    @property
    def _size(self) -> int:
        """Replicas in a share."""
        return self.places or 1

    def filled(self, values: Sequence[Any]) -> list[list[list[Any]]]:
        """Values by replica as [call][share with a turn][place]."""
        last = len(values) - 1

        def share(call: int, turn: int) -> list[Any]:
            begin = (call * self.turns + turn) * self._size
            return [values[min(index, last)] for index in range(begin, begin + self._size)]

        return [[share(call, turn) for turn in range(self.turns)] for call in range(self.calls)]

    def placed(self, values: Values) -> list[Values]:
        """[replicas, ...] as each call has it: [room, ..., places]."""
        vacant = self.calls * self.turns * self._size - self.replicas
        whole = np.concatenate([values, *[values[-1:]] * vacant])
        whole = whole.reshape(self.calls, self.turns, self._size, *values.shape[1:])
        whole = np.concatenate([whole, *[whole[:, -1:]] * (self.room - self.turns)], axis=1)
        return list(np.moveaxis(whole, 2, -1) if self.places else whole[:, :, 0])

    def first(self, of_calls: Sequence[Values]) -> Values:
        """What the calls have, [room, ..., places], with replicas first: [replicas, ...]."""
        whole = self._with_turns(of_calls)
        if self.places:
            whole = np.moveaxis(whole, -1, 1).reshape(-1, *whole.shape[1:-1])
        return whole[: self.replicas]

    def last(self, of_calls: Sequence[Values]) -> Values:
        """What the calls have, [room, ..., places], with replicas last: [..., replicas]."""
        whole = self._with_turns(of_calls)
        if not self.places:
            return np.moveaxis(whole[: self.replicas], 0, -1)
        turns, *shape, places = whole.shape
        return np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)[..., : self.replicas]

    def _with_turns(self, of_calls: Sequence[Values]) -> Values:
        """Shares of all calls, without the room left over."""
        return np.concatenate([one[: self.turns] for one in of_calls])


def is_trained_alone(config: EchoConfig) -> bool:
    """Whether networks of this structure are so large that any number of them is faster one after the other."""
    return largest_product(config) > REPLICA_LIMIT

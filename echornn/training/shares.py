"""How the replicas of a population are shared out: side by side in shares, which take turns on each processor.

Side by side, a window costs a fixed 33 us, for its 260 small kernels, and about 1 us for each network (tutorial's
sizes, one core): below `LEAST` networks each alone is faster, and beyond `MOST` the caches take what is gained.
Larger networks (`REPLICA_LIMIT`) gain nothing from a shared kernel: each is a share of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.model import weight_shapes
from echornn.network.product import REPLICA_LIMIT
from echornn.training.bptt import MAX_WINDOWS_PER_CALL

LEAST, MOST = 8, 128
"""Replicas that are trained side by side."""

VECTOR = 8
"""Replicas that one operation of the processor takes; a share is filled up to a multiple of it."""

LOSSES_PER_CALL = 1 << 20
"""Most that a call of one processor returns, where it trains more than a few windows."""

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Shares:
    """Places for replicas, in their order; the last replica fills those left over.

    Attributes:
        replicas: how many there are.
        seats: processors that have some of them.
        turns: shares of each seat.
        places: replicas side by side in a share; 0 where each is trained alone, and has no axis of replicas.
    """

    replicas: int
    seats: int
    turns: int
    places: int

    @classmethod
    def of(cls, config: EchoConfig, replicas: int, at_once: int) -> Shares:
        """The fastest for this structure, where so many processors work."""
        largest = max(rows * columns for rows, columns in weight_shapes(config).values()) * config.batch_size
        each = -(-replicas // at_once)
        if largest > REPLICA_LIMIT or each < LEAST:
            return cls(replicas, -(-replicas // each), each, 0)
        turns = -(-each // MOST)
        places = -(-replicas // (at_once * turns * VECTOR)) * VECTOR
        return cls(replicas, -(-replicas // (turns * places)), turns, places)

    @property
    def windows_per_call(self) -> int:
        """Most windows that a call trains in each replica."""
        return max(64, min(MAX_WINDOWS_PER_CALL, LOSSES_PER_CALL // (self.turns * self._size)))

    @property
    def _size(self) -> int:
        """Replicas in a share."""
        return self.places or 1

    def filled(self, values: Sequence[Any]) -> list[list[list[Any]]]:
        """Values by replica as [seat][turn][place]."""
        last = len(values) - 1

        def share(seat: int, turn: int) -> list[Any]:
            begin = (seat * self.turns + turn) * self._size
            return [values[min(index, last)] for index in range(begin, begin + self._size)]

        return [[share(seat, turn) for turn in range(self.turns)] for seat in range(self.seats)]

    def placed(self, values: Values) -> list[Values]:
        """[replicas, ...] as each seat has it: [turns, ..., places]."""
        vacant = self.seats * self.turns * self._size - self.replicas
        whole = np.concatenate([values] + [values[-1:]] * vacant) if vacant else values
        if not self.places:
            return list(whole.reshape(self.seats, self.turns, *values.shape[1:]))
        return list(np.moveaxis(whole.reshape(self.seats, self.turns, self.places, *values.shape[1:]), 2, -1))

    def first(self, of_seats: Sequence[Values]) -> Values:
        """What the seats have, [turns, ..., places], with replicas first: [replicas, ...]."""
        whole = np.concatenate(of_seats)
        if not self.places:
            return whole[: self.replicas]
        return np.moveaxis(whole, -1, 1).reshape(-1, *whole.shape[1:-1])[: self.replicas]

    def last(self, of_seats: Sequence[Values]) -> Values:
        """What the seats have, [turns, ..., places], with replicas last: [..., replicas]."""
        whole = np.concatenate(of_seats)
        if not self.places:
            return np.moveaxis(whole[: self.replicas], 0, -1)
        turns, *shape, places = whole.shape
        return np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)[..., : self.replicas]

"""How the replicas of a population are shared out: so many in a call, as many calls at once as there are processors.

Side by side, a window costs a fixed 33 us, for its 260 small kernels, and about 1 us for each network (tutorial's
sizes, one core): below `LEAST` networks each alone is faster, and beyond `MOST` the caches take what is gained.
Larger networks (`REPLICA_LIMIT`) gain nothing from a shared kernel, and take turns too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.model import carried_size, initial_weights, weight_shapes
from echornn.network.product import REPLICA_LIMIT
from echornn.progress import Floats
from echornn.training.bptt import TrainingLoop

LEAST, MOST = 8, 128
"""Replicas that are trained in one call."""

VECTOR = 8
"""Replicas that one operation of the processor takes; a share is filled up to a multiple of it."""


class Values(NamedTuple):
    """All that a call changes, replicas on the first axis."""

    weights: dict[str, Floats]
    optimizer: tuple[npt.NDArray[Any], ...]
    carried_state: Floats


def share_size(config: EchoConfig, replicas: int, at_once: int) -> int:
    """Places in a share; 0 where each replica is trained alone.

    Args:
        config: the structure.
        replicas: how many there are in all.
        at_once: calls that can run beside each other.
    """
    largest = max(rows * columns for rows, columns in weight_shapes(config).values()) * config.batch_size
    each = -(-replicas // at_once)
    if largest > REPLICA_LIMIT or each < LEAST:
        return 0
    shares = at_once * -(-each // MOST)  # as many for each processor
    return -(-replicas // (shares * VECTOR)) * VECTOR


class Share:
    """Some replicas, trained in one call: side by side, or one alone.

    Attributes:
        configs: what each trains.
        places: what a call holds; the last replica fills those left over. 0 where one is trained alone.
        device: where its data are to be, TensorFlow's name.
        values: what its next call begins with; None while a `Seat` has it.
    """

    def __init__(self, configs: Sequence[EchoConfig], places: int, device: str) -> None:
        self.configs = tuple(configs)
        self.places = places
        self.device = device
        self.values: Values | None = None

    @property
    def filled(self) -> tuple[EchoConfig, ...]:
        """The configurations of all places."""
        return self.configs + self.configs[-1:] * (self.places - len(self.configs))

    @property
    def rates(self) -> Floats:
        """Learning rates, float32 [replicas]."""
        return np.array([config.learning_rate for config in self.configs], np.float32)

    def placed(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """[replicas, ...] as the loop has them: filled up, and last."""
        if not self.places:
            return np.asarray(values[0])
        filled: npt.NDArray[Any] = np.concatenate([values] + [values[-1:]] * (self.places - len(values)))
        return np.moveaxis(filled, 0, -1)

    def taken(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What the loop has as [replicas, ...]; one number for all is repeated."""
        if not self.places:
            return values[np.newaxis]
        every = np.broadcast_to(values, (self.places,)) if values.ndim == 0 else np.moveaxis(values, -1, 0)
        return every[: len(self.configs)].copy()

    def start(self, draw: int, fresh: Sequence[npt.NDArray[Any]]) -> Values:
        """Initial weights, a fresh optimizer, a state of zeros.

        Args:
            draw: which of each seed's random starts.
            fresh: the optimizer's variables as the loop was made with them, see `TrainingLoop.fresh_optimizer`.
        """
        each = [initial_weights(config, draw) for config in self.configs]
        iteration, _, *slots = map(self.taken, fresh)
        weights = {name: np.stack([one[name] for one in each]) for name in each[0]}
        config = self.configs[0]
        zeros = np.zeros((len(each), config.batch_size, carried_size(config)), np.float32)
        return Values(weights, (iteration, self.rates, *slots), zeros)


class Seat:
    """A compiled loop and the share that it holds: values move only where several shares take turns on it."""

    def __init__(self, loop: TrainingLoop) -> None:
        self.loop = loop
        self._share: Share | None = None

    def hold(self, share: Share) -> None:
        """Let the loop have this share's values."""
        if self._share is share and share.values is None:
            return
        if self._share is not None and self._share.values is None:
            self._share.values = self.read(self._share)
        assert share.values is not None
        loop = self.loop
        for name, variable in loop.model.weights.items():
            variable.assign(share.placed(share.values.weights[name]))
        iteration, *others = zip(loop.optimizer_variables, share.values.optimizer, strict=True)
        iteration[0].assign(iteration[1][0])
        for variable, value in others:
            variable.assign(share.placed(value))
        loop.carried_state.assign(share.placed(share.values.carried_state))
        self._share, share.values = share, None

    def read(self, share: Share) -> Values:
        """The values of a share of this seat, wherever they are."""
        if share.values is not None:
            return share.values
        loop = self.loop
        return Values(
            {name: share.taken(variable.numpy()) for name, variable in loop.model.weights.items()},
            tuple(share.taken(variable.numpy()) for variable in loop.optimizer_variables),
            share.taken(loop.carried_state.numpy()),
        )

"""The state of networks: everything that determines their further training, as plain numbers and arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.progress import Floats, Progress


@dataclass(frozen=True, eq=False)
class TrainerState:
    """Everything that determines a network's further training, bit for bit: as `PopulationState`, without the axis of
    replicas.
    """

    config: EchoConfig
    epoch: int
    window: int
    data_version: int
    init_index: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]
    influence: dict[str, Floats] = field(default_factory=dict)

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite; training cannot continue otherwise."""
        return all(bool(np.isfinite(array).all()) for array in self.weights.values())


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Everything that determines a population's further training, bit for bit. Replicas are the first axis of each
    array. A single network is a population of one.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the position of the next window to train, both from 0, the same for all replicas.
        data_version: how many times new data has been drawn.
        init_index: the number of the initial weights, from 0.
        weights: float32 [replicas, ...] by name.
        carried_state: float32 [replicas, batch_size, carried], the states after the last window.
        optimizer: the optimizer's variables (iteration count, learning rate, slots), [replicas, ...], in Keras' order.
        solved: when each replica solved the task.
        influence: the arrays that the learning rule carries besides the state, float32 [replicas, ...] by name; none
            with tbptt.
    """

    configs: tuple[EchoConfig, ...]
    epoch: int
    window: int
    data_version: int
    init_index: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]
    solved: SolvedAt
    influence: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of_one(cls, state: TrainerState) -> PopulationState:
        """The state of a population of only this network, in which the window that solved the task is unknown."""
        place = (state.epoch, state.window, state.data_version, state.init_index)
        return cls((state.config,), *place, solved=SolvedAt.unknown(1), **_each(state, lambda one: one[np.newaxis]))

    @property
    def config(self) -> EchoConfig:
        """The first replica's configuration, with the number of replicas. It describes all replicas if their seeds are
        consecutive and nothing else differs.
        """
        return dataclasses.replace(self.configs[0], replicas=len(self.configs))

    @property
    def is_finite(self) -> bool:
        """Whether at least one replica has only finite weights; training cannot continue otherwise."""
        replicas = len(self.configs)
        finite = [np.isfinite(array.reshape(replicas, -1)).all(axis=1) for array in self.weights.values()]
        return bool(np.logical_and.reduce(finite).any())

    def of(self, replica: int) -> TrainerState:
        """The state of one replica; a `Trainer` of its configuration can restore it and train it alone."""
        place = (self.epoch, self.window, self.data_version, self.init_index)
        return TrainerState(self.configs[replica], *place, **_each(self, lambda one: one[replica]))

    def only(self, replicas: Sequence[int]) -> PopulationState:
        """The state of a population of only these replicas, in this order."""
        which = list(replicas)
        configs = tuple(self.configs[replica] for replica in which)
        arrays = _each(self, lambda one: one[which])
        return dataclasses.replace(self, configs=configs, solved=self.solved.only(which), **arrays)


def _each(state: TrainerState | PopulationState, change: Callable[[npt.NDArray[Any]], Any]) -> dict[str, Any]:
    """The changed arrays of a state, by field."""
    return {
        "weights": {name: change(one) for name, one in state.weights.items()},
        "carried_state": change(state.carried_state),
        "optimizer": tuple(change(np.asarray(one)) for one in state.optimizer),
        "influence": {name: change(one) for name, one in state.influence.items()},
    }


@dataclass(frozen=True)
class UnlikeRecord:
    """The first window whose loss differed when it was trained again.

    Attributes:
        window: the window's number along the path, from 1.
        recorded, again: the recorded loss, and the loss when trained again, in nats.
    """

    window: int
    recorded: float
    again: float

    def __str__(self) -> str:
        """A sentence about the difference, with enough digits to show it; 9 distinguish all float32 values."""
        for digits in range(3, 10):
            recorded, again = f"{self.recorded:.{digits}g}", f"{self.again:.{digits}g}"
            if recorded != again:
                break
        return f"not as it was: loss {again} in window {self.window:,}, {recorded} on record"


def first_unlike(before: int, recorded: Floats, again: Floats) -> UnlikeRecord | None:
    """The first window whose loss differs from the record; None if there is none.

    Args:
        before: the number of windows on the path before the first of these.
        recorded: the recorded losses, float32 [n] or [n, replicas]; NaN for windows missing in the log.
        again: the losses when trained again, of the same shape.
    """
    unlike = ~np.isnan(recorded) & (recorded != again)
    if not unlike.any():
        return None
    first = int(np.flatnonzero(unlike.reshape(len(unlike), -1).any(axis=1))[0])
    which = unlike[first]
    return UnlikeRecord(before + first + 1, float(recorded[first][which].flat[0]), float(again[first][which].flat[0]))


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at one position of its run, for the probes.

    Attributes:
        state: the trainer's state at this position, with its configuration.
        branch, window: the position: the branch, and the number of windows along its path.
        progress: the newest window with its data; None if the branch has no window here.
        before: the weights, by name, some windows earlier on the same path; None if unknown.
        windows_since: the number of windows between the earlier weights and this position.
        unlike: the first window that was trained again with another loss than recorded; None if there is none.
    """

    state: TrainerState
    branch: int = 0
    window: int = 0
    progress: Progress | None = None
    before: dict[str, Floats] | None = None
    windows_since: int = 0
    unlike: UnlikeRecord | None = None

"""The state of networks: everything that determines their further training, as plain numbers and
arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.solved import SolvedAt


@dataclass(frozen=True, eq=False)
class TrainerState:
    """As `PopulationState`, without the axis of replicas."""

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
        return all(bool(np.isfinite(array).all()) for array in self.weights.values())


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Everything that determines a population's further training, bit for bit. Replicas are the
    first axis of each array. A single network is a population of one.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the position of the next window to train, both from 0.
        data_version: how many times new data has been drawn.
        init_index: the number of the initial weights, from 0.
        weights: float32 [replicas, ...] by name.
        carried_state: float32 [replicas, batch_size, carried], the states after the last window.
        optimizer: the optimizer's variables (iteration count, learning rate, slots), [replicas,
            ...], in Keras' order.
        solved: when each replica solved the task.
        influence: what the learning rule carries besides, float32 [replicas, ...] by name; none
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
        """A population of only this network, in which the window that solved the task is
        unknown."""
        arrays = _changed(state, lambda array: array[np.newaxis])
        return cls((state.config,), solved=SolvedAt.unknown(1), **arrays)

    @property
    def config(self) -> EchoConfig:
        return dataclasses.replace(self.configs[0], replicas=len(self.configs))

    @property
    def is_finite(self) -> bool:
        """Whether at least one replica has only finite weights; training cannot continue
        otherwise."""
        replicas = len(self.configs)
        is_finite = np.ones(replicas, np.bool_)
        for weight in self.weights.values():
            is_finite &= np.isfinite(weight.reshape(replicas, -1)).all(axis=1)
        return bool(is_finite.any())

    def of(self, replica: int) -> TrainerState:
        arrays = _changed(self, lambda array: array[replica])
        return TrainerState(self.configs[replica], **arrays)

    def only(self, replicas: Sequence[int]) -> PopulationState:
        which = list(replicas)
        configs = tuple(self.configs[replica] for replica in which)
        arrays = _changed(self, lambda array: array[which])
        return dataclasses.replace(self, configs=configs, solved=self.solved.only(which), **arrays)


def _changed(
    state: TrainerState | PopulationState, change: Callable[[npt.NDArray[Any]], Any]
) -> dict[str, Any]:
    """The fields that both kinds of states have, with changed arrays."""
    return {
        "epoch": state.epoch,
        "window": state.window,
        "data_version": state.data_version,
        "init_index": state.init_index,
        "weights": {name: change(weight) for name, weight in state.weights.items()},
        "carried_state": change(state.carried_state),
        "optimizer": tuple(change(np.asarray(variable)) for variable in state.optimizer),
        "influence": {name: change(array) for name, array in state.influence.items()},
    }


@dataclass(frozen=True)
class UnlikeRecord:
    """The first window whose loss differed when it was trained again; its number along the path is
    from 1."""

    window: int
    recorded: float
    again: float

    def __str__(self) -> str:
        """A sentence about the difference; 9 digits distinguish all float32 values."""
        again = f"loss {self.again:.9g} in window {self.window:,}"
        return f"not as it was: {again}, {self.recorded:.9g} on record"


def first_unlike(before: int, recorded: Floats, again: Floats) -> UnlikeRecord | None:
    """The first window whose loss, float32 [n] or [n, replicas], differs from the record, which has
    NaN for windows missing in the log; ``before`` windows of the path come before these.
    """
    places = np.argwhere(~np.isnan(recorded) & (recorded != again))
    if not len(places):
        return None
    first = tuple(places[0])
    return UnlikeRecord(before + int(first[0]) + 1, float(recorded[first]), float(again[first]))


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at one position of its run, for the probes."""

    state: TrainerState
    branch: int = 0
    window: int = 0  # along the branch's path
    progress: Progress | None = None  # the newest window with its data
    # The weights, by name, some windows earlier on the same path
    before: dict[str, Floats] | None = None
    windows_since: int = 0  # between the earlier weights and this position
    unlike: UnlikeRecord | None = None
    # All networks that are trained side by side, of which this is one; None if it is alone
    population: PopulationState | None = None
    beside: Snapshot | None = None  # another of these networks at the same position

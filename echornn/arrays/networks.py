"""Networks of a run as arrays: all after the same window of a path, or each after the window at
which it was solved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.arrays.facts import network_at, network_facts, numbers_of
from echornn.arrays.retraining import Retraining, StateThere
from echornn.arrays.run_arrays import Integers, state_at
from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.run.branch import Position
from echornn.run.run import Run
from echornn.state import UnlikeRecord
from echornn.training.device import FLOAT, require_room


@dataclass(frozen=True, eq=False)
class Networks:
    """Networks of one task and one size.

    Attributes:
        replica: int64 [networks], the number of each in its run.
        window: int64 [networks], after so many windows of the path.
        configs: the configuration of each, there.
        weights: float32 [networks, rows, columns] by name.
        unlike: the first window that was trained again with another loss than recorded.
    """

    replica: Integers
    window: Integers
    configs: tuple[EchoConfig, ...]
    weights: dict[str, Floats]
    unlike: UnlikeRecord | None

    @property
    def is_finite(self) -> bool:
        """Whether at least one network has only finite weights."""
        networks = len(self.configs)
        finite = [
            np.isfinite(values.reshape(networks, -1)).all(axis=1)
            for values in self.weights.values()
        ]
        return bool(np.logical_and.reduce(finite).any())

    def run(self, inputs: npt.NDArray[np.generic]) -> dict[str, Floats]:
        """Run each network over the same inputs, [trials, steps, ...], from zero states.

        Returns:
            ``states``, ``carried`` and ``outputs``, float32 [networks, trials, steps, ...], as of a
            `echornn.progress.ForwardPass`.

        Raises:
            MemoryError: they would be too large.
        """
        config = self.configs[0]
        sizes = {
            "states": config.state_size,
            "carried": carried_size(config),
            "outputs": config.output_size,
        }
        shape = (len(self.configs), *inputs.shape[:2])
        needed = FLOAT * int(np.prod(shape, dtype=object)) * sum(sizes.values())
        require_room(f"the forward pass of {len(self.configs):,} networks", needed)
        from echornn.network.frozen import FrozenNetwork

        arrays = {name: np.empty((*shape, size), np.float32) for name, size in sizes.items()}
        for index, config in enumerate(self.configs):
            weights = {name: values[index] for name, values in self.weights.items()}
            ran = FrozenNetwork(config, weights).forward(inputs, None)
            for name, array in arrays.items():
                array[index] = getattr(ran, name)
        return arrays


def networks_at(run: Run, position: Position, replica: int | None = None) -> Networks:
    """All networks at a position, or that with this number; windows are trained again where weights
    were not kept.

    Raises:
        RunError: the run has no weights, or no such network there.
        OwnError, ConfigError: as of `echornn.arrays.run_arrays.RunArrays.weights`.
    """
    network_at(run, position, replica)  # refused before anything is trained
    there = state_at(run, position, retrain=True)
    state = there.state
    numbers = numbers_of(run, state.config)
    if replica is not None:
        state = state.only([numbers.index(replica)])
        numbers = range(replica, replica + 1)
    windows = np.full(len(numbers), position.window, np.int64)
    return Networks(_integers(numbers), windows, state.configs, state.weights, there.unlike)


def networks_when_solved(run: Run, end: Position, replica: int | None = None) -> Networks:
    """Of the networks at a position those that had solved the task by then, each after the window
    of the path at which it first did; or that with this number.

    What lies between these windows is trained once, for all networks together.

    Raises:
        RunError: none had solved it; and as of `networks_at`.
    """
    network_at(run, end, replica)
    facts = network_facts(run, end)
    if replica is not None:
        facts = tuple(network for network in facts if network.replica == replica)
    solved_at = {network.replica: network.solved_at for network in facts if network.solved_at > 0}
    if not solved_at:
        who = "none of the networks had"
        if len(facts) == 1:
            who = f"replica {facts[0].replica} had not"
        raise RunError(
            f"at = solved cannot be used: {who} solved the task after window {end.window}"
        )
    configs: dict[int, EchoConfig] = {}
    weights: dict[int, dict[str, Floats]] = {}
    for window, there in _states(run, end.branch, sorted(set(solved_at.values()))):
        for number in solved_at:
            if solved_at[number] != window:
                continue
            _, index = network_at(run, Position(end.branch, window), number)
            configs[number] = there.state.configs[index]
            # copies: views would keep the states of all networks in memory
            weights[number] = {
                name: values[index].copy() for name, values in there.state.weights.items()
            }
    first = weights[min(solved_at)]
    return Networks(
        _integers(solved_at),
        _integers(solved_at.values()),
        tuple(configs[number] for number in solved_at),
        {name: np.stack([weights[number][name] for number in solved_at]) for name in first},
        there.unlike,
    )


def _states(run: Run, branch: int, windows: Sequence[int]) -> Iterator[tuple[int, StateThere]]:
    """The networks after each of these windows of the path to a branch's end."""
    if len(windows) == 1:  # it may have been kept
        yield windows[0], state_at(run, Position(branch, windows[0]), retrain=True)
        return
    yield from zip(windows, Retraining(run, branch).along(branch, windows), strict=True)


def _integers(values: Iterable[int]) -> Integers:
    return np.array([*values], np.int64)

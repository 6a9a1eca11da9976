"""Networks of a run as arrays: all after the same window of a path, or each after the window at
which it was solved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.arrays.facts import network_facts
from echornn.arrays.numbers import Numbering, network_at
from echornn.arrays.retraining import Retraining, StateThere, state_at
from echornn.arrays.windows import Integers
from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.run.branch import Position
from echornn.run.run import Run
from echornn.state import UnlikeRecord
from echornn.training.memory import FLOAT, require_room


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
        are_finite = np.ones(len(self.configs), np.bool_)
        for values in self.weights.values():
            are_finite &= np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
        return bool(are_finite.any())

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
            forward_pass = FrozenNetwork(config, weights).forward(inputs, None)
            for name, array in arrays.items():
                array[index] = getattr(forward_pass, name)
        return arrays


def networks_at(run: Run, position: Position, replica: int | None = None) -> Networks:
    """All networks at a position, or that with this number; windows are trained again where weights
    were not kept.

    Raises:
        RunError: the run has no weights, or no such network there.
        OwnError, ConfigError: as of `echornn.arrays.run_arrays.RunArrays.weights`.
    """
    network_at(run, position, replica)  # refused before anything is trained
    numbers: Sequence[int] = Numbering.of(run).numbers(run.config_at(position))
    if replica is not None:
        numbers = [replica]
    return _networks(run, position.branch, dict.fromkeys(numbers, position.window))


def networks_when_solved(run: Run, end: Position, replica: int | None = None) -> Networks:
    """Of the networks at a position those that had solved the task by then, each after the window
    of the path at which it first did; or that with this number.

    What lies between these windows is trained once, for all networks together.

    Raises:
        RunError: none had solved it; and as of `networks_at`.
    """
    network_at(run, end, replica)
    networks = network_facts(run, end)
    if replica is not None:
        networks = tuple(network for network in networks if network.replica == replica)
    solved = {network.replica: network.solved_at for network in networks if network.solved_at > 0}
    if not solved:
        who = "none of the networks had"
        if len(networks) == 1:
            who = f"replica {networks[0].replica} had not"
        raise RunError(
            f"at = solved cannot be used: {who} solved the task after window {end.window}"
        )
    return _networks(run, end.branch, solved)


def _networks(run: Run, branch: int, window_of: Mapping[int, int]) -> Networks:
    """The networks with these numbers, each after its window of the path to a branch's end."""
    numbering = Numbering.of(run)
    windows = sorted(set(window_of.values()))
    states: Iterable[StateThere]
    if len(windows) == 1:  # it may have been kept
        states = [state_at(run, Position(branch, windows[0]), retrain=True)]
    else:
        states = Retraining(run, branch).along(windows)
    unlike: UnlikeRecord | None = None
    configs: dict[int, EchoConfig] = {}
    weights: dict[int, dict[str, Floats]] = {}
    for window, there in zip(windows, states, strict=True):
        state, unlike = there.state, there.unlike  # the first until this window
        numbers = numbering.numbers(state.config)
        for number in window_of:
            if window_of[number] != window:
                continue
            index = numbers.index(number)
            configs[number] = state.configs[index]
            # Copies: views would keep the states of all networks in memory
            weights[number] = {name: array[index].copy() for name, array in state.weights.items()}
    networks = [weights[number] for number in window_of]
    stacked = {name: np.stack([network[name] for network in networks]) for name in networks[0]}
    return Networks(
        np.array([*window_of], np.int64),
        np.array([*window_of.values()], np.int64),
        tuple(configs[number] for number in window_of),
        stacked,
        unlike,
    )

"""What is measured of a trained network: a number each."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.data import batch_of
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.readings import HeldOut, Kind, Question, Readings
from echornn.solutions import Solutions
from echornn.state import PopulationState, Snapshot, TrainerState
from echornn.sweeps.results import Result
from echornn.tasks.task import Batch

DATA_SEED = 0  # of held-out data: the same for all networks, so that they can be compared
FIRST_WINDOWS = 64  # chosen by eye
NEW_DATA = 1  # the version of epochs that no training saw, which has 0


@dataclass(frozen=True, eq=False)
class MeasuredNetwork:
    """A network after training, and the settings of the data that it is measured on."""

    config: EchoConfig
    result: Result
    weights: Mapping[str, Floats]
    settings: Mapping[str, Any]
    # The networks of all seeds, and which of them this is
    population: Callable[[], PopulationState]
    place: int

    def readings(self, kind: Kind, **question: Any) -> Readings:
        from echornn.probes.examine import examine  # which loads TensorFlow

        config = self.config
        zero = np.zeros((config.batch_size, carried_size(config)), np.float32)
        state = TrainerState(config, 0, 0, 0, 0, dict(self.weights), zero, ())
        return examine(Snapshot(state), Question(frozenset({kind}), **question))

    @property
    def solutions(self) -> Solutions | None:
        """How the networks of all seeds differ; None if they are too large for that."""
        from echornn.probes.solutions import solutions  # which loads TensorFlow

        return solutions(self.population(), "procrustes", DATA_SEED)

    @property
    def held_out(self) -> HeldOut | None:
        """On fresh data; None if its weights are not finite."""
        settings = tuple(self.settings.items())
        return self.readings("held_out", settings=settings, data_seed=DATA_SEED).held_out


def solved(network: MeasuredNetwork) -> float:
    """1 if the task was solved, else 0."""
    return float(network.result.solved_at is not None)


def windows(network: MeasuredNetwork) -> float:
    """Windows until the task was solved: updates of the weights; infinite if it never was."""
    return float(network.result.solved_at or math.inf)


def sequences(network: MeasuredNetwork) -> float:
    """Trials until the task was solved, over all rows of the batch; infinite if it never was."""
    return windows(network) * network.config.batch_size


def final_loss(network: MeasuredNetwork) -> float:
    """The mean loss of the last 50 windows of training."""
    return network.result.final_loss


def loss(network: MeasuredNetwork) -> float:
    """On held-out data, in nats, or the mean squared error."""
    held_out = network.held_out
    return math.nan if held_out is None else held_out.loss


def first_window(network: MeasuredNetwork) -> float:
    """The loss of an epoch's first window, from a zero state; the mean over epochs of new data."""
    from echornn.network.frozen import FrozenNetwork  # both load TensorFlow
    from echornn.probes.held_out import measured

    config = network.config
    rows, steps = config.batch_size, config.window_steps
    zero = np.zeros((rows, carried_size(config)), np.float32)
    losses = []
    for epoch in range(FIRST_WINDOWS):
        batch = batch_of(config, NEW_DATA, epoch)
        first = Batch(batch.x[:, :steps], batch.y[:, :steps], batch.scored[:, :steps])
        x = np.ascontiguousarray(np.swapaxes(first.x, 0, 1))
        outputs = FrozenNetwork(config, network.weights).run(x, zero).outputs
        losses.append(measured(np.swapaxes(outputs, 0, 1), first, config).loss)
    return statistics.fmean(losses)


def bits(network: MeasuredNetwork) -> float:
    """On held-out data, in bits a scored step."""
    return loss(network) / math.log(2)


def accuracy(network: MeasuredNetwork) -> float:
    """The share of right answers on held-out data."""
    held_out = network.held_out
    return math.nan if held_out is None else held_out.accuracy


def scaled_accuracy(network: MeasuredNetwork) -> float:
    """Accuracy with guessing evenly among the classes at 0, and all right at 1."""
    guessing = 1 / network.config.output_size
    return (accuracy(network) - guessing) / (1 - guessing)


def fixed_points(network: MeasuredNetwork) -> float:
    """Points at rest without input, of any stability; slow points are none."""
    found = network.readings("fixed_points").fixed_points
    return math.nan if found is None else float(sum(kind != "slow" for kind in found.kinds))


def stable_points(network: MeasuredNetwork) -> float:
    found = network.readings("fixed_points").fixed_points
    return math.nan if found is None else float(sum(kind == "stable" for kind in found.kinds))


def capacity(network: MeasuredNetwork) -> float:
    """Memory capacity (Jaeger 2001): the sum over lags from 1 on of the share of the input's
    variance that a linear read-out of the states explains."""
    memory = network.readings("memory").memory
    return math.nan if memory is None else float(memory.by_lag[1:].sum(dtype=np.float64))


def automaton(network: MeasuredNetwork) -> float:
    """1 if it has become the task's finite automaton, else 0; NaN if the task has no letters."""
    found = network.readings("automaton", data_seed=DATA_SEED).automaton
    return math.nan if found is None else float(found.is_right)


def distance(network: MeasuredNetwork) -> float:
    """The mean angle of Procrustes to the networks of the other seeds, on the same data, 0 to pi /
    2 radians; see docs/theory.md."""
    solutions = network.solutions
    if solutions is None:
        return math.nan
    return float(np.nanmean(np.delete(solutions.distances[network.place], network.place)))


def longer_loss_apart(network: MeasuredNetwork) -> float:
    """How far the loss on rows twice as long is from the mean of all seeds."""
    solutions = network.solutions
    if solutions is None:
        return math.nan
    losses = solutions.longer_losses
    return float(abs(losses[network.place] - np.nanmean(losses)))


MEASURES: dict[str, Callable[[MeasuredNetwork], float]] = {
    measure.__name__: measure
    for measure in (
        solved,
        windows,
        sequences,
        final_loss,
        loss,
        first_window,
        bits,
        accuracy,
        scaled_accuracy,
        fixed_points,
        stable_points,
        capacity,
        automaton,
        distance,
        longer_loss_apart,
    )
}

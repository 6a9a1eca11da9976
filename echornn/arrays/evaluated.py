"""How well the networks of a run do on data that training never saw, of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from echornn.arrays.numbers import Numbering
from echornn.arrays.retraining import state_at
from echornn.arrays.run_arrays import RunArrays
from echornn.readings import HeldOut, TaskSettings
from echornn.run.branch import Position
from echornn.runtime import quiet
from echornn.runtime.waiting import Countdown, silent
from echornn.state import Snapshot


class Evaluated(NamedTuple):
    """A network on held-out data of one size."""

    replica: int
    seed: int
    size: TaskSettings
    held_out: HeldOut
    as_recorded: bool  # whether windows that were trained again had the recorded losses


class LeftOut(NamedTuple):
    """A network whose weights are not finite."""

    seed: int

    def __str__(self) -> str:
        return f"the weights of seed {self.seed} are not finite: left out"


def evaluated(
    stored: RunArrays,
    position: Position,
    replica: int | None,
    sizes: Sequence[TaskSettings],
    trials: int | None = None,
) -> Iterator[Evaluated | LeftOut]:
    """Each network there, or one, at each of these sizes in turn."""
    run, say = stored.run, stored.progress
    quiet.import_tensorflow(run.about.threshold, say)
    there = state_at(run, position, retrain=True, say=say)
    numbers = Numbering.of(run).numbers(run.config_at(position))
    wanted = numbers if replica is None else [replica]
    countdown = Countdown(say, "evaluation", len(wanted) * len(sizes))
    quietly = replace(stored, progress=silent)
    for number in wanted:
        snapshot = Snapshot(there.state.of(numbers.index(number)), *position)
        seed = snapshot.state.config.seed
        if not snapshot.state.is_finite:
            yield LeftOut(seed)
            continue
        for size in sizes:
            readings = quietly.examined(snapshot, ["held_out"], settings=size, trials=trials)
            assert readings.held_out is not None
            countdown.next()
            yield Evaluated(number, seed, size, readings.held_out, there.unlike is None)

"""Checks that a branch without changes equals the original path (the trunk), bit for bit.

`python -m tests.benchmarks.branch_is_the_trunk [--windows N] [--only NAME]` trains a run for each network, goes back to
several of its windows, and trains again to the end. It compares the state at the end and every stored loss (of several
replicas, only the newest `NEWEST` windows are stored).
"""

from __future__ import annotations

import argparse
import math
import sys
import time

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.live_run import LiveRun
from echornn.state import PopulationState
from echornn.timeline.branch import Position
from echornn.training.structure import tensorflow_trainers

NETWORKS = {
    "the tutorial": EchoConfig(seed=7, num_epochs=10_000),
    "gru": EchoConfig(seed=7, num_epochs=10_000, cell="gru"),
    "lstm, two layers, dropout 0.5": EchoConfig(seed=7, num_epochs=10_000, cell="lstm", num_layers=2, dropout=0.5),
    "stride 5 below T 15": EchoConfig(seed=7, num_epochs=10_000, stride=5),
    "a population of 64": EchoConfig(seed=0, num_epochs=10_000, replicas=64),
}

NEWEST = 10_000
"""The windows whose losses a run of several replicas stores."""


def losses_to(live: LiveRun, end: Position) -> Floats:
    """The losses up to a position, float32 [replicas, n]."""
    replicas = live.config.replicas
    first = 0 if replicas == 1 else max(0, end.window - NEWEST)
    each = [live.timeline.losses(end, first, replica) for replica in range(replicas)]
    return np.stack([one for one in each if one is not None])


def arrive(live: LiveRun, position: Position) -> float:
    """Go to a position; returns the seconds that it took."""
    begun = time.perf_counter()
    live.go(position)
    while not live.arrived:
        live.step(4000)
    return time.perf_counter() - begun


def train(live: LiveRun, windows: int) -> None:
    """Train ``windows`` windows, in slices, as a session does."""
    while windows > 0:
        windows -= len(live.train(min(windows, 4000)).losses)


def same(one: PopulationState, other: PopulationState) -> bool:
    """Whether two states are equal, bit for bit."""
    arrays = zip(
        [*one.weights.values(), one.carried_state, *one.optimizer],
        [*other.weights.values(), other.carried_state, *other.optimizer],
        strict=True,
    )
    places = [(state.epoch, state.window, state.data_version, state.init_index) for state in (one, other)]
    return places[0] == places[1] and all(np.array_equal(first, second) for first, second in arrays)


def main() -> int:
    """Print a line for each branch. Returns the exit code: 1 if a branch differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=100_000)
    parser.add_argument("--only", choices=NETWORKS)
    given = parser.parse_args()
    windows = given.windows
    make_trainer = tensorflow_trainers()
    different = 0
    for name in NETWORKS if given.only is None else [given.only]:
        config = NETWORKS[name]
        live = LiveRun(config, make_trainer, Recorder(), Pace(math.inf, time.monotonic), time.monotonic)
        live.load()
        live.begin()
        train(live, windows)
        trunk = Position(0, windows)
        losses, state = losses_to(live, trunk), live.trainer.state
        for start in (1, 666, 667, 5_000, windows - 1):
            seconds = arrive(live, Position(0, start))
            train(live, windows - start)
            equal = np.array_equal(losses_to(live, live.here), losses) and same(live.trainer.state, state)
            equal = equal and live.here.branch != 0
            different += not equal
            word = "the same bits" if equal else "DIFFERS"
            print(f"{name}: from window {start:,}, reached in {seconds:.2f} s, to {windows:,}: {word}", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

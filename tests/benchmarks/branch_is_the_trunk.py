"""Is a branch that changes nothing the trunk, bit for bit?

`python -m tests.benchmarks.branch_is_the_trunk [--windows N]`: for each network a run is trained; from several of its
windows one goes back, and trains on to where it ended. Every loss, and the state at the end, are compared.
"""

from __future__ import annotations

import argparse
import math
import sys
import time

import numpy as np

from echornn.config import EchoConfig
from echornn.population_state import AnyState
from echornn.runs.branch import Moment
from echornn.runs.recorder import Unrecorded
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.training.any_trainer import tensorflow_trainers

NETWORKS = {
    "the tutorial": EchoConfig(seed=7, num_epochs=10_000),
    "gru": EchoConfig(seed=7, num_epochs=10_000, cell="gru"),
    "lstm, two layers, dropout 0.5": EchoConfig(seed=7, num_epochs=10_000, cell="lstm", num_layers=2, dropout=0.5),
    "stride 5 below T 15": EchoConfig(seed=7, num_epochs=10_000, stride=5),
}


def arrive(live: LiveRun, moment: Moment) -> float:
    """Go to a moment; the seconds that it took."""
    begun = time.perf_counter()
    live.go(moment)
    while not live.arrived:
        live.step(4000)
    return time.perf_counter() - begun


def train(live: LiveRun, windows: int) -> None:
    """Train so many windows, in slices as a session does."""
    while windows > 0:
        windows -= len(live.train(min(windows, 4000)).losses)


def same(one: AnyState, other: AnyState) -> bool:
    """Whether two states are the same bits."""
    arrays = zip(
        [*one.weights.values(), one.carried_state, *one.optimizer],
        [*other.weights.values(), other.carried_state, *other.optimizer],
        strict=True,
    )
    places = [(state.epoch, state.window, state.generation, state.draw) for state in (one, other)]
    return places[0] == places[1] and all(np.array_equal(first, second) for first, second in arrays)


def main() -> int:
    """Print a line for each branch. Returns the exit code: 1 where one differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=100_000)
    windows = parser.parse_args().windows
    make_trainer = tensorflow_trainers()
    different = 0
    for name, config in NETWORKS.items():
        live = LiveRun(config, make_trainer, Unrecorded(), Pace(math.inf, time.monotonic), time.monotonic)
        live.load()
        live.begin()
        train(live, windows)
        trunk = Moment(0, windows)
        losses, state = live.timeline.losses(trunk, 0), live.trainer.state
        assert losses is not None
        for start in (1, 666, 667, 5_000, windows - 1):
            seconds = arrive(live, Moment(0, start))
            train(live, windows - start)
            branch = live.timeline.losses(live.here, 0)
            equal = branch is not None and np.array_equal(branch, losses) and same(live.trainer.state, state)
            equal = equal and live.here.branch != 0
            different += not equal
            word = "the same bits" if equal else "DIFFERS"
            print(f"{name}: from window {start:,}, reached in {seconds:.2f} s, to {windows:,}: {word}", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

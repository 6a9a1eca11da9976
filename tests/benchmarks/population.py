"""`python -m tests.benchmarks.population [--replicas 1,16] [--ways ...] [SETUP ...]`: networks side by side.

Us for each network and window, of a population against a network alone as often, and JAX' `vmap` over the same program
where it is installed (the tutorial's cell only). On the clock, and of the processors: on a machine that does other
things only the second tells what a network costs. Each line is a process of its own; memory is that process' peak
beyond TensorFlow. Without setups also what a lottery of 64 takes from its beginning to its end, how many seeds solve
the tutorial, and how far a population is from single trainers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, get_args

import echornn
from echornn import EchoConfig, Population, Trainer
from echornn.config import Cell, Optimizer

SETUPS: dict[str, dict[str, Any]] = {
    "4,5,15": {},
    "16,50,15": {"state_size": 16, "batch_size": 50},
    "64,50,15": {"state_size": 64, "batch_size": 50},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
}
REPLICAS = (1, 16, 64, 256, 1024)
ALONE, POPULATION, JAX = "alone", "population", "jax vmap"
WAYS = (ALONE, POPULATION, JAX)
JAX_SETUPS = ("4,5,15", "16,50,15", "64,50,15")
MOST_SECONDS = 90
"""For a line; JAX takes minutes of some."""

ROUNDS = 4
ROUND_SECONDS = 0.25

RATES = {"sgd": 0.3, "adagrad": 0.3, "rmsprop": 0.01, "adam": 0.01}
COMPARED, WINDOWS = 16, 50
"""Replicas and windows of which losses are compared."""


def config_of(setup: str) -> EchoConfig:
    return EchoConfig(seed=0, num_epochs=10**9, init="glorot", **SETUPS[setup])


@dataclass(frozen=True)
class Cost:
    """Us for each network and window; seconds until it was compiled; MiB."""

    clock: float
    processors: float
    ready: float
    memory: int

    def in_words(self) -> str:
        return (
            f"{self.clock:8.2f} us {self.processors:8.2f} of the processors   ready in {self.ready:4.1f} s "
            f"{self.memory:6} MiB"
        )


def us_for_each(train: Callable[[int], object], replicas: int) -> tuple[float, float]:
    """Clock and processors: the least of some rounds, each of as many windows as take a quarter of a second."""
    windows = 2
    while True:
        begun = time.perf_counter()
        train(windows)
        if time.perf_counter() - begun > ROUND_SECONDS:
            break
        windows *= 2
    rounds = []
    for _ in range(ROUNDS):
        clock, processors = time.perf_counter(), time.process_time()
        train(windows)
        rounds.append((time.perf_counter() - clock, time.process_time() - processors))
    clock, processors = (min(column) / windows / replicas * 1e6 for column in zip(*rounds, strict=True))
    return clock, processors


def measure(setup: str, way: str, replicas: int) -> Cost:
    echornn.use_one_thread()
    config = config_of(setup)
    resident, begun = resident_bytes(), time.perf_counter()
    if way == JAX:
        train = in_jax(config, replicas)
    elif way == ALONE:
        trainer = Trainer(config)
        trainer.compile()
        train = trainer.advance
    else:
        lot = Population(config, replicas)
        lot.compile()
        train = lot.advance
    ready = time.perf_counter() - begun
    return Cost(*us_for_each(train, replicas), ready, (resident_bytes() - resident) >> 20)


def in_jax(config: EchoConfig, replicas: int) -> Callable[[int], object]:
    import jax
    import numpy as np

    from tests.benchmarks import peers

    window = peers.jax_window(config, fused=True)
    run = jax.jit(jax.vmap(lambda carry, x, y: jax.lax.scan(window, carry, (x, y))))
    xs, ys, start = (jax.tree.map(lambda leaf: np.stack([leaf] * replicas), tree) for tree in peers.jax_data(config))

    def train(n: int) -> object:
        for begin in range(0, n, config.windows_per_epoch):
            count = min(n - begin, config.windows_per_epoch)
            losses = run(start, xs[:, :count], ys[:, :count])[1]
        return [np.asarray(one) for one in losses]

    train(1)
    return train


def resident_bytes() -> int:
    """The most that this process had in memory so far."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def tell_a_lottery() -> None:
    """Print what 64 replicas take for the tutorial's 100 epochs, and how many seeds solve it within one."""
    echornn.use_one_thread()
    begun = time.perf_counter()
    lot = Population(EchoConfig(seed=0), 64)
    lot.compile()
    compiled = time.perf_counter()
    while not lot.finished:
        lot.advance(10_000)
    took, solved = time.perf_counter() - compiled, int((lot.solved_at > 0).sum())
    print(f"64 replicas, 100 epochs: compiled in {compiled - begun:.1f} s, trained in {took:.1f} s; {solved} solved")
    lot.reset()
    lot.advance(666)
    print(f"seeds 0 to 49 solved within an epoch: {int((lot.solved_at[:50] > 0).sum())} of 50", flush=True)


def tell_differences() -> None:
    """Print the largest difference of a loss to single trainers', for each cell and optimizer."""
    from echornn.training.programs import Programs

    for cell in get_args(Cell):
        for optimizer in get_args(Optimizer):
            programs = Programs()
            config = EchoConfig(cell=cell, optimizer=optimizer, learning_rate=RATES[optimizer])
            lot = Population(config, COMPARED, programs)
            losses, furthest = lot.advance(WINDOWS).losses, 0.0
            for replica in range(0, COMPARED, 5):
                alone = Trainer(lot.configs[replica], programs).advance(WINDOWS).losses
                furthest = max(furthest, float(abs(losses[:, replica] - alone).max()))
            print(f"{cell:>5} {optimizer:<8} largest difference in {WINDOWS} windows {furthest:.1e} nats", flush=True)


def of_a_process(*arguments: object) -> str:
    """What this program prints with these arguments, or its last word on standard error."""
    command = [sys.executable, "-m", "tests.benchmarks.population", *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return f"not within {MOST_SECONDS} s"
    return done.stdout.rstrip() or (done.stderr.strip().splitlines() or ["killed"])[-1]


def table(costs: dict[tuple[str, str, int], Cost], replicas: list[int]) -> None:
    """Print us on the clock, a row for each setup and way."""
    columns = [ALONE, *map(str, replicas)]
    print("\nus a network and window | " + " | ".join(columns))
    print("|".join(["---"] * (1 + len(columns))))
    for setup, way in dict.fromkeys((setup, way) for setup, way, _ in costs if way != ALONE):
        keys = [(setup, ALONE, 1), *((setup, way, count) for count in replicas)]
        cells = [f"{costs[key].clock:.2f}" if key in costs else "" for key in keys]
        print(f"{setup} {way} | " + " | ".join(cells))


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(asdict(measure(sys.argv[2], sys.argv[3], int(sys.argv[4])))))
        return
    if sys.argv[1:2] == ["--lottery"]:
        tell_a_lottery()
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicas", default=",".join(map(str, REPLICAS)))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("setups", nargs="*")
    chosen = parser.parse_args()
    replicas = [int(count) for count in chosen.replicas.split(",")]
    costs: dict[tuple[str, str, int], Cost] = {}
    for setup in chosen.setups or SETUPS:
        for way in chosen.ways.split(","):
            if way == JAX and setup not in JAX_SETUPS:
                continue
            for count in [1] if way == ALONE else replicas:
                words = of_a_process("--measure", setup, way, count)
                if words.startswith("{"):
                    cost = costs[setup, way, count] = Cost(**json.loads(words))
                    words = cost.in_words()
                print(f"{setup:>9} {way:<10} {count:5}  {words}", flush=True)
    table(costs, replicas)
    if not chosen.setups:
        print("\n" + of_a_process("--lottery"), flush=True)
        tell_differences()


if __name__ == "__main__":
    main()

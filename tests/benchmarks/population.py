"""`python -m tests.benchmarks.population [--replicas 1,16] [SETUP ...]`: networks side by side, us each and window.

A population against its first replica alone, as often, and JAX' `vmap` over the same program where it is installed.
On the clock, and of the processors: on a machine that does other things only the second tells what a network costs.
Each line is a process of its own; memory is that process' peak beyond TensorFlow.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import echornn
from echornn import EchoConfig, Population, Trainer

SETUPS: dict[str, dict[str, Any]] = {
    "4,5,15": {},
    "16,50,15": {"state_size": 16, "batch_size": 50},
    "64,50,15": {"state_size": 64, "batch_size": 50},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
}
REPLICAS = (1, 16, 64, 256, 1024)
WAYS = ("alone", "population", "jax vmap")
ROUNDS = 5
ROUND_SECONDS = 0.5


def config_of(setup: str) -> EchoConfig:
    return EchoConfig(seed=0, num_epochs=10**9, init="glorot", **SETUPS[setup])


@dataclass(frozen=True)
class Cost:
    """Us for each network and window."""

    clock: float
    processors: float


def cost(train: Callable[[int], object], replicas: int) -> Cost:
    """The least of some rounds, each of as many windows as take half a second."""
    windows = 4
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
    return Cost(*(min(column) / windows / replicas * 1e6 for column in zip(*rounds, strict=True)))


def measure(setup: str, way: str, replicas: int) -> None:
    """Print one line."""
    if way == "alone":
        echornn.use_one_thread()
    config = config_of(setup)
    resident, begun, processors = resident_bytes(), time.perf_counter(), time.process_time()
    if way == "jax vmap":
        train = in_jax(config, replicas)
    elif way == "alone":
        trainer = Trainer(config)
        trainer.compile()
        train, replicas = trainer.advance, 1
    else:
        lot = Population(config, replicas)
        lot.compile()
        train = lot.advance
    ready, compiling = time.perf_counter() - begun, time.process_time() - processors
    took = cost(train, replicas)
    print(
        f"{took.clock:8.2f} us {took.processors:8.2f} of the processors   ready in {ready:4.1f} s "
        f"({compiling:4.1f})   {(resident_bytes() - resident) >> 20:5} MiB"
    )


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


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicas", default=",".join(map(str, REPLICAS)))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("setups", nargs="*", default=list(SETUPS))
    chosen = parser.parse_args()
    for setup in chosen.setups:
        for way in chosen.ways.split(","):
            for replicas in [1] if way == "alone" else map(int, chosen.replicas.split(",")):
                command = [sys.executable, "-m", "tests.benchmarks.population", "--measure", setup, way, str(replicas)]
                done = subprocess.run(command, capture_output=True, text=True)
                words = done.stdout.rstrip() or done.stderr.strip().splitlines()[-1]
                print(f"{setup:>9} {way:<10} {replicas:5}  {words}", flush=True)


if __name__ == "__main__":
    main()

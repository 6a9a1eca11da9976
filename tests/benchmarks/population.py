"""Measures populations, networks trained side by side: `python -m tests.benchmarks.population`.

It prints memory beyond TensorFlow's, for each number of networks in a separate process; the time for a whole run of 64
networks, and how many seeds solve the tutorial.
"""

from __future__ import annotations

import subprocess
import sys
import time

import echornn
from echornn import EchoConfig, Population

REPLICAS = (1, 64, 1024, 4096)
WINDOWS = 50


def tell_memory(replicas: int) -> None:
    """Print the memory beyond TensorFlow's for ``replicas`` networks, and the seconds to compile."""
    echornn.use_one_thread()
    resident, begun = resident_bytes(), time.perf_counter()
    lot = Population(EchoConfig(seed=0, num_epochs=10**9), replicas)
    lot.compile()
    ready = time.perf_counter() - begun
    lot.advance(WINDOWS)
    print(f"{replicas:5} replicas: {(resident_bytes() - resident) >> 20:6} MiB, compiled in {ready:.1f} s")


def resident_bytes() -> int:
    """The largest memory of this process so far, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def tell_a_population() -> None:
    """Print the time of 64 replicas for the tutorial's 100 epochs, and how many seeds solve it within the first."""
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


def in_own_process(*arguments: object) -> None:
    """Run this module in a separate process with these arguments."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.population", *map(str, arguments)], check=True)


def main() -> None:
    if sys.argv[1:2] == ["--memory"]:
        tell_memory(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--population"]:
        tell_a_population()
    else:
        for replicas in REPLICAS:
            in_own_process("--memory", replicas)
        in_own_process("--population")


if __name__ == "__main__":
    main()

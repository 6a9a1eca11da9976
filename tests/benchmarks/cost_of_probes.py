"""Measures the cost of the probes: ms of each probe, and the training speed with four examinations per second.

`OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.cost_of_probes [seconds per measurement]`; the command line sets this
variable for itself too. Sizes are those of the README's table; measurements with and without probes alternate.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from dataclasses import replace
from typing import get_args

from rich.console import Console

from echornn import EchoConfig, Question, Snapshot, Trainer, examine, use_one_thread
from echornn.readings import Kind

SIZES = ((4, 5, 15), (16, 50, 15), (64, 50, 15), (256, 50, 15))
"""Sizes to measure: state_size, batch_size, T."""

CELLS: tuple[str, ...] = ("rnn", "gru", "lstm")

VIEWS: dict[str, frozenset[Kind]] = {
    "memory": frozenset({"memory", "units"}),
    "gradient": frozenset({"gradient", "effects", "reliance", "flip"}),
    "weights": frozenset({"weights", "lyapunov"}),
    "plane": frozenset({"plane"}),
}
"""The kinds of readings that each view of the app needs."""

PROBES: tuple[Kind, ...] = get_args(Kind)
REPEATS = 7
EVERY_SECONDS = 0.25
SLICE_SECONDS = 0.02
ROUNDS = 3


def milliseconds(snapshot: Snapshot, kinds: frozenset[Kind]) -> tuple[float, float]:
    """The time of the first examination, which builds the graphs, and the median time of later ones."""
    taken = []
    for _ in range(REPEATS + 1):
        begun = time.perf_counter()
        examine(snapshot, Question(kinds, flip=(0, 0)))
        taken.append(1000 * (time.perf_counter() - begun))
    return taken[0], statistics.median(taken[1:])


def rate(trainer: Trainer, seconds: float, slice_windows: int, kinds: frozenset[Kind]) -> float:
    """Windows per second while another thread examines the network as often as the app does."""
    done = threading.Event()
    newest = Snapshot(trainer.state, progress=trainer.advance(1))

    def look() -> None:
        while kinds and not done.wait(EVERY_SECONDS):
            examine(newest, Question(kinds, flip=(0, 0)))

    looking = threading.Thread(target=look)
    looking.start()
    begun, windows = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        newest = Snapshot(trainer.state, progress=trainer.advance(slice_windows))
        windows += slice_windows
    reached = windows / (time.perf_counter() - begun)
    done.set()
    looking.join()
    return reached


def main() -> None:
    use_one_thread()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    say = Console(width=120).print
    for state, batch, length in SIZES:
        for cell in CELLS:
            sizes = EchoConfig(state_size=state, batch_size=batch, truncated_backprop_length=length)
            config = replace(sizes, cell=cell, init="glorot", num_epochs=10**9, device="cpu")
            trainer = Trainer(config)
            snapshot = Snapshot(trainer.state, progress=trainer.advance(200))
            snapshot = replace(snapshot, state=trainer.state)
            taken = {kind: milliseconds(snapshot, frozenset({kind})) for kind in PROBES}
            told = ", ".join(f"{kind} {warm:.1f} (first {first:.0f})" for kind, (first, warm) in taken.items())
            say(f"{cell} {state}, {batch}, {length}: ms: {told}")
            begun = time.perf_counter()
            trainer.advance(200)
            slice_windows = max(1, round(200 * SLICE_SECONDS / (time.perf_counter() - begun)))
            ratios: dict[str, list[float]] = {view: [] for view in VIEWS}
            for _ in range(ROUNDS):
                for view, kinds in VIEWS.items():
                    alone = rate(trainer, seconds, slice_windows, frozenset())
                    ratios[view].append(rate(trainer, seconds, slice_windows, kinds) / alone)
            kept = ", ".join(f"{view} {statistics.median(found):.3f}" for view, found in ratios.items())
            say(f"{cell} {state}, {batch}, {length}: of its own speed training keeps: {kept}")


if __name__ == "__main__":
    main()

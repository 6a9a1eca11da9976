"""`python -m tests.benchmarks.against_peers [S,B,T ...]`: one window here, in plain NumPy, in the tutorial's session
loop, in JAX and in PyTorch (where installed), all taken in turn in one process. Ratios hold where times drift."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from echornn import EchoConfig, EchoSeries, Trainer
from echornn.network.model import initial_weights
from echornn.reference import numpy_bptt
from echornn.reference.tutorial import TutorialSession
from tests.benchmarks.peers import Train, in_jax, in_torch

SIZES = ((4, 5, 15), (16, 50, 15), (64, 50, 15), (256, 50, 15), (256, 256, 100))
ROUNDS = 7
ROUND_SECONDS = 0.3


def programs(config: EchoConfig) -> list[tuple[str, Train]]:
    """Every program that is installed."""
    weights = initial_weights(config)
    series = EchoSeries.generate(config)
    epoch = [(series.x, series.y)]
    length = config.truncated_backprop_length
    tutorial = TutorialSession(weights, config.batch_size, length, config.learning_rate)
    found: list[tuple[str, Train]] = [
        ("echornn", Trainer(config).advance),
        ("the tutorial", lambda n: tutorial.train(epoch, n)),
        ("NumPy", lambda n: numpy_bptt.train(weights, epoch, n, length)),
    ]
    others: list[tuple[str, Callable[[], Train]]] = [
        ("JAX, matrix products", lambda: in_jax(config, fused=False)),
        ("JAX, multiply and sum", lambda: in_jax(config, fused=True)),
        ("PyTorch nn.RNN", lambda: in_torch(config)),
    ]
    for name, make in others:
        if name == "JAX, multiply and sum" and config.state_size > 16:
            continue
        try:
            found.append((name, make()))
        except ImportError:
            print(f"{name}: not installed", file=sys.stderr)
    return found


def seconds_per_window(train: Train, windows: int) -> float:
    begun = time.perf_counter()
    train(windows)
    return (time.perf_counter() - begun) / windows


def main() -> None:
    sizes = [tuple(int(number) for number in text.split(",")) for text in sys.argv[1:]] or SIZES
    for state_size, batch_size, length in sizes:
        windows = 666 if batch_size * state_size < 10_000 else 60 if length < 50 else 5
        config = EchoConfig(
            state_size=state_size,
            batch_size=batch_size,
            truncated_backprop_length=length,
            total_series_length=batch_size * length * windows,
            num_epochs=10**9,
            init="glorot",
        )
        table = Table(title=f"state {state_size}, batch {batch_size}, T {length}: median of {ROUNDS} rounds in turn")
        for heading in ("program", "us/window", "its time / echornn's"):
            table.add_column(heading, justify="left" if heading == "program" else "right")
        candidates = []
        for name, train in programs(config):
            train(windows)
            calls = max(1, round(ROUND_SECONDS / (seconds_per_window(train, windows) * windows)))
            candidates.append((name, train, calls))
        took: dict[str, list[float]] = {name: [] for name, _, _ in candidates}
        for _ in range(ROUNDS):
            for name, train, calls in candidates:
                took[name].append(statistics.median(seconds_per_window(train, windows) for _ in range(calls)))
        for name, times in took.items():
            ratio = statistics.median(other / ours for other, ours in zip(times, took["echornn"], strict=True))
            table.add_row(name, f"{statistics.median(times) * 1e6:,.1f}", f"{ratio:.2f}")
        Console().print(table)


if __name__ == "__main__":
    main()

"""Windows a second, here against the tutorial's session loop and plain NumPy, taken in turn in one run.

`python -m tests.benchmarks.against_the_tutorial`: prints ratios, which hold where absolute times drift.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from echornn import EchoConfig, EchoSeries, Trainer
from echornn.network.model import initial_weights
from echornn.reference import numpy_bptt
from echornn.reference.tutorial import TutorialSession

ROUNDS = 5
OURS, SLOW = 20 * 666, 666
"""Windows timed in each round."""


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    config = EchoConfig(num_epochs=10_000)
    weights = initial_weights(config)
    epoch = [(series.x, series.y) for series in [EchoSeries.generate(config)]]
    trainer = Trainer(config)
    trainer.advance(OURS)
    took: dict[str, list[float]] = {"the tutorial": [], "plain NumPy": [], "echornn": []}
    with TutorialSession(weights, config.batch_size, config.truncated_backprop_length) as tutorial:
        tutorial.train(epoch, SLOW)
        for _ in range(ROUNDS):
            took["the tutorial"].append(seconds(lambda: tutorial.train(epoch, SLOW)) / SLOW)
            took["plain NumPy"].append(seconds(lambda: numpy_bptt.train(weights, epoch, SLOW, 15)) / SLOW)
            took["echornn"].append(seconds(lambda: trainer.advance(OURS)) / OURS)
    table = Table(title=f"one window of the tutorial, median of {ROUNDS} rounds in turn")
    for heading in ("program", "us/window", "windows/s", "the tutorial's time / this"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    slowest = took["the tutorial"]
    for name, times in took.items():
        ratio = statistics.median(slow / ours for slow, ours in zip(slowest, times, strict=True))
        middle = statistics.median(times)
        table.add_row(name, f"{middle * 1e6:,.1f}", f"{1 / middle:,.0f}", f"{ratio:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()

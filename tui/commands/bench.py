"""The subcommand ``bench``: the training speed on this machine, compared with two slow implementations."""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from echornn.config import EchoConfig
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tui.term import terminal
from tui.term.exit_code import ExitCode

CALL_SIZES = (1, 10, 100, 1000, 4096)
ROUNDS = 5
ROUND_SECONDS = 0.15
WATCHED_SECONDS = 2.0
SCREEN_SIZE = (120, 40)
ENDLESS = 10**9

MOST_A_CALL = 1 << 20
"""The most windows per call, over all networks together."""

Program = tuple[str, int, int, Callable[[int], object]]
"""Name, windows per call, networks trained side by side, and a function that trains a number of windows."""


@dataclass(frozen=True)
class BenchRow:
    """The measured speed of one implementation.

    Attributes:
        program: the name of the implementation.
        windows_per_call: windows that a call trains in each network.
        microseconds: time per window and network, the median of the rounds.
        speedup: how many times faster than the tutorial's session loop (or than NumPy, if that loop cannot run the
            configuration), the median of the rounds.
    """

    program: str
    windows_per_call: int
    microseconds: float
    speedup: float

    @property
    def windows_per_second(self) -> float:
        """Windows per second."""
        return 1e6 / self.microseconds


@dataclass(frozen=True)
class Split:
    """How a second of the app at full speed is divided, in shares (0 to 1).

    Attributes:
        compute: the share of the compiled loop.
        python: the share of Python code: session, history and data.
        screen: the share that drawing takes from training.
        windows_per_second: the app's speed, over all networks.
    """

    compute: float
    python: float
    screen: float
    windows_per_second: float


def seconds_per_window(train: Callable[[int], object], windows: int) -> float:
    """Seconds per window in calls of ``windows`` windows, measured for `ROUND_SECONDS`."""
    begun, trained = time.perf_counter(), 0
    while True:
        train(windows)
        trained += windows
        seconds = time.perf_counter() - begun
        if seconds >= ROUND_SECONDS:
            return seconds / trained


def measure(config: EchoConfig) -> list[BenchRow]:
    """The speed of each implementation that can train this configuration. They run in turn, so that a drift of the
    machine's speed affects all equally.

    If there are several networks, the slow implementations train only the first.
    """
    from echornn.training.process import prepare

    prepare(config, config.replicas)
    programs = [*baselines(config.of(0)), *ours(config)]
    for _, size, _, train in programs:
        train(size)
    rounds = [
        [seconds_per_window(train, size) / networks for _, size, networks, train in programs] for _ in range(ROUNDS)
    ]
    return [
        BenchRow(
            program,
            size,
            statistics.median(times[index] for times in rounds) * 1e6,
            statistics.median(times[0] / times[index] for times in rounds),
        )
        for index, (program, size, _, _) in enumerate(programs)
    ]


def ours(config: EchoConfig) -> Iterator[Program]:
    """Our compiled loop: for the first network alone, and if there are several, for all side by side."""
    from echornn import Population, Trainer

    trainer, networks = Trainer(config.of(0)), config.replicas
    if networks == 1:
        yield from (("echornn", size, 1, trainer.advance) for size in CALL_SIZES)
        return
    yield "echornn", CALL_SIZES[-1], 1, trainer.advance
    population = Population(config)
    for size in CALL_SIZES:
        if size == 1 or size * networks <= MOST_A_CALL:
            yield f"echornn x {networks:,}", size, networks, population.advance


def baselines(config: EchoConfig) -> Iterator[Program]:
    """The slow implementations that can train this configuration."""
    from echornn.data.series import EchoSeries
    from echornn.network.model import initial_weights
    from echornn.reference import numpy_bptt
    from echornn.reference.tutorial import TutorialSession

    if (config.cell, config.num_layers, config.optimizer) != ("rnn", 1, "adagrad"):
        return
    weights = initial_weights(config)
    series = EchoSeries.generate(config)
    epochs = [(series.x, series.y)]
    size = min(200, config.windows_per_epoch)
    length, rate = config.truncated_backprop_length, config.learning_rate
    if config.num_classes == 2 and config.window_stride == length:
        tutorial = TutorialSession(weights, config.batch_size, length, rate)
        yield "the tutorial's session loop", size, 1, lambda n: tutorial.train(epochs, n)
    stride = config.window_stride
    yield "plain NumPy", size, 1, lambda n: numpy_bptt.train(weights, epochs, n, length, stride, rate)


async def measure_split(config: EchoConfig, compute_seconds: float) -> Split:
    """Measure the session alone, then with the app on an invisible screen, both at full speed.

    Args:
        config: the configuration to train.
        compute_seconds: seconds per window in the compiled loop alone, over all networks.
    """
    from tui.app.app import EchoApp

    alone = Session(config)
    running = asyncio.create_task(asyncio.to_thread(alone.run))
    alone_rate = await watched_rate(alone)
    alone.stop()
    await running

    shown = Session(config)
    app = EchoApp(shown)
    running = asyncio.create_task(app.run_async(headless=True, size=SCREEN_SIZE))  # type: ignore[arg-type]
    shown_rate = await watched_rate(shown)
    app.exit()
    await running
    screen = max(0.0, 1 - shown_rate / alone_rate)
    compute = min(1 - screen, shown_rate * compute_seconds)
    return Split(compute, 1 - compute - screen, screen, shown_rate * config.replicas)


async def watched_rate(session: Session) -> float:
    """The speed of a session in windows per second, measured once it trains.

    Raises:
        RuntimeError: the session has failed.
    """
    while session.frame.state is State.LOADING:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    begun, before = time.perf_counter(), session.frame.trained
    await asyncio.sleep(WATCHED_SECONDS)
    while session.frame.trained == before and session.frame.state is not State.FAILED:
        await asyncio.sleep(WATCHED_SECONDS)  # so slow that there was no window yet
    if session.frame.state is State.FAILED:
        raise RuntimeError(session.frame.message)
    return (session.frame.trained - before) / (time.perf_counter() - begun)


def run_bench(config: EchoConfig, as_json: bool) -> int:
    """Measure the speed and print it; returns the exit code."""
    terminal.keep_native_stderr_off_the_screen()
    endless = config.with_fields({"num_epochs": ENDLESS})
    rows = measure(endless)
    compute_seconds = min(row.microseconds for row in rows) * config.replicas / 1e6
    split = asyncio.run(measure_split(endless, compute_seconds))
    show(rows, split, as_json)
    return ExitCode.DONE


def show(rows: list[BenchRow], split: Split, as_json: bool) -> None:
    """Print the measurements: as JSON lines, or as a table."""
    if as_json:
        for row in rows:
            print(json.dumps({**asdict(row), "windows_per_second": row.windows_per_second}))
        print(json.dumps({"split": asdict(split)}))
        return
    table = Table(title="windows here, each figure the median of rounds taken in turn")
    table.add_column("program")
    for heading in ("windows/call", "us/window", "windows/s", f"times {rows[0].program}"):
        table.add_column(heading, justify="right")
    for row in rows:
        faster = "-" if math.isclose(row.speedup, 1) else f"{row.speedup:.3g}"
        table.add_row(
            row.program,
            f"{row.windows_per_call}",
            f"{row.microseconds:,.1f}",
            f"{row.windows_per_second:,.0f}",
            faster,
        )
    console = Console()
    console.print(table)
    console.print(
        f"the app at full speed, {SCREEN_SIZE[0]}x{SCREEN_SIZE[1]}: {split.windows_per_second:,.0f} windows/s; "
        f"compute {split.compute:.0%}, Python {split.python:.0%}, screen {split.screen:.0%}"
    )

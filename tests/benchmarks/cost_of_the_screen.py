"""Measures the cost of the screen: bytes sent, windows per second with and without the screen and
with each view open, and delays of the event loop.

`python -m tests.benchmarks.cost_of_the_screen [width] [height] [seconds per measurement]
[replicas]`
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
import pty
import select
import statistics
import sys
import tempfile
import termios
import time
from pathlib import Path

import numpy as np
from rich.console import Console

import tui.app.app
from echornn import EchoConfig, Session
from tests.benchmarks.cost_of_the_record import rate
from tui.app.app import EchoApp
from tui.app.screen_commands import ShowView
from tui.term import terminal
from tui.term.output import ASK
from tui.views.table import VIEWS

ROUNDS = 3
WARM_SECONDS = 1.5
"""Seconds before measuring, in which a view computes for the first time."""

LOOP_SECONDS = 0.002
"""The interval at which a task asks to be woken; its lateness is the delay of the event loop."""

CONFIG = EchoConfig(num_epochs=10**9)


def config_of(replicas: int) -> EchoConfig:
    """The configuration of one or more networks, without an end."""
    return dataclasses.replace(CONFIG, replicas=replicas)


class Watched(EchoApp):
    """The app, which measures the delays of its event loop once it trains, and ends after some
    seconds."""

    CSS_PATH = str(Path(tui.app.app.__file__).with_name("app.tcss"))

    def __init__(self, session: Session, seconds: float, view: str) -> None:
        super().__init__(session)
        self.near = session
        self.seconds = seconds
        self.view = view
        self.delays: list[float] = []
        self.rate = math.nan

    async def on_ready(self) -> None:
        self.measuring = asyncio.create_task(self.measure())

    async def measure(self) -> None:
        while not self.near.frame.trained:
            await asyncio.sleep(0.05)
        await self.training.do(ShowView(self.view))
        await asyncio.sleep(WARM_SECONDS)
        begun, before = time.perf_counter(), self.near.frame.trained
        while (now := time.perf_counter()) < begun + self.seconds:
            await asyncio.sleep(LOOP_SECONDS)
            self.delays.append(time.perf_counter() - now - LOOP_SECONDS)
        self.rate = (self.near.frame.trained - before) / (time.perf_counter() - begun)
        self.session.stop()
        self.exit(0)


def watch(speed: float, seconds: float, results: str, view: str, replicas: str) -> None:
    """The child process on the pseudo-terminal: the app with a real session, with the view of a key
    open."""
    terminal.keep_native_stderr_off_the_screen()
    app = Watched(Session(config_of(int(replicas)), speed), seconds, view)
    app.run(mouse=False)
    delays = np.array(app.delays) * 1e3
    p99, worst = float(np.percentile(delays, 99)), float(delays.max())
    Path(results).write_text(json.dumps({"p99 ms": p99, "worst ms": worst, "windows/s": app.rate}))
    os._exit(0)


def on_a_terminal(arguments: list[str], size: tuple[int, int]) -> list[tuple[float, int]]:
    """Run a module on a pseudo-terminal that answers queries; returns when bytes arrived."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(sys.executable, [sys.executable, "-m", *arguments])
    termios.tcsetwinsize(master, size[::-1])
    came: list[tuple[float, int]] = []
    while True:
        select.select([master], [], [])
        try:
            data = os.read(master, 1 << 16)
        except OSError:
            break
        came.append((time.perf_counter(), len(data)))
        os.write(master, b"\x1b[1;1R" * data.count(ASK.encode()))
    os.waitpid(pid, 0)
    return came


def main() -> None:
    if sys.argv[1:2] == ["watch"]:
        watch(float(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:7])
    width, height, seconds, replicas = [
        *map(int, sys.argv[1:]),
        *(120, 40, 10, 1)[len(sys.argv) - 1 :],
    ]
    size, say, config = (width, height), Console().print, config_of(replicas)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        results = Path(folder) / "results"
        for speed in (100.0, math.inf):
            ratios: dict[str, list[float]] = {view.title: [] for view in VIEWS}
            for view in VIEWS * ROUNDS:
                module = "tests.benchmarks.cost_of_the_screen"
                arguments = [str(speed), str(seconds), str(results), view.key, str(replicas)]
                came = on_a_terminal([module, "watch", *arguments], size)
                seen = json.loads(results.read_text())
                last = came[-1][0]
                sent = sum(size for at, size in came if last - seconds < at < last - 0.5) / (
                    seconds - 0.5
                )
                seen["kB/s"] = sent / 1e3
                if math.isinf(speed):
                    ratios[view.title].append(seen["windows/s"] / rate(None, seconds, config))
                what = f"{width}x{height}, {replicas} replicas, {view.title}, at {speed} windows/s"
                say(f"{what}: {', '.join(f'{k} {v:,.1f}' for k, v in seen.items())}")
            for title, some in ratios.items() if math.isinf(speed) else ():
                spread = f"{min(some):.2f} to {max(some):.2f}"
                say(
                    f"in the app, {title}, {statistics.median(some):.2f} of the session alone "
                    f"({spread})"
                )


if __name__ == "__main__":
    main()

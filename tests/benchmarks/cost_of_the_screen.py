"""Measures the cost of the screen: bytes sent, windows per second with and without the screen and
with each view open, and delays of the event loop.

`python -m tests.benchmarks.cost_of_the_screen [width] [height] [seconds per measurement]
[replicas]`
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import pty
import statistics
import sys
import termios
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

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

Arrivals = list[tuple[float, int]]
"""When bytes arrived, and how many."""


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
        before = self.near.frame.trained
        begun = now = time.perf_counter()
        while now < begun + self.seconds:
            await asyncio.sleep(LOOP_SECONDS)
            woken = time.perf_counter()
            self.delays.append(woken - now - LOOP_SECONDS)
            now = woken
        self.rate = (self.near.frame.trained - before) / (time.perf_counter() - begun)
        self.session.stop()
        self.exit(0)


def watch(speed: str, seconds: str, results: str, view: str, replicas: str) -> None:
    """The child process on the pseudo-terminal: the app with a real session, with the view of a key
    open."""
    terminal.keep_native_stderr_off_the_screen()
    config = EchoConfig(num_epochs=10**9, replicas=int(replicas))
    app = Watched(Session(config, float(speed)), float(seconds), view)
    app.run(mouse=False)
    delays = np.array(app.delays) * 1e3
    measured = {
        "p99 ms": float(np.percentile(delays, 99)),
        "worst ms": float(delays.max()),
        "windows/s": app.rate,
    }
    Path(results).write_text(json.dumps(measured))
    os._exit(0)


def run_on_a_terminal(*arguments: object, width: int, height: int) -> Arrivals:
    """Run this module on a pseudo-terminal that answers queries; returns when bytes arrived."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        command = [sys.executable, "-m", "tests.benchmarks.cost_of_the_screen"]
        os.execv(sys.executable, [*command, *map(str, arguments)])
    termios.tcsetwinsize(master, (height, width))
    arrivals: Arrivals = []
    while True:
        try:
            data = os.read(master, 1 << 16)
        except OSError:  # the program has ended
            break
        arrivals.append((time.perf_counter(), len(data)))
        os.write(master, b"\x1b[1;1R" * data.count(ASK.encode()))
    os.waitpid(pid, 0)
    return arrivals


def kilobytes_a_second(arrivals: Arrivals, seconds: int) -> float:
    """What was sent while it was measured, but for the last half second, in which the app ends."""
    end, _ = arrivals[-1]
    sent = 0
    for at, size in arrivals:
        if end - seconds < at < end - 0.5:
            sent += size
    return sent / (seconds - 0.5) / 1000


def main(width: int = 120, height: int = 40, seconds: int = 10, replicas: int = 1) -> None:
    config = EchoConfig(num_epochs=10**9, replicas=replicas)
    shares = defaultdict(list)
    with TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        results = Path(folder) / "results"
        for speed in (100.0, math.inf):
            for view in VIEWS * ROUNDS:
                arguments = (speed, seconds, results, view.key, replicas)
                arrivals = run_on_a_terminal("watch", *arguments, width=width, height=height)
                measured = json.loads(results.read_text())
                measured["kB/s"] = kilobytes_a_second(arrivals, seconds)
                if math.isinf(speed):
                    alone = rate(None, seconds, config)
                    shares[view.title].append(measured["windows/s"] / alone)
                figures = ", ".join(f"{name} {value:,.1f}" for name, value in measured.items())
                setting = f"{replicas} replicas, {view.title}, at {speed} windows/s"
                print(f"{width}x{height}, {setting}: {figures}", flush=True)
    for title, ratios in shares.items():
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        median = statistics.median(ratios)
        print(f"in the app, {title}, {median:.2f} of the session alone ({spread})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["watch"]:
        watch(*sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:]))

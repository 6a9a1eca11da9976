"""Kills a run at random times at full speed, resumes it each time, and compares it with a run that was never killed.

`python -m tests.benchmarks.kill_and_resume [kills] [epochs]` exits with 1 if a bit of a loss differs.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from echornn.history.windows import WINDOW
from echornn.runs import folders, states
from echornn.runs.folders import LOSS_FILE
from echornn.runs.run_dir import Run

KILLS, EPOCHS = 50, 5000
WHILE_LOADING = 0.1
"""The share of kills that come before training begins."""
SECONDS_OF_TRAINING = 3.0
"""The other kills come up to this many seconds after the first checkpoint."""


def start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tui", "--headless", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def serial(folder: Path) -> int:
    run = states.load(folder)[0]
    return run[0].serial if run else -1


def kill_once(folder: Path, arguments: list[str], dice: random.Random) -> bool:
    """Start the run, and kill it at a random time; False if it ended before."""
    before = serial(folder)
    process = start(*arguments)
    if dice.random() < WHILE_LOADING:
        time.sleep(dice.uniform(0, 6))
    else:
        while serial(folder) == before and process.poll() is None:
            time.sleep(0.05)
        time.sleep(dice.uniform(0, SECONDS_OF_TRAINING))
    process.kill()
    return process.wait() < 0


def main() -> None:
    kills, epochs = [*map(int, sys.argv[1:]), *(KILLS, EPOCHS)[len(sys.argv) - 1 :]]
    dice = random.Random(kills)
    say = Console().print
    with tempfile.TemporaryDirectory() as name:
        killed, whole = Path(name) / "killed", Path(name) / "whole"
        fields = ["--num-epochs", str(epochs)]
        arguments = ["--run", str(killed), *fields]
        done = 0
        while done < kills and kill_once(killed, arguments, dice):
            done += 1
            if (killed / folders.RUN_FILE).exists():
                arguments = ["--resume", str(killed)]
                run = Run.read(killed)
                ahead = (killed / LOSS_FILE).stat().st_size // WINDOW.itemsize - run.trained
                say(f"kill {done}: {run.trained:,} windows saved, {ahead:,} ahead of the checkpoint; {run.notes}")
        codes = start(*arguments).wait(), start("--run", str(whole), *fields).wait()
        one, other = (np.fromfile(folder / LOSS_FILE, WINDOW) for folder in (killed, whole))
        same = one.tobytes() == other.tobytes()
        verdict = "the same" if same else "NOT the same"
        say(f"{done} kills, exit codes {codes}, {len(one):,} and {len(other):,} windows: {verdict}")
        size = folders.size(killed)
        say(f"{size / len(one) * 1e6 / 1e6:.2f} MB on disk for 10^6 windows")
    sys.exit(not same)


if __name__ == "__main__":
    main()

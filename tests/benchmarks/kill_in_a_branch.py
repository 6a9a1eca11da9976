"""Checks that a branch that was killed equals the trunk, bit for bit: `python -m tests.benchmarks.kill_in_a_branch
[kills]`.

A run is trained to its end. Then a branch is started with `--resume --at`, killed (kill -9) at a random time and
resumed with `--resume`, as many times as requested; when the branch has reached its end, the next starts from another
window. Each branch must have the same losses as the trunk, otherwise the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from echornn.history.windows import WINDOW
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position

SECONDS = 2.0
"""A kill comes up to this many seconds after the branch was first saved."""


def start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tui", "--headless", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def trained(folder: Path) -> int:
    return Run.read(folder, quickly=True).trained


def kill_once(folder: Path, arguments: list[str], dice: random.Random) -> bool:
    """Start the run, and kill it after it has saved new windows; False if it ended before."""
    before = trained(folder)
    process = start("--resume", str(folder), *arguments)
    while process.poll() is None and trained(folder) == before:
        time.sleep(0.02)
    time.sleep(dice.uniform(0, SECONDS))
    process.kill()
    return process.wait() < 0


def main() -> int:
    """Print a line for each kill and for each branch. Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--epochs", type=int, default=2000)
    given = parser.parse_args()
    dice = random.Random(given.kills)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        code = start("--run", str(folder), "--num-epochs", str(given.epochs)).wait()
        end = Run.read(folder, quickly=True).position
        print(f"the trunk: {end.window:,} windows, exit code {code}", flush=True)
        at = dice.randrange(end.window // 10)
        back = ["--at", str(at)]
        killed = 0
        while killed < given.kills:
            if kill_once(folder, back, dice):
                killed += 1
                position = Run.read(folder).position
                print(f"kill {killed}: branch {position.branch} from window {at:,} at {position.window:,}", flush=True)
                back = []
            else:  # the branch has reached its end: begin another
                at = dice.randrange(end.window // 10)
                back = ["--at", str(at)]
        start("--resume", str(folder)).wait()
        return 1 if differing(folder, end) else 0


def differing(folder: Path, trunk: Position) -> int:
    """The number of branches whose losses or errors differ from the trunk's."""
    run = Run.read(folder)
    windows = windows_to(run, trunk)
    wrong = 0
    for branch in run.tree[0][1:]:
        end = Position(branch.number, run.tree.ends[branch.number])
        same = windows_to(run, end) == windows[: end.window * WINDOW.itemsize]
        wrong += not same
        word = "the same bits" if same else "DIFFERS"
        print(f"branch {branch.number} from window {branch.start:,} to {end.window:,}: {word}", flush=True)
    return wrong


def windows_to(run: Run, position: Position) -> bytes:
    """The windows on the path to a position, as stored in the log."""
    return b"".join(piece.windows.tobytes() for piece in run.path(position))


if __name__ == "__main__":
    sys.exit(main())

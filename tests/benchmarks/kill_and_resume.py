"""Kills a run at random times at full speed, resumes it each time, and compares it with a run that
was never killed.

`python -m tests.benchmarks.kill_and_resume [kills] [--replicas N] [--epochs N]` exits with 1 if the
exported windows, the record or the last state differ in a byte from a run that was never killed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from echornn.errors import RunError
from echornn.run.checkpoint import recorded_state
from echornn.run.folders import LOSS_FILE, SOLVED_FILE
from echornn.run.run import Run

SECONDS = 1.0
"""A kill comes up to this many seconds after the process has saved new windows."""


def start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tui", "--headless", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def trained(folder: Path) -> int:
    """The number of saved windows; 0 if there is no run yet."""
    try:
        return Run.read(folder, quickly=True).trained
    except RunError:
        return 0


def kill_once(folder: Path, arguments: list[str], dice: random.Random) -> bool:
    """Start the run, and kill it after it has saved new windows; False if it ended before."""
    before = trained(folder)
    process = start(*arguments)
    while process.poll() is None and trained(folder) == before:
        time.sleep(0.05)
    time.sleep(dice.uniform(0, SECONDS))
    process.kill()
    return process.wait() < 0


def exported(folder: Path, *options: str) -> str:
    """The SHA-256 of the output of `export` for the run."""
    command = [sys.executable, "-m", "tui", "export", str(folder), *options]
    digest = hashlib.sha256()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(1 << 20):
            digest.update(piece)
    assert process.returncode == 0
    return digest.hexdigest()


def all_of(folder: Path) -> dict[str, object]:
    """Everything that must be equal, by name."""
    run = Run.read(folder)
    assert run.checkpoint is not None
    assert run.notes == (), run.notes
    _, arrays = recorded_state(run.checkpoint.state)
    return {
        "export": exported(folder),
        "export --summary": exported(folder, "--summary"),
        LOSS_FILE: (folder / LOSS_FILE).read_bytes(),
        SOLVED_FILE: (folder / SOLVED_FILE).exists() and (folder / SOLVED_FILE).read_bytes(),
        "the last state": [one.tobytes() for one in arrays],
    }


def main() -> int:
    """Print a line for each kill and for each comparison. Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5000)
    given = parser.parse_args()
    dice = random.Random(given.kills)
    with tempfile.TemporaryDirectory() as name:
        killed, whole = Path(name) / "killed", Path(name) / "whole"
        fields = [
            "--num-epochs",
            str(given.epochs),
            "--replicas",
            str(given.replicas),
            "--seed",
            "0",
        ]
        arguments = ["--run", str(killed), *fields]
        done = 0
        while done < given.kills and kill_once(killed, arguments, dice):
            done += 1
            arguments = ["--resume", str(killed)]
            run = Run.read(killed)
            ahead = run.layout.windows((killed / LOSS_FILE).stat().st_size) - run.trained
            print(
                f"kill {done}: {run.trained:,} windows saved, {ahead:,} ahead of the checkpoint",
                flush=True,
            )
        begun = time.monotonic()
        codes = start(*arguments).wait(), start("--run", str(whole), *fields).wait()
        print(
            f"{done} kills, exit codes {codes}, both to their ends in "
            f"{time.monotonic() - begun:.1f} s",
            flush=True,
        )
        one, other = all_of(killed), all_of(whole)
        for what in one:
            print(
                f"{what}: {'the same' if one[what] == other[what] else 'NOT the same'}", flush=True
            )
        files = {
            file.name: file.stat().st_size for file in sorted(whole.iterdir()) if file.is_file()
        }
        print(", ".join(f"{name} {size / 1e6:,.3f} MB" for name, size in files.items()))
        return 0 if one == other and done == given.kills else 1


if __name__ == "__main__":
    sys.exit(main())

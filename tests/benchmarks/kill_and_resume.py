"""Kills a run at random times at full speed, resumes it each time, and compares it with a run that
was never killed.

`python -m tests.benchmarks.kill_and_resume [kills] [--replicas N] [--epochs N]` exits with 1 if the
exported windows, the record or the last state differ in a byte from a run that was never killed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory

from echornn.errors import RunError
from echornn.run.checkpoint import recorded_state
from echornn.run.folders import LOSS_FILE, SOLVED_FILE
from echornn.run.run import Run

SECONDS = 1.0
"""A kill comes up to this many seconds after the process has saved new windows."""


def start(*arguments: object) -> Popen[bytes]:
    command = [sys.executable, "-m", "tui", "--headless", *map(str, arguments)]
    return Popen(command, stdout=DEVNULL, stderr=DEVNULL)


def trained(folder: Path) -> int:
    """The number of saved windows; 0 if there is no run yet."""
    try:
        return Run.read(folder, quickly=True).trained
    except RunError:
        return 0


def kill_once(folder: Path, arguments: list[object], dice: random.Random) -> bool:
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
    with Popen(command, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdout is not None
        digest = hashlib.file_digest(process.stdout, "sha256")  # type: ignore[arg-type]
    assert process.returncode == 0
    return digest.hexdigest()


def all_of(folder: Path) -> dict[str, object]:
    """Everything that must be equal, by name."""
    run = Run.read(folder)
    assert run.checkpoint is not None
    assert run.notes == (), run.notes
    _, arrays = recorded_state(run.checkpoint.state)
    contents: dict[str, object] = {
        "export": exported(folder),
        "export --summary": exported(folder, "--summary"),
        LOSS_FILE: (folder / LOSS_FILE).read_bytes(),
        "the last state": [array.tobytes() for array in arrays],
    }
    if (folder / SOLVED_FILE).exists():
        contents[SOLVED_FILE] = (folder / SOLVED_FILE).read_bytes()
    return contents


def print_progress(kills: int, folder: Path) -> None:
    run = Run.read(folder)
    ahead = run.layout.windows((folder / LOSS_FILE).stat().st_size) - run.trained
    saved = f"{run.trained:,} windows saved, {ahead:,} ahead of the checkpoint"
    print(f"kill {kills}: {saved}", flush=True)


def print_comparison(killed: Path, whole: Path) -> bool:
    """Print a line for each thing that is compared; whether all are equal."""
    ours = all_of(killed)
    others = all_of(whole)
    for name, content in ours.items():
        is_same = name in others and content == others[name]
        print(f"{name}: {'the same' if is_same else 'NOT the same'}", flush=True)
    return ours == others


def main() -> int:
    """Print a line for each kill and for each comparison. Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5000)
    asked = parser.parse_args()
    fields = ("--num-epochs", asked.epochs, "--replicas", asked.replicas, "--seed", 0)
    dice = random.Random(asked.kills)
    with TemporaryDirectory() as name:
        killed = Path(name) / "killed"
        whole = Path(name) / "whole"
        arguments: list[object] = ["--run", killed, *fields]
        kills = 0
        while kills < asked.kills and kill_once(killed, arguments, dice):
            kills += 1
            arguments = ["--resume", killed]
            print_progress(kills, killed)
        begun = time.monotonic()
        codes = start(*arguments).wait(), start("--run", whole, *fields).wait()
        seconds = time.monotonic() - begun
        print(f"{kills} kills, exit codes {codes}, both to their ends in {seconds:.1f} s")
        is_same = print_comparison(killed, whole)
        for file in sorted(whole.iterdir()):
            if file.is_file():
                print(f"{file.name} {file.stat().st_size / 1e6:,.3f} MB")
    return 0 if is_same and kills == asked.kills else 1


if __name__ == "__main__":
    sys.exit(main())

"""Kills a sweep, its workers and its scheduler at random times, restarts it each time, and checks the results.

`python -m tests.benchmarks.kill_the_sweep [kills] [--dask]` exits with 1 if a finished network is trained again, if a
network is missing, or if a result differs from a sweep that was never killed. With ``--dask`` it uses a scheduler and
two workers, which are killed too; otherwise processes on this machine, and the server that forks them.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from echornn.sweeps.folder import RESULTS, TABLE

KILLS = 30
SEEDS = 40
FLAGS = ["--grid", "echo_step=3..8", "state_size=4,8", "--seeds", str(SEEDS), "--init", "glorot", "--num-epochs", "100"]
NETWORKS = 6 * 2 * SEEDS
MOST_SECONDS = 15.0
"""The longest time between two kills, in seconds."""

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}


class Cluster:
    """A scheduler and two workers; those that have ended are started again."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for name in ("scheduler", "worker 1", "worker 2"):
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                if name == "scheduler":
                    self.file.unlink(missing_ok=True)
                how = ["--port", "0"] if name == "scheduler" else ["--nthreads", "1", "--death-timeout", "10"]
                command = ["dask", name.split()[0], *how, "--no-dashboard", "--scheduler-file", str(self.file)]
                self._processes[name] = subprocess.Popen([sys.executable, "-m", *command], **QUIET)  # type: ignore[call-overload]
            while name == "scheduler" and not self.file.exists():
                time.sleep(0.05)

    def kill(self, name: str) -> None:
        kill_group(self._processes[name].pid)
        self._processes[name].wait()
        if name == "scheduler":  # its workers end later, by themselves
            for worker in ("worker 1", "worker 2"):
                self.kill(worker)

    def end(self) -> None:
        for process in self._processes.values():
            kill_group(process.pid)
            process.wait()


def kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def known(folder: Path) -> dict[str, int]:
    """The inode of each result; a changed inode means that a network was trained again."""
    results = folder / RESULTS
    return {file.name: file.stat().st_ino for file in results.glob("*.json")} if results.exists() else {}


def rows(folder: Path) -> list[tuple[str, ...]]:
    """The rows of the result table, sorted, without the seconds."""
    with (folder / TABLE).open(newline="") as lines:
        return sorted(tuple(value for name, value in row.items() if name != "seconds") for row in csv.DictReader(lines))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", nargs="?", type=int, default=KILLS)
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--within", type=float, default=MOST_SECONDS, help="seconds from one kill to the next, at most")
    chosen = parser.parse_args()
    dice, say = random.Random(chosen.kills), Console().print
    with tempfile.TemporaryDirectory() as name:
        killed, whole = Path(name) / "killed", Path(name) / "whole"
        cluster = Cluster(Path(name)) if chosen.dask else None
        sweep = [sys.executable, "-m", "tui", "sweep", "--headless", *FLAGS]
        where = [] if cluster is None else ["--scheduler-file", str(cluster.file)]
        done, changed = 0, 0
        before: dict[str, int] = {}
        process: subprocess.Popen[bytes] | None = None
        try:
            while done < chosen.kills:
                if cluster is not None:
                    cluster.start()
                if process is None or process.poll() is not None:
                    if len(known(killed)) == NETWORKS:
                        break
                    process = subprocess.Popen([*sweep, "--out", str(killed), *where], **QUIET)  # type: ignore[call-overload]
                time.sleep(dice.uniform(0, chosen.within))
                victims = ["sweep", "worker 1", *(["server"] if cluster is None else ["worker 2", "scheduler"])]
                victim = dice.choice(victims)
                if victim == "sweep":
                    process.kill()
                    process.wait()
                elif cluster is not None:
                    cluster.kill(victim)
                else:
                    servers = children(process.pid)
                    workers = [worker for server in servers for worker in children(server)]
                    for pid in servers if victim == "server" else workers[:1]:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                done += 1
                there = known(killed)
                changed += sum(there.get(file) != inode for file, inode in before.items())
                before = there
                say(f"kill {done}, of {victim}: {len(there)} of {NETWORKS} known")
            if process is not None:
                process.wait()
            if cluster is not None:
                cluster.start()
            codes = [subprocess.run([*sweep, "--out", str(killed), *where], **QUIET).returncode]  # type: ignore[call-overload]
            changed += sum(known(killed).get(file) != inode for file, inode in before.items())
            codes.append(subprocess.run([*sweep, "--out", str(whole)], **QUIET).returncode)  # type: ignore[call-overload]
        finally:
            if process is not None:
                process.kill()
            if cluster is not None:
                cluster.end()
        same = rows(killed) == rows(whole)
        lacking = NETWORKS - len(rows(killed))
    verdict = "the same" if same else "NOT the same"
    say(f"{done} kills, exit codes {codes}: {changed} trained again, {lacking} lacking, {verdict}")
    sys.exit(bool(changed or lacking or not same))


if __name__ == "__main__":
    main()

"""Measures a run of several networks that prints lines: seconds, processor seconds, and the speed of its export.

`python -m tests.benchmarks.many_seeds_in_lines [--replicas N] [--epochs N]`: by default 64 and 100. Then it trains
seeds 0 to 49 for an epoch, of which 29 solve the tutorial.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Processor seconds of a running process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def trained(*arguments: str) -> Iterator[tuple[dict[str, Any], float, float]]:
    """Train, and yield each record as it is printed, with the seconds and processor seconds until then."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "tui", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line), time.perf_counter() - begun, processor_seconds(process.pid)
    assert process.returncode == 0


def exported(folder: Path) -> tuple[int, float]:
    """The number of rows that `export` prints for the run, and the seconds that it takes."""
    begun, rows = time.perf_counter(), -1
    command = [sys.executable, "-m", "tui", "export", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(1 << 20):
            rows += piece.count(b"\n")
    assert process.returncode == 0
    return rows, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "run"
        flags = ("--replicas", str(given.replicas), "--num-epochs", str(given.epochs), "--run", str(folder))
        seen = [one for one in trained(*flags) if one[0]["event"] in ("window", "epoch")]
        (_, first, first_cpu), (newest, last, last_cpu) = seen[0], seen[-1]
        rows, seconds = exported(folder)
        share = (last - first) / rows * 1e6
        print(f"{given.replicas} replicas, {given.epochs} epochs: {last:.1f} s from the start to the last window")
        print(f"  until the first window {first:.1f} s ({first_cpu:.1f} s of a processor)")
        print(f"  training {last - first:.1f} s ({last_cpu - first_cpu:.1f}); {share:.2f} us a network and window")
        print(f"  {newest['solved']} solved; {rows:,} rows exported in {seconds:.1f} s")
        seeds = ("--replicas", "50", "--seed", "0", "--num-epochs", "1", "--run", str(Path(home) / "seeds"))
        *_, (finished, last, _) = trained(*seeds)
        print(f"seeds 0 to 49, an epoch: {finished['solved']} of 50 solved, {last:.1f} s")


if __name__ == "__main__":
    main()

"""Sends storms of random keys, pastes, mouse reports and noise to the real program on a terminal.

`python -m tests.benchmarks.key_storm [storms] [keys] [first seed]` exits with 1 if the program crashed or left the
terminal in disorder, or if a trainer that gets the same commands does not reproduce the run bit for bit.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from echornn.runs.run_dir import Run
from tests.storm import Storm

STORMS, KEYS = 20, 5000


def main() -> None:
    storms, keys, first = [*map(int, sys.argv[1:]), *(STORMS, KEYS, 0)[len(sys.argv) - 1 :]]
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)  # the command palette can save the screen to the current folder
        for seed in range(first, first + storms):
            folder = Path(name) / f"storm-{seed}"
            begun = time.monotonic()
            storm = Storm(seed, keys, folder, populations=True)
            fault = storm.blow("--num-epochs", "20")
            wrong += bool(fault)
            run = Run.read(folder) if folder.exists() else None
            trained, branches = (run.trained, len(run.tree.ends)) if run else (0, 0)
            print(
                f"seed {seed}: {keys} keys, {storm.starts} starts, {trained:,} windows, {branches} branches,"
                f" {time.monotonic() - begun:.0f} s: {fault or 'alive, and replays'}",
                flush=True,
            )
    print(f"{storms - wrong} of {storms} alive")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()

"""Measures a window with clipping and with penalties relative to one without.

`python -m tests.benchmarks.cost_of_norms`: two minutes. With the path of another checkout as the argument, that
version is measured in turn with this one, each in processes of its own, which shows what the norm itself costs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parents[2]
SHAPES: dict[str, dict[str, Any]] = {
    "(4, 5, 15)": {},
    "64 seeds": {"replicas": 64},
    "(256, 50, 15)": {"state_size": 256, "batch_size": 50, "total_series_length": 500_000, "init": "glorot"},
}
SETTINGS: dict[str, dict[str, float]] = {
    "off": {},
    "clip_norm": {"clip_norm": 1.0},
    "weight_decay": {"weight_decay": 1e-4},
    "rate_penalty": {"rate_penalty": 1e-3},
}
TURNS = 5
SECONDS = 0.4


def times(shape: str, settings: list[str]) -> dict[str, float]:
    """The least processor time of a window in us, by setting; the settings alternate."""
    from echornn import EchoConfig, Population

    counts, found, populations = {}, dict.fromkeys(settings, np.inf), {}
    for name in settings:
        config = EchoConfig(num_epochs=10**9, learning_rate=1e-3).with_fields({**SHAPES[shape], **SETTINGS[name]})
        populations[name] = Population(config, at_once=1)
        populations[name].advance(20)
        begun = time.perf_counter()
        populations[name].advance(20)
        counts[name] = max(20, int(20 * SECONDS / (time.perf_counter() - begun)))
    for _ in range(TURNS):
        for name in settings:
            begun = time.process_time()
            populations[name].advance(counts[name])
            found[name] = min(found[name], 1e6 * (time.process_time() - begun) / counts[name])
    return found


def elsewhere(folder: Path, shape: str, settings: list[str]) -> dict[str, float]:
    """The same by the program in a folder."""
    command = [sys.executable, __file__, "--times", shape, *settings]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(folder)}, stdout=subprocess.PIPE, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    for shape in SHAPES:
        both = [elsewhere(HERE, shape, [*SETTINGS])]
        if len(sys.argv) > 1:
            before = [elsewhere(Path(sys.argv[1]), shape, ["off"])["off"] for _ in range(2)]
            both.append(elsewhere(HERE, shape, [*SETTINGS]))
            print(f"{shape}: that version {min(before):.2f} us a window", flush=True)
        for name in SETTINGS:
            each, off = min(one[name] for one in both), min(one["off"] for one in both)
            print(f"{shape}: {name} {each:.2f} us a window ({each / off:.3f})", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--times"]:
        print(json.dumps(times(sys.argv[2], sys.argv[3:])))
    else:
        main()

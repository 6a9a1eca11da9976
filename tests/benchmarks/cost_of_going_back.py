"""Measures the seconds to show a random window of a long run, and the size of its keyframes.

`python -m tests.benchmarks.cost_of_going_back`: `--windows N ...` are the lengths of the runs, in the tutorial's
configuration; `--looks N` is the number of windows shown in each. The size is that of the recorder's keyframe file. At
the end it measures windows per second at full speed, in turn with keyframes as in a session and without keyframes
(`--seconds N` each; 0 skips this).
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import tempfile
import time
from pathlib import Path
from unittest import mock

from echornn.config import EchoConfig
from echornn.runs import folders
from echornn.runs.recorder import Recorder, RunRecorder
from echornn.runs.run_dir import Run
from echornn.session import live_run
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.timeline.branch import Position
from echornn.training.structure import tensorflow_trainers

CONFIG = EchoConfig(seed=7, num_epochs=10**6)
SLICE = 8000
"""Windows trained at a time, about as many as in a session at full speed."""

SAVE_SECONDS = 1.0
ROUNDS = 5

make_trainer = tensorflow_trainers()


def arrive(live: LiveRun, position: Position) -> float:
    """Go to a position; returns the seconds that it took."""
    begun = time.perf_counter()
    live.go(position)
    while not live.arrived:
        live.step(4000)
    return time.perf_counter() - begun


def begun(recorder: Recorder) -> LiveRun:
    """A new run, with its loop compiled."""
    live = LiveRun(CONFIG, make_trainer, recorder, Pace(math.inf, time.monotonic), time.monotonic)
    live.trainer = live.make(CONFIG)
    live.trainer.compile()
    live.begin()
    return live


def look(windows: int, looks: int) -> None:
    """Train a run of ``windows`` windows, then show some of its windows at random."""
    with tempfile.TemporaryDirectory() as name:
        recorder = RunRecorder.begin(Path(name) / "run", CONFIG)
        live = begun(recorder)
        saved = begun_at = time.perf_counter()
        while (left := windows - live.here.window) > 0:
            live.train(min(left, SLICE))
            if time.perf_counter() - saved > SAVE_SECONDS:
                live.save()
                saved = time.perf_counter()
        live.save()
        recorder.wait(60)
        seconds = time.perf_counter() - begun_at
        size = (Path(name) / "run" / folders.KEYFRAME_FILE).stat().st_size
        kept = len(Run.read(Path(name) / "run").keyframes())
        print(f"{windows:,} windows in {seconds:.0f} s: {kept:,} keyframes, {size:,} bytes on disk", flush=True)
        dice = random.Random(windows)
        taken = [arrive(live, Position(0, dice.randrange(windows))) for _ in range(looks)]
        if taken:
            median, longest = statistics.median(taken), max(taken)
            print(
                f"  a random window is shown in {median:.3f} s, at the longest {longest:.3f} s, of {looks}", flush=True
            )
        recorder.close()


def rate(seconds: float, keyframe_seconds: float) -> float:
    """Windows per second with a keyframe every ``keyframe_seconds`` seconds."""
    with mock.patch.object(live_run, "KEYFRAME_SECONDS", keyframe_seconds):
        live = begun(Recorder())
        live.train(SLICE)
        begun_at, before = time.perf_counter(), live.here.window
        while (taken := time.perf_counter() - begun_at) < seconds:
            live.train(SLICE)
        return (live.here.window - before) / taken


def main() -> None:
    """Print two lines for each length of a run, and one for each round of the speeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, nargs="*", default=[10**5, 10**7])
    parser.add_argument("--looks", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    for windows in given.windows:
        look(windows, given.looks)
    if given.seconds <= 0:
        return
    ratios = []
    for number in range(ROUNDS):
        kinds = [live_run.KEYFRAME_SECONDS, math.inf]
        rates = {kind: rate(given.seconds, kind) for kind in (kinds if number % 2 else reversed(kinds))}
        ratios.append(rates[kinds[0]] / rates[kinds[1]])
        print(f"{rates[kinds[1]]:,.0f} windows/s without keyframes, {rates[kinds[0]]:,.0f} with", flush=True)
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"keyframes cost {1 - statistics.median(ratios):.1%} (median of {ROUNDS}; {spread})")


if __name__ == "__main__":
    main()

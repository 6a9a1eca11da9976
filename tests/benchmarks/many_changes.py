"""Checks that nothing grows while a session switches between networks and goes back, many times.

`python -m tests.benchmarks.many_changes [minutes]` switches to several networks and back, changes the structure, and
goes to random windows, in turn. It prints memory, file descriptors, threads and memory mappings; at the end also the
processor time that the paused session takes.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from echornn import EchoConfig, RunRecorder, Session
from echornn.session.commands import Edit, Go, Pause, Resume, ToggleReplicas
from tests.benchmarks.cost_of_the_record import resident_megabytes

MINUTES = 20.0
REPLICAS = (8, 16, 64)
STRUCTURES = [(cell, size) for cell in ("rnn", "gru", "lstm") for size in (4, 6, 8, 12)]
SECONDS_APART = 2.0
"""Seconds of training between two changes."""

LOOK_SECONDS = 30.0
IDLE_SECONDS = 20.0


def look(session: Session, done: dict[str, int], begun: float) -> None:
    """Print what the process uses."""
    mappings = len(Path("/proc/self/maps").read_text().splitlines())
    descriptors, threads = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
    counts = ", ".join(f"{count} {name}" for name, count in done.items())
    print(
        f"{time.monotonic() - begun:>6.0f} s  {resident_megabytes():>6,.0f} MB  {descriptors} descriptors"
        f"  {threads} threads  {mappings:,} mappings  {session.frame.trained_in_all:,} windows  {counts}",
        flush=True,
    )


def change(session: Session, dice: random.Random, done: dict[str, int]) -> None:
    """Make one of the changes, and wait until it is done."""
    kind = dice.choice(list(done))
    done[kind] += 1
    if kind == "populations":
        session.send(ToggleReplicas(dice.choice(REPLICAS)))
    elif kind == "edits":
        cell, size = dice.choice(STRUCTURES)
        session.send(Edit({"cell": cell, "state_size": size, "replicas": 1}))
    else:
        branch = dice.randrange(len(session.timeline))
        session.send(Go(branch, dice.randrange(session.timeline.end(branch).window + 1)))
    session.when_idle(300.0)
    session.send(Resume())


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    config = EchoConfig(num_epochs=10**6)
    dice = random.Random(17)
    done = {"populations": 0, "edits": 0, "goings back": 0}
    with tempfile.TemporaryDirectory() as name:
        session = Session(config, 2000.0, recorder=RunRecorder.begin(Path(name) / "run", config))
        thread = threading.Thread(target=session.run)
        thread.start()
        session.when_idle(300.0)
        begun = looked = time.monotonic()
        look(session, done, begun)
        while time.monotonic() - begun < 60 * minutes and not session.stopped.is_set():
            change(session, dice, done)
            session.stopped.wait(SECONDS_APART)
            if time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                look(session, done, begun)
        session.send(Pause())
        session.when_idle(300.0)
        time.sleep(SECONDS_APART)
        before = time.process_time()
        time.sleep(IDLE_SECONDS)
        print(f"paused: {(time.process_time() - before) / IDLE_SECONDS:.2%} of a processor")
        session.stop()
        thread.join()
        if session.error is not None:
            raise session.error


if __name__ == "__main__":
    main()

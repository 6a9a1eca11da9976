"""Trains the recorded runs again, and prints what the line above the curve says of each, and whether that is expected.

`python -m tests.benchmarks.what_is_the_case [NAME ...] [--write]`: the runs of `tests.door.library.recorded_runs`, by
default all. ``--write`` saves the losses that the tests use.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from echornn import Session, Trainer
from echornn.session.commands import Edit, Pause, Step
from tests.door.library.judged import case_of
from tests.door.library.recorded_runs import BLOCK, FILE, RUNS, Run
from tests.on_a_thread import running
from tests.patience import PATIENCE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(RUNS))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    kept: dict[str, Any] = {}
    for name in asked.names:
        judge(name, RUNS[name])
        if asked.write:
            kept |= trained(name, RUNS[name])
    if asked.write:
        np.savez_compressed(FILE, **kept)


def judge(name: str, run: Run) -> None:
    """Train a run in a session, and print what is said of it."""
    session = Session(run.config)
    session.send(Pause())
    with running(session):
        for window in sorted({*run.cases, *([run.edit_at] if run.edit else [])}):
            session.send(Step(window - session.frame.trained))
            assert session.when_idle(PATIENCE)
            if window == run.edit_at:
                session.send(Edit(run.edit))
                assert session.when_idle(PATIENCE)
                continue
            case = case_of(session.frame)
            wrong = "" if case == run.cases[window] else f" (expected {run.cases[window]})"
            print(f"{name} | {window:,} | {case}{wrong}\n    {session.frame.sentence}", flush=True)


def trained(name: str, run: Run) -> dict[str, Any]:
    """The losses and the shares of wrong predictions of a run, as means of `BLOCK` windows, float16."""
    trainer = Trainer(run.config)
    last = max(run.cases)
    parts = []
    for windows, edited in ((run.edit_at or last, run.edit), (last - run.edit_at if run.edit else 0, {})):
        if windows:
            parts.append(trainer.advance(windows))
            if edited:
                trainer.edit(replace(run.config, **edited))
    losses = np.concatenate([part.losses for part in parts])
    errors = np.concatenate([part.errors for part in parts]) / run.config.predictions_per_window
    means = [values.reshape(-1, BLOCK).mean(axis=1, dtype=np.float64).astype(np.float16) for values in (losses, errors)]
    return {f"{name}/losses": means[0], f"{name}/errors": means[1]}


if __name__ == "__main__":
    main()

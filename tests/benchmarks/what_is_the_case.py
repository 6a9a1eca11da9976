"""Trains the recorded runs again, and prints which diagnoses are made when, with the measurements that support them.

`python -m tests.benchmarks.what_is_the_case [NAME ...] [--write]`: the runs of `tests.echornn.diagnosis.recorded`, by
default all. ``--write`` saves the data that the tests use.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.diagnosis.judge import diagnosis
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.words import said
from echornn.probes.examine import examine
from echornn.progress import Floats
from echornn.readings import Question
from echornn.snapshot import Snapshot
from echornn.training.programs import Programs
from echornn.training.trainer import Trainer
from tests.echornn.diagnosis.recorded import BLOCK, FILE, RUNS, Read, Run
from tests.losses_seen import after

SPARED = 16
"""Windows between two copies of the weights, from which the size of an update is computed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(RUNS))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    programs = Programs()
    kept: dict[str, Any] = {}
    for name in asked.names:
        kept |= trained(name, RUNS[name], programs)
    if asked.write:
        np.savez_compressed(FILE, **kept)


def trained(name: str, run: Run, programs: Programs) -> dict[str, Any]:
    """Train a run, and print its diagnoses; returns the data to save."""
    trainer = Trainer(run.config, programs)
    config, loss_stats, before = run.config, LossStats(), trainer.weights
    losses, errors, kept = [], [], {}
    edit_at, edit = run.edit or (math.inf, {})
    for at in sorted({*run.says, *(window - SPARED for window in run.says), *([run.edit[0]] if run.edit else [])}):
        done = loss_stats.block_means.begun + loss_stats.block_means.windows
        progress = trainer.advance(at - done)
        rates = (progress.errors / config.predictions_per_window).astype(np.float32)
        loss_stats = after(loss_stats, progress.losses, config, done, rates)
        losses.append(progress.losses)
        errors.append(rates)
        if at == edit_at:
            was, config = config, replace(config, **edit)
            trainer.edit(config)
            loss_stats = loss_stats.under(config, was, at)
        if at not in run.says:
            before = trainer.weights
            continue
        read = _read(trainer, at, progress, before)
        it = diagnosis(config, loss_stats, None, readings=read.readings(config, at))
        kept[f"{name}@{at}"] = np.array([read.spread, read.saturated, read.held, read.update], np.float32)
        wrong = "" if it.kind is run.says[at] else f" (expected {run.says[at].name})"
        seen = f"loss {it.mean:.4f}, {1 - it.wrong:.1%} right, spread {read.spread:.3f}, {read.saturated:.0%} saturated"
        print(
            f"{name} | {at:,} | {it.kind.name}{wrong} | {seen}, holds {read.held:.2f}, update {read.update:.1e}",
            f"    {said(it)}",
            sep="\n",
            flush=True,
        )
    kept[f"{name}/losses"], kept[f"{name}/errors"] = _means(np.concatenate(losses)), _means(np.concatenate(errors))
    return kept


def _read(trainer: Trainer, window: int, progress: Any, before: dict[str, Floats]) -> Read:
    snapshot = Snapshot(trainer.state, 0, window, progress, before=before, windows_since=SPARED)
    readings = examine(snapshot, Question(frozenset({"memory", "units", "weights"})))
    it = diagnosis(trainer.config, LossStats(), None, readings=readings)
    return Read(it.spread, it.saturated, it.held, it.update)


def _means(values: Floats) -> Any:
    return values.reshape(-1, BLOCK).mean(axis=1, dtype=np.float64).astype(np.float16)


if __name__ == "__main__":
    main()

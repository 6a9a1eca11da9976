"""Trains every branch of a recorded run again, from its root, as the engine that nobody disturbs does it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from echornn.runs import run_dir
from echornn.runs.branch import Branch, Moment
from echornn.training.programs import Programs
from echornn.training.trainer import Trainer


def difference(folder: Path) -> str:
    """Where the run's record differs from the same branches given to a trainer; empty where no bit does."""
    run = run_dir.read(folder)
    programs = Programs()
    for number, end in enumerate(run.ends):
        trainer, under = None, None
        for branch, at, recorded in run.path(Moment(number, end)):
            if trainer is None:
                trainer = Trainer(branch.config, programs)
                trainer.reset(branch.draw)
            if branch != under:
                _begin(trainer, branch)
                under = branch
            if trainer.advance(len(recorded)).losses.tobytes() != recorded["loss"].tobytes():
                return f"branch {number}: a window from {at} to {at + len(recorded)}, under branch {branch.number}"
    return ""


def _begin(trainer: Trainer, branch: Branch) -> None:
    """Do what began the branch: its live fields, its data, its place."""
    if trainer.config != branch.config:
        trainer.edit(branch.config)
    position = {name: getattr(branch, name) for name in ("epoch", "window", "generation", "draw")}
    trainer.restore(dataclasses.replace(trainer.state, **position))

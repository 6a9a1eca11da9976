"""Records runs with branches, by default without TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.runs.recorder import RunRecorder
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.timeline.branch import Position
from echornn.training.structure import MakeTrainer
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer

Step = int | str | tuple[int, int] | dict[str, Any]
"""A number of windows to train; reset, redraw, regenerate or alone; a position to go to; or fields to edit."""


def record_branches(
    folder: Path, *steps: Step, config: EchoConfig = SMALL, make_trainer: MakeTrainer = ScriptedTrainer
) -> None:
    """Record a new run that takes these steps; its position is where they end."""
    _take(RunRecorder.begin(folder, config), config, steps, make_trainer)


def go_on(folder: Path, *steps: Step, make_trainer: MakeTrainer = ScriptedTrainer) -> None:
    """Continue a run with these steps."""
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    _take(recorder, recorder.resumed.config, steps, make_trainer)


def _take(recorder: RunRecorder, config: EchoConfig, steps: Sequence[Step], make_trainer: MakeTrainer) -> None:
    live = LiveRun(config, make_trainer, recorder, Pace(math.inf, lambda: 0.0), lambda: 0.0)
    if recorder.resumed is not None:
        live.take_up()
    live.trainer = live.make(live.config)
    live.begin()
    for step in steps:
        _take_one(live, step)
    live.save()
    assert recorder.wait(PATIENCE)
    recorder.close()


def _take_one(live: LiveRun, step: Step) -> None:
    match step:
        case int():
            live.train(step)
        case "reset":
            live.reset()
        case "redraw":
            live.reset(1)
        case "regenerate":
            live.regenerate()
        case "alone":
            live.alone()
        case str():
            live.choose(int(step.removeprefix("choose ")))
        case dict():
            live.edit(live.config.with_fields(step))
        case (branch, window):
            live.go(Position(branch, window))
            while not live.arrived:
                live.step(100)


def contents(folder: Path) -> dict[str, bytes]:
    """The contents of all files below a folder, by name."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

"""A resumed epoch's mean is that of its own windows, whatever was undone in it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.run_dir import WINDOW
from echornn.runs.run_recorder import RunRecorder
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import play
from tests.examples import examples
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss
from tui.commands.epoch_report import EpochReport

CONFIG = replace(SMALL, num_epochs=100)
"""Ten windows an epoch; the scripted loss tells after how many windows of the same weights it was."""

EDITS: dict[str, dict[str, Any]] = {
    "slower": {"learning_rate": 0.1},
    "echo": {"echo_step": 5},
    "state": {"state_size": 8},
}
GOING = ["undo", "redo", "start of the epoch"]


def told(folder: Path, story: list[int | str]) -> ScriptedTrainer:
    """Record this story: numbers are windows to train, words are commands; the trainer as it stands at its end."""
    trainers: list[ScriptedTrainer] = []

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainers.append(ScriptedTrainer(config))
        return trainers[-1]

    session = Session(CONFIG, make_trainer=make, clock=lambda: 0.0, recorder=RunRecorder.begin(folder, CONFIG))

    def carry_out(step: int | str) -> None:
        if isinstance(step, int):
            session.step(step)
        elif step in EDITS:
            session.edit(**EDITS[step])
        elif step == "start of the epoch":
            session.move_epochs(-1)
        else:
            getattr(session, step)()

    play(session, *(lambda step=step: carry_out(step) for step in story))
    assert session.error is None
    return trainers[-1]


@pytest.mark.parametrize(
    "story",
    [
        [14, "reset", 3, "undo"],
        [14, "reset", 3, "undo", "redo"],
        [25, "start of the epoch", 3],
        [12, "state", 13, "undo", 3, "undo"],
        [14, "echo", 2],
        [12, "slower", 3, "undo", 2],
        [3, "redraw", 25, "undo", 1],
        [13, "regenerate", 4, "undo", 2],
        [4, "slower", 1, "reset", 2, "undo", 1, "undo", 1],
    ],
)
def test_the_mean_of_the_epoch_under_way_is_that_of_its_windows(story: list[int | str], tmp_path: Path) -> None:
    trainer = told(tmp_path / "run", story)
    before = trainer.trained - trainer.window
    run = run_dir.read(tmp_path / "run")
    report = EpochReport(run.config, clock=lambda: 0.0)
    report.go_on_after(run)
    *_, epoch = report.records(trainer.advance(10 - trainer.window))
    assert epoch["loss"] == pytest.approx(np.mean([scripted_loss(before + number) for number in range(10)]), rel=1e-5)


@examples(30)
@given(st.lists(st.integers(1, 12) | st.sampled_from(["reset", "redraw", *EDITS, *GOING]), max_size=10))
def test_the_newest_windows_are_those_that_the_trainer_saw(story: list[int | str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        trainer = told(Path(name) / "run", story)
        run = run_dir.read(Path(name) / "run")
        since = run.stands.window - trainer.window
        windows = np.concatenate([np.empty(0, WINDOW), *(some for _, _, some in run.path(run.stands, since))])
    expected = [scripted_loss(trainer.trained - trainer.window + number) for number in range(trainer.window)]
    np.testing.assert_allclose(windows["loss"], expected, rtol=1e-6)

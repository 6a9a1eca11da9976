"""The mean loss of a resumed epoch counts only the epoch's own windows, whatever was undone."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.run_dir import WINDOW
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Command, Edit, MoveEpochs, Redo, Redraw, Regenerate, Reset, Undo
from echornn.session.session import Session
from tests.examples import examples
from tests.on_a_thread import play
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss
from tests.steps import command
from tui.commands.training.epoch_report import EpochReport

CONFIG = replace(SMALL, num_epochs=100)
"""Ten windows per epoch; the scripted loss depends on how many windows the same weights were trained."""

EDITS: list[Command] = [Edit({"learning_rate": 0.1}), Edit({"echo_step": 5}), Edit({"state_size": 8})]
GOING: list[Command] = [Undo(), Redo(), MoveEpochs(-1)]


def told(folder: Path, story: list[int | Command]) -> ScriptedTrainer:
    """Record a story (numbers are windows to train); returns the trainer at its end."""
    trainers: list[ScriptedTrainer] = []

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainers.append(ScriptedTrainer(config))
        return trainers[-1]

    session = Session(CONFIG, make_trainer=make, clock=lambda: 0.0, recorder=RunRecorder.begin(folder, CONFIG))
    play(session, *map(command, story))
    assert session.error is None
    return trainers[-1]


@pytest.mark.parametrize(
    "story",
    [
        [14, Reset(), 3, Undo()],
        [14, Reset(), 3, Undo(), Redo()],
        [25, MoveEpochs(-1), 3],
        [12, EDITS[2], 13, Undo(), 3, Undo()],
        [14, EDITS[1], 2],
        [12, EDITS[0], 3, Undo(), 2],
        [3, Redraw(), 25, Undo(), 1],
        [13, Regenerate(), 4, Undo(), 2],
        [4, EDITS[0], 1, Reset(), 2, Undo(), 1, Undo(), 1],
    ],
)
def test_the_mean_of_the_epoch_under_way_is_that_of_its_windows(story: list[int | Command], tmp_path: Path) -> None:
    trainer = told(tmp_path / "run", story)
    before = trainer.trained - trainer.window
    run = run_dir.read(tmp_path / "run")
    report = EpochReport(run.config, clock=lambda: 0.0)
    report.go_on_after(run)
    *_, epoch = report.records(trainer.advance(10 - trainer.window))
    assert epoch["loss"] == pytest.approx(np.mean([scripted_loss(before + number) for number in range(10)]), rel=1e-5)


@examples(30)
@given(st.lists(st.integers(1, 12) | st.sampled_from([Reset(), Redraw(), *EDITS, *GOING]), max_size=10))
def test_the_newest_windows_are_those_that_the_trainer_saw(story: list[int | Command]) -> None:
    with tempfile.TemporaryDirectory() as name:
        trainer = told(Path(name) / "run", story)
        run = run_dir.read(Path(name) / "run")
        since = run.position.window - trainer.window
        windows = np.concatenate([np.empty((0, 1), WINDOW), *(some for _, _, some in run.path(run.position, since))])
    expected = [scripted_loss(trainer.trained - trainer.window + number) for number in range(trainer.window)]
    np.testing.assert_allclose(windows["loss"][:, 0], expected, rtol=1e-6)

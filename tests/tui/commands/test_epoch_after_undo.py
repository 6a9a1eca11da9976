"""A resumed epoch's mean is that of its own windows, whatever was undone in it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from echornn.runs.recorded_evidence import newest_windows
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.runs import run_dir
from echornn.runs.recorder import RunRecorder
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import play
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss
from tui.commands.headless import EpochReport

CONFIG = replace(SMALL, num_epochs=100)
"""Ten windows an epoch; the scripted loss tells after how many windows of the same weights it was."""


def told(folder: Path, story: list[int | str]) -> ScriptedTrainer:
    """Record this story: numbers are windows to train, words are commands; the trainer as it stands at its end."""
    trainers: list[ScriptedTrainer] = []

    def make(config: object) -> ScriptedTrainer:
        trainers.append(ScriptedTrainer(CONFIG))
        return trainers[-1]

    session = Session(CONFIG, make_trainer=make, clock=lambda: 0.0, recorder=RunRecorder.begin(folder, CONFIG))
    live = {"slower": {"learning_rate": 0.1}, "echo": {"echo_step": 5}}

    def carry_out(step: int | str) -> None:
        if isinstance(step, int):
            session.step(step)
        elif step in live:
            session.edit(**live[step])
        else:
            getattr(session, step)()

    play(session, *(lambda step=step: carry_out(step) for step in story))
    assert session.error is None
    return trainers[-1]


@pytest.mark.parametrize(
    "story",
    [
        [14, "reset", 3, "undo"],
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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 12) | st.sampled_from(["reset", "redraw", "slower", "echo", "undo"]), max_size=10))
def test_the_newest_windows_are_those_that_the_trainer_saw(story: list[int | str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        trainer = told(Path(name) / "run", story)
        windows = newest_windows(run_dir.read(Path(name) / "run"), trainer.window)
    expected = [scripted_loss(trainer.trained - trainer.window + number) for number in range(trainer.window)]
    np.testing.assert_allclose(windows["loss"], expected, rtol=1e-6)

"""Edits and undo in a session with the real trainer and recorder: nothing is lost, and each state can be continued."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Session
from echornn.progress import PopulationProgress
from echornn.runs.recorder import Recorder
from echornn.runs.run_dir import read
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Pause, Redraw, Regenerate, Reset, Step, Undo
from tests.compiled import SMALL as FOUR_EPOCHS
from tests.compiled import make_population, make_trainer
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.steps import refusal

pytestmark = pytest.mark.slow

SMALL = replace(FOUR_EPOCHS, num_epochs=10**6)
"""14 windows per epoch."""

LARGER = replace(SMALL, state_size=6, init="glorot")


class Stage:
    """A paused session on a separate thread."""

    def __init__(self, config: EchoConfig, recorder: Recorder) -> None:
        self.losses: list[np.ndarray] = []
        self.session = Session(
            config, math.inf, make_trainer=make_population, on_progress=self._on_progress, recorder=recorder
        )
        self.session.send(Pause())

    def _on_progress(self, progress: PopulationProgress) -> None:
        self.losses.append(progress.losses[:, 0])

    def step(self, windows: int) -> np.ndarray:
        """Train ``windows`` windows; returns their losses."""
        self.obeyed()
        before = self.session.frame.trained
        self.session.send(Step(windows))
        self.obeyed()
        assert self.session.frame.trained == before + windows
        return np.concatenate(self.losses)[-windows:]

    def obeyed(self) -> None:
        """Wait until all commands so far were carried out."""
        assert self.session.when_idle(PATIENCE), self.session.frame.message


@contextmanager
def on_stage(config: EchoConfig, recorder: Recorder) -> Iterator[Stage]:
    stage = Stage(config, recorder)
    with running(stage.session):
        yield stage


def test_a_structural_edit_its_undo_and_a_resume_lose_nothing(tmp_path: Path) -> None:
    expected = make_trainer(SMALL).advance(40).losses
    larger = make_trainer(LARGER).advance(5).losses
    folder = tmp_path / "run"
    with on_stage(SMALL, RunRecorder.begin(folder, SMALL)) as stage:
        np.testing.assert_array_equal(stage.step(20), expected[:20])
        stage.session.send(Edit({"state_size": 6, "init": "glorot"}))
        np.testing.assert_array_equal(stage.step(5), larger)
        assert stage.session.frame.config == LARGER
        stage.session.send(Edit({"learning_rate": 0.1}))
        stage.step(3)
        stage.session.send(Undo())
        stage.session.send(Undo())
        np.testing.assert_array_equal(stage.step(10), expected[20:30])
        assert stage.session.frame.config == SMALL
    run = read(folder)
    assert run.trained == 38
    assert [command.cause for command in run.commands] == ["start", "edit", "edit", "return"]
    assert [command.at for command in run.commands] == [0, 20, 25, 28]
    with on_stage(run.config, RunRecorder.go_on(folder)) as stage:
        np.testing.assert_array_equal(stage.step(10), expected[30:])
        timeline = stage.session.timeline
        assert [timeline.windows_of(number) for number in range(len(timeline))] == [40, 5, 3]
    logged = read(folder).windows(0, 48)["loss"][:, 0]
    np.testing.assert_array_equal(np.concatenate([logged[:20], logged[28:]]), expected)


def test_a_reset_and_new_data_are_undone_to_the_bit(tmp_path: Path) -> None:
    expected = make_trainer(SMALL).advance(30).losses
    with on_stage(SMALL, RunRecorder.begin(tmp_path / "run", SMALL)) as stage:
        stage.step(17)
        for command in (Reset(), Redraw(), Regenerate()):
            stage.session.send(command)
            stage.step(4)
            stage.session.send(Undo())
            stage.obeyed()
        np.testing.assert_array_equal(stage.step(13), expected[17:])


def test_an_edit_that_cannot_be_made_leaves_everything_as_it_was(tmp_path: Path) -> None:
    expected = make_trainer(SMALL).advance(30).losses
    with on_stage(SMALL, RunRecorder.begin(tmp_path / "run", SMALL)) as stage:
        stage.step(20)
        stage.session.send(Edit({"num_epochs": 1}))
        stage.obeyed()
        assert "num_epochs = 1 cannot be used" in refusal(stage.session.frame)
        np.testing.assert_array_equal(stage.step(10), expected[20:])

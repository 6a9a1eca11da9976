"""A session that goes on with a run in a folder, where it ended or from a window before."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Position, read
from echornn.session.commands import Edit, Go, Pause, Reset, SetSpeed, Step, Undo
from tests.door.library.sessions import ENDLESS, Query, Stage, losses_between, on_stage
from tests.hashed import HashTrainer
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, SlowClock, wait_for
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """12 windows, then 5 at a lower learning rate."""
    with on_stage(SMALL, folder=tmp_path / "run") as stage:
        stage.do(Step(12), Edit({"learning_rate": 0.1}), Step(5))
    return tmp_path / "run"


def test_it_is_taken_up_where_it_ended_and_trains_on_as_if_it_had_never(folder: Path) -> None:
    with on_stage(folder=folder) as stage:
        frame = stage.frame
        assert (frame.state, frame.trained, frame.trained_in_all, frame.path_end) == (
            "paused",
            17,
            17,
            17,
        )
        assert frame.branch == 1
        assert frame.undoable == 1
        assert frame.config.learning_rate == 0.1
        assert frame.epoch == 2
        assert frame.window == 7
        assert frame.loss == pytest.approx(scripted_loss(16))
        stage.do(Step(3))
        np.testing.assert_allclose(stage.losses(), losses_between(0, 20), rtol=1e-6)
        assert stage.do(Undo()).trained == 12
    with on_stage(folder=folder) as stage:
        assert (stage.frame.trained, stage.frame.path_branch, stage.frame.trained_in_all) == (
            12,
            0,
            20,
        )
        assert stage.do(Step(2)).branch == 0


def test_it_goes_on_at_the_speed_that_was_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def speed(*commands: Step | SetSpeed, **given: Any) -> float:
        with on_stage(SMALL, folder=folder, **given) as stage:
            first = stage.frame.speed
            stage.do(*commands)
        return first

    assert speed(Step(3), usual_speed=100.0) == 100
    assert speed(usual_speed=50.0) == 50, "the usual speed was not chosen"
    assert speed(Step(1), speed=20.0) == 20
    assert speed(SetSpeed(5.0), usual_speed=100.0) == 20
    assert speed() == 5
    assert speed(speed=math.inf) == math.inf, "what is given has the last word"
    assert speed(usual_speed=100.0) == math.inf


class Waits(threading.Event):
    """Makes a trainer once it may, as while TensorFlow is imported."""

    def __call__(self, config: EchoConfig) -> ScriptedTrainer:
        assert self.wait(PATIENCE)
        return ScriptedTrainer(config)


def test_while_tensorflow_loads_all_that_is_on_record_is_shown(folder: Path) -> None:
    waits = Waits()
    wanted = replace(SMALL, learning_rate=0.2)
    stage = Stage(wanted, waits, folder)
    assert stage.frame.state == "loading"
    assert stage.frame.epoch == 2
    assert stage.frame.window == 7
    stage.session.send(Pause())
    with on_a_thread(stage.session):
        try:
            wait_for(lambda: stage.frame.trained)
            frame = stage.frame
            assert frame.state == "loading"
            assert frame.trained == 17
            assert frame.branch == 1
            assert frame.undoable == 1
            assert frame.loss == pytest.approx(scripted_loss(16))
            curve = stage.look(Query(columns=100)).curve
            np.testing.assert_allclose(curve.high, losses_between(0, 17), rtol=1e-6)
            start, edit = stage.session.tree.path(Position(1, 17))
            assert start.cause == "start"
            assert edit.cause == "edit"
        finally:
            waits.set()
        assert stage.settled().state == "paused"
        assert stage.frame.branch == 2
        assert stage.frame.config == wanted


class Upgraded(ScriptedTrainer):
    """A trainer whose last digits differ from its 14th window on, as with other versions of
    packages."""

    def _losses(self, n: int) -> np.ndarray:
        losses = super()._losses(n)
        begin = max(0, 13 - self.trained)
        losses[begin:] = np.nextafter(losses[begin:], np.float32(2))
        return losses


def test_a_loss_that_is_not_as_on_record_is_said_until_one_stands_elsewhere(folder: Path) -> None:
    (folder / "keyframes.bin").unlink()  # so that everything is trained again
    with on_stage(make=Upgraded, folder=folder, clock=SlowClock()) as stage:
        warning = stage.do(Go(1, 16)).warning
        assert "14" in warning
        now, before = re.findall(r"0\.\d{4,}", warning)
        for loss in (now, before):
            assert float(loss) == pytest.approx(scripted_loss(13), rel=1e-6)
        assert stage.do(Go(0, 5)).warning == ""
        stage.do(Go(1, 16))
        assert stage.do(Reset()).warning == ""
    assert 14 not in read(folder).kept("b"), "a state of other losses is not kept on the way"
    with on_stage(make=ScriptedTrainer, folder=folder, clock=SlowClock()) as stage:
        assert stage.do(Go(1, 16)).warning == ""
    assert 14 in read(folder).kept("b")


class OnGPU(ScriptedTrainer):
    @property
    def device(self) -> str:
        return "gpu"


def test_on_another_device_than_before_it_goes_on_and_says_so_once(tmp_path: Path) -> None:
    with on_stage(make=OnGPU, folder=tmp_path / "run") as stage:
        assert stage.do(Step(12)).device == "gpu"
        assert stage.frame.warning == ""
    with on_stage(folder=tmp_path / "run") as stage:
        warning = stage.do(Step(3)).warning
        assert "gpu" in warning
        assert "cpu" in warning
        assert stage.do(Edit({"learning_rate": 0.2})).warning == ""
    with on_stage(folder=tmp_path / "run") as stage:
        assert stage.frame.warning == ""


class CannotCompile(HashTrainer):
    """A trainer whose program with clipped gradients cannot be compiled."""

    def compile(self) -> None:
        if self.config.clip_norm is not None:
            raise MemoryError("the script says: too large")
        super().compile()


def test_a_refused_edit_that_cannot_be_compiled_leaves_no_trace(tmp_path: Path) -> None:
    changes = {"learning_rate": 0.01, "echo_step": 2, "clip_norm": 1.0}
    with on_stage(make=HashTrainer) as stage:
        stage.do(Step(16))
        expected = stage.losses()
    with on_stage(make=CannotCompile, folder=tmp_path / "run") as stage:
        stage.do(Step(5))
        answer = stage.answer(Edit(changes))
        assert answer.was_refused
        assert "too large" in answer.why_not
        frame = stage.do(Step(6))
        assert (frame.config, frame.path_branch, frame.trained) == (ENDLESS, 0, 11)
        assert stage.losses() == expected[:11]
    with on_stage(make=HashTrainer, folder=tmp_path / "run") as stage:
        stage.do(Step(5))
        assert stage.losses() == expected
        assert stage.do(Go(0, 8)).warning == ""


class Scarce(HashTrainer):
    """A trainer that an edit makes too large once memory is scarce."""

    is_scarce = False

    def edit(self, config: EchoConfig) -> None:
        if Scarce.is_scarce and config.learning_rate == 0.01:
            raise MemoryError("the script says: too large")
        super().edit(config)


def test_a_position_that_cannot_be_trained_again_is_refused_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    with on_stage(make=HashTrainer) as stage:
        stage.do(Step(25))
        expected = stage.losses()
    with on_stage(make=HashTrainer, folder=folder) as stage:
        stage.do(Step(12), Edit({"learning_rate": 0.01}), Step(40), Undo())
    # So that on the way there, the edit is done again
    (folder / "keyframes.bin").unlink()
    with on_stage(make=Scarce, folder=folder) as stage:
        stage.do(Step(5))
        monkeypatch.setattr(Scarce, "is_scarce", True)
        answer = stage.answer(Go(1, 50))
        assert answer.was_refused
        assert "too large" in answer.why_not
        assert (stage.frame.path_branch, stage.frame.trained) == (0, 17)
        stage.do(Step(8))
        assert stage.losses() == expected

"""A run that is resumed at its end, and a run that is at its start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.replay import replayed_run
from echornn.runs.run_files import KEYFRAME_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Pause, Step
from echornn.session.pictures.frame import State
from echornn.session.pictures.queries import Query
from echornn.session.session import Session
from echornn.timeline.branch import Position
from tests.on_a_thread import on_a_thread, running
from tests.patience import PATIENCE, wait_for
from tests.recorded import contents, record_branches
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss


@contextmanager
def taken_up(folder: Path, config: EchoConfig = SMALL) -> Iterator[Session]:
    session = Session(config, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    with running(session):
        yield session


def test_a_finished_run_shows_its_newest_rows(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 18)
    with taken_up(tmp_path / "run", replace(SMALL, learning_rate=0.1)) as session:
        frame = session.frame
        assert (frame.state, frame.trained, frame.is_past) == (State.FINISHED, 30, False)
        assert frame.progress is not None
        assert (frame.progress.epoch, frame.progress.window) == (2, 9)
        assert frame.trained_in_all == 30, "what is shown again is not trained twice"


def test_without_a_state_before_its_end_it_is_finished_all_the_same(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 30)
    (tmp_path / "run" / KEYFRAME_FILE).unlink()
    with taken_up(tmp_path / "run") as session:
        assert (session.frame.state, session.frame.progress) == (State.FINISHED, None)


def test_a_finished_run_that_is_to_train_on_does(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 30)
    with taken_up(tmp_path / "run", replace(SMALL, num_epochs=4)) as session:
        assert (session.frame.state is State.FINISHED) == (session.frame.trained == 40)
        assert (session.frame.branch, session.frame.config.num_epochs) == (1, 4)


def test_a_way_that_is_too_long_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_branches(tmp_path / "run", 30)
    monkeypatch.setattr(replayed_run, "FINISHED_ROWS_SECONDS", -1.0)
    with taken_up(tmp_path / "run") as session:
        assert (session.frame.state, session.frame.trained) == (State.FINISHED, 30)
        session.send(Edit({"num_epochs": 4}))
        session.send(Step(2))
        assert session.when_idle(PATIENCE)
        assert session.frame.loss == pytest.approx(scripted_loss(31)), "it goes on from where it was"


class Never(threading.Event):
    """An event that holds up the making of a trainer until it is set, as while TensorFlow is imported."""

    def __call__(self, config: EchoConfig) -> ScriptedTrainer:
        assert self.wait(PATIENCE)
        return ScriptedTrainer(config)


def test_while_tensorflow_loads_all_that_is_on_record_is_shown(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    never = Never()
    wanted = replace(SMALL, learning_rate=0.2)
    session = Session(wanted, make_trainer=never, recorder=RunRecorder.go_on(tmp_path / "run"))
    assert (session.frame.state, session.frame.epoch, session.frame.window) == (State.LOADING, 2, 7)
    assert session.frame.message == "loading TensorFlow, then learning_rate 0.2"
    session.send(Pause())
    with on_a_thread(session):
        try:
            wait_for(lambda: session.frame.trained)
            frame = session.frame
            assert (frame.state, frame.trained, frame.trained_in_all, frame.line_end) == (State.LOADING, 17, 17, 17)
            assert (frame.branch, frame.undoable, frame.config.learning_rate) == (1, 1, 0.1)
            assert (frame.epoch, frame.window) == (2, 7)
            assert frame.loss == pytest.approx(scripted_loss(16))
            curve = session.look(Query(columns=100)).curve
            np.testing.assert_allclose(curve.high, [scripted_loss(window) for window in range(17)], rtol=1e-6)
            assert [branch.cause for branch in session.timeline.path(Position(1, 17))] == ["start", "edit"]
        finally:
            never.set()
        assert session.when_idle(PATIENCE)
        assert (session.frame.state, session.frame.branch, session.frame.config) == (State.PAUSED, 2, wanted)
    assert session.error is None


def test_told_to_end_while_it_loads_the_record_stays_as_it_was(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    before = contents(tmp_path / "run")
    never = Never()
    session = Session(SMALL, make_trainer=never, recorder=RunRecorder.go_on(tmp_path / "run"))
    with on_a_thread(session):
        wait_for(lambda: session.frame.trained)
        session.stop()
        never.set()
    assert session.error is None
    assert contents(tmp_path / "run") == before

"""A run that is taken up again where it ended, and one that stands at its start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.runs.run_files import KEYFRAME_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.session import live_run
from echornn.session.frame import State
from echornn.session.session import Session
from tests.patience import PATIENCE
from tests.recorded import contents, record_branches
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss


@contextmanager
def taken_up(folder: Path, config: EchoConfig = SMALL) -> Iterator[Session]:
    session = Session(config, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    thread = threading.Thread(target=session.run)
    thread.start()
    try:
        assert session.when_idle(PATIENCE)
        yield session
    finally:
        session.stop()
        thread.join(PATIENCE)
    assert session.error is None


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
    monkeypatch.setattr(live_run, "ROWS_SECONDS", -1.0)
    with taken_up(tmp_path / "run") as session:
        assert (session.frame.state, session.frame.trained) == (State.FINISHED, 30)
        session.edit(num_epochs=4)
        session.step(2)
        assert session.when_idle(PATIENCE)
        assert session.frame.loss == pytest.approx(scripted_loss(31)), "it goes on from where it was"


@pytest.mark.parametrize("before", [[], ["redraw"], ["regenerate"], [15, "reset"], [15, (0, 0)]])
def test_at_the_start_there_is_nothing_to_start_over(before: list[int | str | tuple[int, int]], tmp_path: Path) -> None:
    for folder, steps in (("one", before), ("other", [*before, "reset", "reset"])):
        record_branches(tmp_path / folder, *steps)
    logs = [contents(tmp_path / folder)["commands.jsonl"] for folder in ("one", "other")]
    assert logs[0] == logs[1]

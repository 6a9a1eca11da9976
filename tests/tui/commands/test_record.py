"""The messages at the end of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from echornn.own import busy
from echornn.runs.run_recorder import RunRecorder
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.clock import Clock
from tests.echornn.runs.test_recorder import recorded
from tests.patience import wait_for
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record
from tui.commands.flags import ConfigFlags


def test_the_farewell_says_where_the_run_is_only_while_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    recorder = RunRecorder.begin(folder, SMALL)
    assert record.farewell(recorder) == [f"the run is in '{folder}'", f"go on with: echornn-tui --resume '{folder}'"]
    shutil.rmtree(folder)
    trainer = ScriptedTrainer(SMALL)
    recorder.windows(trainer.advance(3))
    recorder.save(trainer.state)
    wait_for(lambda: recorder.warning)
    assert record.farewell(recorder)[-1] == f"the run is not kept: '{folder}' is gone"
    recorder.close()


@pytest.mark.parametrize(
    ("trained", "given", "flags"),
    [
        (30, {}, " --num-epochs 6"),
        (30, {"learning_rate": 0.1}, " --learning-rate 0.1 --num-epochs 6"),
        (30, {"num_epochs": 4}, " --num-epochs 4"),
        (30, {"state_size": 8}, " --state-size 8"),
        (29, {}, ""),
    ],
)
def test_a_finished_run_needs_more_epochs_also_while_it_is_loading(
    trained: int, given: dict[str, object], flags: str, tmp_path: Path
) -> None:
    recorded(tmp_path / "run", trained)
    config, recorder = record.go_on(str(tmp_path / "run"), ConfigFlags(**given))
    session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder)
    assert session.frame.state is State.LOADING
    assert record.flags_to_go_on(session) == flags
    recorder.close()


def test_a_task_that_does_not_return_is_ended_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ended = Clock(), []
    monkeypatch.setattr(busy, "end_calls", lambda: ended.append(clock()))
    patience = record.Patience(clock)
    while not patience.ends(5.5):
        clock.now += 0.5
    assert ended == [3.0, 4.0, 5.0]

"""Ending while another network compiles, with a slow disk: the recorder is asked whether everything is saved."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Move, Pause, Step, Undo
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record
from tui.commands.record import Saved
from tui.term.exit_code import ExitCode

CONFIG = EchoConfig(num_epochs=1000, total_series_length=SMALL.total_series_length, batch_size=2)


class WhileItCompiles:
    """A session on a disk that does not answer, which has trained 304 windows and compiles without end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, recorder: RunRecorder | None) -> None:
        self.compiling, self.compiled, self.disk_answers = (threading.Event() for _ in range(3))
        sync = os.fsync

        def fsync(descriptor: int) -> None:
            assert self.disk_answers.wait(PATIENCE)
            sync(descriptor)

        stage = self

        class Slow(ScriptedTrainer):
            def compile(self) -> None:
                if self.config.state_size == 8:
                    stage.compiling.set()
                    assert stage.compiled.wait(PATIENCE)

        self.session = Session(CONFIG, make_trainer=Slow, recorder=recorder)
        self.session.send(Pause())
        self.thread = threading.Thread(target=self.session.run)
        self.thread.start()
        assert self.session.when_idle(PATIENCE)
        if recorder is not None:
            assert recorder.wait(PATIENCE)
        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(record, "SECONDS_TO_STOP", 0.0)
        self.session.send(Step(304))
        assert self.session.when_idle(PATIENCE)
        self.session.send(Edit({"state_size": 8}))
        assert self.compiling.wait(PATIENCE)


@pytest.fixture
def stages(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[WhileItCompiles]:
    recorder = RunRecorder.begin(tmp_path / "run", CONFIG) if request.param else None
    stage = WhileItCompiles(monkeypatch, recorder)
    yield stage
    stage.disk_answers.set()
    stage.compiled.set()
    stage.session.stop()
    stage.thread.join(PATIENCE)


@pytest.mark.parametrize("stages", [True], indirect=True)
def test_all_windows_are_saved_before_it_leaves(
    stages: WhileItCompiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stop = stages.session.stop

    def stop_and_answer() -> None:
        stop()
        stages.disk_answers.set()

    monkeypatch.setattr(stages.session, "stop", stop_and_answer)
    assert record.end(stages.session) is Saved.YES
    assert stages.session.frame.state is State.LOADING
    assert not stages.session.stopped.is_set()
    assert stages.session.recorder.saved
    assert stages.session.outstanding == 1, "the edit under which it compiles"
    stages.session.send(Undo())
    stages.session.send(Move(-3))
    assert stages.session.outstanding == 3
    assert run_dir.read(tmp_path / "run").trained == 304


@pytest.mark.parametrize("stages", [True, False], indirect=True)
def test_it_leaves_all_the_same_where_the_disk_never_answers_or_nothing_is_kept(
    stages: WhileItCompiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "SECONDS_TO_SAVE", 0.0)
    monkeypatch.setattr("echornn.runs.run_recorder.SECONDS_TO_END", 0.0)
    assert record.end(stages.session) is (Saved.NO if stages.session.recorder.folder else Saved.NOWHERE)
    assert not stages.session.stopped.is_set()


@pytest.mark.parametrize("stages", [True], indirect=True)
def test_what_is_trained_while_it_leaves_does_not_change_whether_it_was_saved(
    stages: WhileItCompiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training thread may return from native code with more windows after everything was found to be on disk."""
    session = stages.session
    stages.disk_answers.set()
    ended = record.end(session)
    session.recorder.windows(ScriptedTrainer(CONFIG).advance(1))
    assert not session.recorder.saved
    assert (ended.after_a_signal, ended.at_the_end) == (ExitCode.CHECKPOINTED, ExitCode.DONE)


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        (0, []),
        (1, ["the program ended while it was busy: the last command was not carried out"]),
        (1200, ["the program ended while it was busy: the last 1,200 commands were not carried out"]),
    ],
)
def test_commands_that_were_not_carried_out_are_told_of(commands: int, said: list[str]) -> None:
    assert record.of_outstanding(commands) == said

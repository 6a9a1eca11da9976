"""A run that has diverged, on disk: all windows are saved, and it can be continued from the divergence."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.population_state import PopulationState
from echornn.progress import PopulationProgress
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.session import loop
from echornn.session.commands import Edit, Go, Pause, Step, Undo
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from echornn.timeline.branch import Position
from tests.echornn.runs.test_recorder import log
from tests.on_a_thread import on_a_thread, play
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record
from tui.commands.flags import ConfigFlags
from tui.commands.kept_runs import list_runs
from tui.commands.kept_runs.export import export
from tui.commands.training.headless import print_training
from tui.term.exit_code import ExitCode

ENDLESS = replace(SMALL, num_epochs=1000)

WILD = 1000.0
"""A learning rate at which the loss is NaN or infinite from the fourth window on."""


class WildTrainer(ScriptedTrainer):
    """A trainer that diverges three windows after its rate becomes `WILD`; its state records the windows at that
    rate.
    """

    def advance(self, n: int) -> PopulationProgress:
        if self.config.learning_rate == WILD and self.diverges_at is None:
            self.diverges_at = self.trained + 3
        return super().advance(n)

    def reset(self, init_index: int = 0) -> None:
        super().reset(init_index)
        self.diverges_at = None


def diverge(folder: Path, before: int = 5) -> Session:
    """Train some windows, then at the rate `WILD` until the loss is no longer finite."""
    session = Session(ENDLESS, make_trainer=WildTrainer, recorder=RunRecorder.begin(folder, ENDLESS))
    return play(
        session,
        Step(before),
        Edit({"learning_rate": WILD}),
        Step(9),
    )


def taken_up(folder: Path, *commands: Callable[[Session], object]) -> Session:
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    session = Session(recorder.resumed.config, make_trainer=WildTrainer, recorder=recorder)
    return play(session, *(lambda command=command: command(session) for command in commands))


def test_all_windows_the_edit_and_the_divergence_are_there(tmp_path: Path) -> None:
    before = diverge(tmp_path / "run").frame
    run = run_dir.read(tmp_path / "run")
    assert (run.trained, run.notes, run.position) == (9, (), Position(1, 9))
    assert [command.cause for command in run.commands] == ["start", "edit"]
    assert run.checkpoint is not None
    assert math.isnan(run.checkpoint.state.weights["W"][0, 0])
    frame = taken_up(tmp_path / "run", lambda session: session.send(Pause())).frame
    assert (frame.state, frame.warning) == (State.PAUSED, "the loss is nan in window 9 of epoch 1: paused there")
    for name in ("config", "epoch", "window", "trained", "trained_in_all", "undoable", "blamed", "warning"):
        assert getattr(frame, name) == getattr(before, name)


def test_what_was_before_the_edit_and_before_the_divergence_is_reached_again(tmp_path: Path) -> None:
    diverge(tmp_path / "run")
    undone = taken_up(tmp_path / "run", lambda session: session.send(Undo())).frame
    assert (undone.trained, undone.config, undone.warning) == (5, ENDLESS, "")
    there = taken_up(tmp_path / "run", lambda session: session.send(Go(1, 8))).frame
    assert (there.trained, there.config.learning_rate, there.trained_in_all) == (8, WILD, 9)
    assert math.isfinite(there.loss)


def test_a_disk_that_does_not_answer_until_the_end_gets_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, sync = threading.Event(), os.fsync

    def fsync(descriptor: int) -> None:
        assert answers.wait(PATIENCE)
        sync(descriptor)

    recorder = RunRecorder.begin(tmp_path / "run", ENDLESS)
    session = Session(ENDLESS, make_trainer=WildTrainer, recorder=recorder)
    session.send(Pause())
    monkeypatch.setattr(os, "fsync", fsync)
    with on_a_thread(session):
        for command in (Step(2998), Edit({"learning_rate": WILD}), Step(9)):
            session.send(command)
            assert session.when_idle(PATIENCE)
        answers.set()
    run = run_dir.read(tmp_path / "run")
    assert (run.trained, run.position, run.notes) == (3002, Position(1, 3002), ())
    assert len(log(tmp_path / "run")) == 3002


def test_leaving_on_the_way_to_the_window_that_diverges_keeps_what_was_trained(tmp_path: Path) -> None:
    trainer, recorder = WildTrainer(ENDLESS), RunRecorder.begin(tmp_path / "run", ENDLESS)
    trainer.diverges_at = 17

    def on_progress(progress: PopulationProgress) -> None:
        # later windows have no finite loss, and the run goes back to before them
        if len(progress.losses) < trainer.calls[-1]:
            session.stop()

    session = Session(ENDLESS, math.inf, lambda _: trainer, on_progress, clock=lambda: 0.0, recorder=recorder)
    session.run()
    run = run_dir.read(tmp_path / "run")
    assert (run.trained, run.position) == (17, Position(0, 17))
    assert np.isfinite(log(tmp_path / "run")["loss"]).all()


def test_headless_it_says_so_and_where_it_goes_on_and_trains_no_more(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverge(tmp_path / "run")
    monkeypatch.setattr(loop, "tensorflow_trainers", lambda *_: WildTrainer)

    def resumed(at: int | None = None, config: EchoConfig | None = None) -> tuple[int, list[dict[str, object]], str]:
        recorder = RunRecorder.go_on(tmp_path / "run")
        assert recorder.resumed is not None
        code = print_training(config or recorder.resumed.config, math.inf, True, recorder, at)
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    code, (_, diverged), err = resumed()
    assert code == ExitCode.FAILED
    assert diverged == {"event": "diverged", "epoch": 1, "window": 9, "loss": None}
    assert err.splitlines()[-1] == f"go on with: echornn-tui --resume {tmp_path / 'run'} --at 4"
    assert run_dir.read(tmp_path / "run").trained == 9
    code, records, _ = resumed(4, SMALL)
    assert (code, records[-1]["event"]) == (ExitCode.DONE, "finished")


def test_weights_that_are_not_finite_are_written_and_it_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    diverge(tmp_path / "run")
    assert export(str(tmp_path / "run"), False, tmp_path / "w.npz") == ExitCode.DONE
    assert "the weights are not finite: the loss has diverged where the run stands" in capfd.readouterr().err
    with np.load(tmp_path / "w.npz") as saved:
        assert np.isnan(saved["W"]).all()


def test_a_list_says_that_it_diverged_and_where(tmp_path: Path) -> None:
    diverge(tmp_path / "run")
    (line,) = map(json.loads, list_runs.json_lines(tmp_path / "run"))
    told = {name: line[name] for name in ("windows", "epoch", "window", "loss", "diverged")}
    assert told == {"windows": 9, "epoch": 1, "window": 9, "loss": None, "diverged": True}
    taken_up(tmp_path / "run", lambda session: session.send(Undo()))
    (line,) = map(json.loads, list_runs.json_lines(tmp_path / "run"))
    assert (line["windows"], line["window"], line["diverged"]) == (9, 5, False)


def test_fields_given_beside_resume_edit_it_before_it_diverged(tmp_path: Path) -> None:
    diverge(tmp_path / "run")
    flags = ConfigFlags(learning_rate=0.1)
    config, recorder = record.go_on(str(tmp_path / "run"), flags)
    assert recorder.resumed is not None
    at = record.first_at(recorder.resumed, flags, None)
    assert at == 4
    assert config == replace(ENDLESS, learning_rate=0.1)
    session = Session(config, make_trainer=WildTrainer, recorder=recorder, at=at)
    assert record.flags_to_go_on(session) == " --at 4 --learning-rate 0.1", "as long as it is not there"
    play(session, Step(20))
    frame = session.frame
    assert (frame.trained, frame.trained_in_all, frame.config) == (24, 29, config)
    assert math.isfinite(frame.loss)
    assert record.flags_to_go_on(session) == ""
    timeline = run_dir.read(tmp_path / "run").timeline()
    assert [timeline.branch(number).cause for number in range(len(timeline))] == ["start", "edit", "edit"]
    assert timeline.branch(2).parent == Position(0, 4)


def test_without_fields_it_is_taken_up_where_it_diverged(tmp_path: Path) -> None:
    diverge(tmp_path / "run")
    run = run_dir.read(tmp_path / "run")
    assert record.first_at(run, ConfigFlags(), None) is None
    assert record.first_at(run, ConfigFlags(learning_rate=0.1), 7) == 7


def test_one_that_has_not_diverged_is_edited_where_it_stands(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    assert record.first_at(run_dir.read(tmp_path / "run"), ConfigFlags(learning_rate=0.1), None) is None


def test_of_several_networks_the_record_tells_whether_they_diverged(tmp_path: Path) -> None:
    lot = replace(SMALL, replicas=3)
    record_branches(tmp_path / "run", 12, config=lot, make_trainer=ScriptedTrainer)
    assert record.first_at(run_dir.read(tmp_path / "run"), ConfigFlags(learning_rate=0.1), None) is None


def test_a_loss_that_is_not_finite_though_the_weights_are_has_diverged_too(tmp_path: Path) -> None:
    class Huge(WildTrainer):
        @property
        def state(self) -> PopulationState:
            return replace(super().state, weights={"W": np.full((1, 1), 1e38, np.float32)})

    record_branches(tmp_path / "run", 5, {"learning_rate": WILD}, 3, 1, config=ENDLESS, make_trainer=Huge)
    run = run_dir.read(tmp_path / "run")
    assert run.checkpoint is not None
    assert run.checkpoint.state.is_finite
    assert record.first_at(run, ConfigFlags(learning_rate=0.1), None) == 4

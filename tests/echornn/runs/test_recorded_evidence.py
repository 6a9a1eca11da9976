"""The verdict after a resume is that of a run that was never interrupted."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.analysis.theory import Evidence
from echornn.config import EchoConfig
from echornn.runs import recorded_evidence, run_dir
from echornn.runs.recorded_evidence import evidence_of
from echornn.runs.recorder import RunRecorder
from echornn.session.frame import State
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import play
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss

CONFIG = replace(SMALL, num_epochs=10**6)
SOLVED = 400
"""Windows after which the scripted loss counts as solved."""


def told(folder: Path, steps: list[int | str], resume: bool = False, diverges_at: int | None = None) -> Session:
    """Carry out the steps: numbers are windows to train, words are commands."""

    def make_trainer(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = diverges_at
        return trainer

    def slower() -> None:
        def halved() -> EchoConfig:
            return replace(session.config, learning_rate=session.config.learning_rate / 2)

        session._send(lambda: session._edit(halved))

    recorder = RunRecorder.go_on(folder) if resume else RunRecorder.begin(folder, CONFIG)
    config = recorder.resumed.config if recorder.resumed else CONFIG
    session = Session(config, make_trainer=make_trainer, recorder=recorder)
    words = {"slower": slower}
    commands = [
        (lambda step=step: session.step(step)) if isinstance(step, int) else words.get(step) or getattr(session, step)
        for step in steps
    ]
    return play(session, *commands)


def assert_same(one: Evidence, other: Evidence) -> None:
    assert (one.windows, one.solved_at) == (other.windows, other.solved_at)
    np.testing.assert_array_equal(one.recent, other.recent)


WORDS = ["reset", "redraw", "regenerate", "slower", "save", "undo", "undo", "undo"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 20) | st.sampled_from(WORDS), max_size=14),
    st.integers(5, 30),
    st.lists(st.just("undo"), min_size=1, max_size=3),
)
def test_it_is_the_same_where_the_loss_diverged_and_was_undone(
    story: list[int | str], diverges_at: int, undone: list[int | str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        session = told(Path(name) / "run", [*story, *undone], diverges_at=diverges_at)
        assert session.error is None
        if session._trainer.state.is_finite:
            assert_same(evidence_of(run_dir.read(Path(name) / "run")), session.frame.evidence)


@pytest.mark.parametrize(
    ("story", "diverges_at", "windows", "place"),
    [
        ([10, "slower", 80, "save", 40, "undo", 20, "undo"], 95, 90, (9, 0)),
        ([10, "slower", 2, "save", 20, "undo", "undo"], 14, 10, (1, 0)),
        ([14, "save", 20, "reset", 3, "undo"], 16, 14, (1, 4)),
        ([14, "save", 20, "slower", "undo"], 16, 14, (1, 4)),
        ([5, "redraw", 3, "undo", 20, "undo"], 6, 5, (0, 5)),
        ([5, "regenerate", "reset", "reset", "undo"], 100, 5, (0, 0)),
    ],
)
def test_undo_lands_on_the_last_good_windows(
    story: list[int | str], diverges_at: int, windows: int, place: tuple[int, int], tmp_path: Path
) -> None:
    session = told(tmp_path / "run", story, diverges_at=diverges_at)
    assert (session._trainer.epoch, session._trainer.window) == place
    assert session.frame.evidence.windows == windows
    assert_same(evidence_of(run_dir.read(tmp_path / "run")), session.frame.evidence)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, SOLVED) | st.sampled_from(WORDS), max_size=12), st.integers(1, 60))
def test_it_is_the_same_after_any_story(story: list[int | str], more: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        interrupted, whole = Path(name) / "interrupted", Path(name) / "whole"
        told(interrupted, story)
        uninterrupted = told(whole, [*story, more])
        assert uninterrupted.error is None
        resumed = told(interrupted, [more], resume=True)
        assert_same(resumed.frame.evidence, uninterrupted.frame.evidence)
        assert_same(told(interrupted, [], resume=True).frame.evidence, uninterrupted.frame.evidence)


def test_solved_is_remembered_at_its_window(tmp_path: Path) -> None:
    before = told(tmp_path / "run", [20, "redraw", SOLVED]).frame
    assert before.evidence.solved_at is not None
    session = told(tmp_path / "run", [5], resume=True)
    assert session.frame.evidence.solved_at == before.evidence.solved_at
    assert "solved at window" in session.frame.verdict


@pytest.mark.parametrize("changes", [{"learning_rate": 0.1}, {"num_epochs": 10**5}])
def test_more_epochs_and_another_learning_rate_go_on(changes: dict[str, Any], tmp_path: Path) -> None:
    session = Session(CONFIG, make_trainer=ScriptedTrainer, recorder=RunRecorder.begin(tmp_path / "run", CONFIG))
    play(session, lambda: session.step(30), lambda: session.edit(**changes))
    assert session.frame.progress is not None
    assert_same(recorded_evidence.evidence_of(run_dir.read(tmp_path / "run")), session.frame.evidence)
    assert session.frame.evidence.windows == 30


def test_a_resumed_run_shows_where_it_is_before_and_after_it_is_loaded(tmp_path: Path) -> None:
    told(tmp_path / "run", [13])
    run = RunRecorder.go_on(tmp_path / "run")
    assert run.resumed is not None
    session = Session(run.resumed.config, make_trainer=ScriptedTrainer, recorder=run)
    assert (session.frame.state, session.frame.epoch, session.frame.window) == (State.LOADING, 2, 3)
    play(session)
    assert session.frame.progress is None
    assert session.frame.loss == np.float32(scripted_loss(12))
    assert "chance is" not in session.frame.verdict


def test_an_edit_of_the_task_begins_anew_and_its_undo_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    session = Session(CONFIG, make_trainer=ScriptedTrainer, recorder=RunRecorder.begin(folder, CONFIG))
    play(session, lambda: session.step(30), lambda: session.edit(echo_step=1), lambda: session.step(7))
    assert_same(recorded_evidence.evidence_of(run_dir.read(folder)), session.frame.evidence)
    assert session.frame.evidence.windows == 7
    folder = tmp_path / "undone"
    session = Session(CONFIG, make_trainer=ScriptedTrainer, recorder=RunRecorder.begin(folder, CONFIG))
    play(session, lambda: session.step(30), lambda: session.edit(echo_step=1), session.undo, lambda: session.step(7))
    assert_same(recorded_evidence.evidence_of(run_dir.read(folder)), session.frame.evidence)
    assert session.frame.evidence.windows == 37


def test_it_is_read_a_piece_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = told(tmp_path / "run", [SOLVED, "regenerate", 33])
    monkeypatch.setattr(recorded_evidence, "WINDOWS_AT_A_TIME", 10)
    assert_same(recorded_evidence.evidence_of(run_dir.read(tmp_path / "run")), session.frame.evidence)

"""A session is served from a thread of its own, which may be late."""

from __future__ import annotations

from pathlib import Path

from echornn.run.recorder import RunRecorder
from echornn.session.session import Session
from tests.scripted import SMALL, ScriptedTrainer
from tui.cli.detach import Serving


def test_who_leaves_before_a_session_is_served_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorder = RunRecorder.begin(folder, SMALL)
    there = set(folder.iterdir())
    serving = Serving(Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder), True)
    serving.end("the session was ended")
    serving.begin()
    assert set(folder.iterdir()) == there
    recorder.close()
    recorder.forget()
    serving.begin()
    assert not folder.exists()

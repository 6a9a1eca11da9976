"""Training that goes on in the background: what it is told, and what its parent is told."""

from __future__ import annotations

import math
import os
import signal
import sys
from pathlib import Path

import pytest

from echornn.runs.run_recorder import RunRecorder
from echornn.session import loop
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record
from tui.commands.training.background import BackgroundProcess, go_on_in_the_background
from tui.commands.training.headless import print_training
from tui.term.exit_code import ExitCode


class Told(BackgroundProcess):
    """A background process whose parent is this test."""

    def let_go(self, folder: Path | None, trouble: str, errors_apart: bool) -> None:
        self.told = (folder, trouble, errors_apart)


@pytest.mark.parametrize(
    ("serve", "as_json", "trouble"), [(True, False, ""), (False, True, "nobody can attach, because of --no-serve")]
)
def test_the_parent_is_told_whether_one_can_attach(
    serve: bool, as_json: bool, trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "tensorflow_trainers", lambda *_: ScriptedTrainer)
    recorder, background = RunRecorder.begin(tmp_path / "run", SMALL), Told(None)
    code = print_training(SMALL, math.inf, as_json, recorder, serve=serve, background=background)
    assert (code, background.told) == (ExitCode.DONE, (tmp_path / "run", trouble, as_json))


def test_what_was_not_reached_or_changed_yet_is_so_in_the_background_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[list[str]] = []
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setattr(os, "execv", lambda _, line: lines.append(line))
    flags = record.flag_list(50, learning_rate=0.1, task="a b.py:Mine")
    go_on_in_the_background(tmp_path, math.inf, True, False, flags)
    expected = ["--detach", "--resume", str(tmp_path), "--speed", "max", "--paused", "--no-serve", "--at", "50"]
    assert lines == [[sys.executable, "-P", "-m", "tui", *expected, "--learning-rate", "0.1", "--task", "a b.py:Mine"]]
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()), "signals arrive again, since there was no next program"

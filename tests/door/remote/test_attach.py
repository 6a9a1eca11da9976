"""The real program in the background, and viewers on terminals of their own that attach to it."""

from __future__ import annotations

import json
import os
import signal
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from echornn import read
from tests.answered import answered
from tests.door.remote.viewers import viewers_of
from tests.patience import wait_for
from tests.program import Program, detached, running, signals_of

pytestmark = pytest.mark.slow


def attached(folder: Path, width: int = 80, height: int = 24) -> AbstractContextManager[Program]:
    return running("attach", folder, width=width, height=height, scripted=True)


def test_two_terminals_look_one_steers_one_is_killed_and_a_killed_session_is_said(
    tmp_path: Path,
) -> None:
    with detached(tmp_path / "run", speed=1) as folder, ExitStack() as stack:
        session = int(json.loads((folder / "serving.json").read_text())["process"])
        first = stack.enter_context(attached(folder, 100, 30))
        first.shows("running")
        first.shows_on_line(29, "q Quit")
        second = stack.enter_context(attached(folder))
        second.shows("running", "steers")
        names, steering = viewers_of(folder)
        assert (len(names), steering) == (2, names[0])
        first.press(" ")
        for viewer in (first, second):
            viewer.shows("paused")
        second.press("e")  # it does not steer
        second.shows(f"{steering} steers")
        second.press("We")  # at once
        first.shows(f"{names[1]} steers")
        for viewer in (first, second):
            viewer.shows("epoch 1/100", "window 666/666")
        second.press("2")
        second.shows("matrix")
        assert "matrix" not in first.text
        os.killpg(second.pid, signal.SIGKILL)
        first.hides("steers")
        first.press(" ")
        first.shows("running")
        os.kill(session, signal.SIGKILL)
        first.shows("lost")
        assert first.quit() == 0
        assert f"--resume {folder}" in first.text.replace("\n", "")
        late = answered("attach", "--once", folder)
        assert late.returncode == 2
        assert str(folder) in late.stderr


def test_a_run_in_the_app_is_attached_to_and_goes_on_in_the_background(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running("--run", folder, "--speed", 50, width=200, scripted=True) as program:
        program.shows("running")
        wait_for((folder / "serving.json").exists)
        with attached(folder) as viewer:
            viewer.shows("running", "steers")
            program.shows("looks on")
            before = read(folder).path().loss
            program.press("D")
            ignored = signals_of(program.process_in_background(), "SigIgn")
            assert signal.SIGTERM not in ignored  # attach --stop, and kill
            assert program.ended() == 0
            assert program.mended
            viewer.shows("attach")
            assert viewer.quit() == 0
    done = answered("attach", "--stop", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"--resume {folder}" in done.stdout
    assert read(folder).path().loss.tobytes().startswith(before.tobytes())
    assert not (folder / "serving.json").exists()

"""What ends the program from outside: the run is saved, it can be resumed, and the terminal is as
it was."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from echornn import EchoConfig
from tests.door.terminal.ended import losses, resumes, trained
from tests.patience import wait_for
from tests.program import children_of, epoch, running
from tests.recorded import record_branches

pytestmark = pytest.mark.slow


def test_a_signal_saves_and_ends_it_also_in_a_burst_of_keys(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running("--run", folder, "--speed", 1000, scripted=True) as program:
        program.reaches(2)
        saved = losses(folder)
        program.press("\x1b[D" * 1200)  # more would wait in the terminal
        os.kill(program.app, signal.SIGTERM)
        assert program.ended() == 42
        assert program.mended
        assert resumes(program) == [str(folder)]
    assert trained(folder) > 666
    assert losses(folder).startswith(saved)


@pytest.mark.parametrize("is_headless", [False, True])
def test_without_its_terminal_it_saves_and_ends(is_headless: bool, tmp_path: Path) -> None:
    words = ["--num-epochs", 100_000, "--run", tmp_path / "run"]
    if is_headless:
        words.append("--headless")
    with running(*words, ignore_hangup=is_headless, scripted=True) as program:
        if not is_headless:
            program.shows("running")
        program.matches("window +[1-9]")
        program.close_terminal()
        assert program.ended() == 42
    assert trained(tmp_path / "run") > 0


def test_killed_it_leaves_the_terminal_in_order_and_nothing_that_was_saved_is_lost(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with running("--run", folder, "--speed", 1000, scripted=True) as program:
        program.shows("running")
        saved = wait_for(lambda: losses(folder))
        os.kill(program.app, signal.SIGKILL)
        assert program.ended() == 1
        assert program.mended
        assert b"SIGKILL" in program.output
        assert resumes(program) == [str(folder)]
    after = losses(folder)
    assert after.startswith(saved)
    begun = trained(folder) // 666 + 1
    with running("--resume", folder, "--speed", 1000, scripted=True) as program:
        assert epoch(program.reaches(begun)) <= begun + 1
        wait_for(lambda: len(losses(folder)) > len(after))
        assert program.quit() == 0
    assert losses(folder).startswith(after)


def test_without_its_parent_the_app_saves_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = ("--run", folder, "--speed", 1000)
    with running(*words, under_a_shell=True, scripted=True) as program:
        program.reaches(2)
        os.kill(program.guardian, signal.SIGKILL)
        program.press("x")  # the app and the shell both try to read this key
        program.until(lambda _: b"code 137" in program.output and resumes(program))
        program.until(lambda _: not children_of(program.pid))
        assert resumes(program) == [str(folder)]
        assert program.mended
        program.press("\n")
        assert program.ended() == 0, "the shell's own"
    assert trained(folder) > 666


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    hung = record_branches(tmp_path / "hung", 100, config=EchoConfig())  # the next has a line
    with running("--headless", "--resume", hung, scripted=True, trainers="hung") as program:
        program.shows("window 101/666")
        for _ in range(4):  # two that come at once are one
            if program.read_for(0.5):
                program.press("\x03")
        assert program.ended() == 130
        assert program.mended
    assert trained(hung) == 100

"""The real program on a pseudo-terminal: its picture, its keys, and that it leaves the terminal as
it was."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from tests.door.terminal.ended import resumes, trained
from tests.patience import wait_for
from tests.program import epoch, gone, running, stopped

pytestmark = pytest.mark.slow


def test_keys_act_and_q_ends_it_with_the_run_saved_and_the_terminal_as_it_was(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with running("--run", folder, "--speed", 1, width=100, height=30, scripted=True) as program:
        first = program.shows("running", "chance 0.693", "q Quit")
        assert "epoch 1/100" in first
        assert not program.mended
        program.press(" ")
        program.shows("paused")
        program.press("e")
        program.shows("window 666/666", "paused")
        program.press(".")
        program.shows("epoch 2/100", "window   1/666")
        program.press("g")
        program.shows("data 2")
        program.press("\x1b[<0;4;1M\x1b[<0;4;1m")  # a click on the word that says that it is paused
        program.shows("running")
        program.press(" ")
        program.shows("paused")
        program.scribble(20, 10, "Broadcast message")
        program.press("\x0c")
        program.hides("Broadcast", "message")
        program.press("r")
        program.shows("epoch 1/100", "window   0/666")
        program.press("u")
        program.shows("epoch 2/100")
        assert program.quit() == 0
        assert program.mended
        assert resumes(program)[0] == str(folder)
    assert trained(folder) >= 667


def test_it_says_that_it_loads_and_left_before_anything_was_trained_it_leaves_nothing(
    tmp_path: Path,
) -> None:
    with running("--run", tmp_path / "run") as program:
        program.shows("loading", "epoch 1/100")
        assert program.quit() == 0
        assert program.mended
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cannot_be_trained_has_failed_and_the_exit_code_is_2() -> None:
    with running("--device", "gpu", scripted=True, trainers="cpu") as program:
        program.shows("failed", "device = 'gpu'")
        assert program.quit() == 2
        assert program.mended


def test_stopped_it_gives_the_terminal_to_the_shell_and_continued_it_draws_all_of_its_screen() -> (
    None
):
    with running("--speed", 1000, "--num-epochs", 100_000, scripted=True) as program:
        program.shows("running")
        app = program.app
        for stop, pid in ((os.kill, app), (os.killpg, program.pid)):
            stop(pid, signal.SIGTSTP)
            program.stops()
            program.until(lambda _: stopped(app) and program.mended)
            program.scribble(20, 10, "Broadcast message")
            before = epoch(program.text)
            os.killpg(program.pid, signal.SIGCONT)
            program.reaches(before + 1)
            program.hides("Broadcast")
            program.shows("chance 0.693", "q Quit")
        assert program.quit() == 0
        assert program.mended


IN_BACKGROUND = """
set -m
"$@" &
until [ "$(jobs -s)" ]; do read -t 0.01; done
echo "it stands still"
read _
fg
"""


def test_begun_in_the_background_it_waits_and_comes_up_in_the_foreground(tmp_path: Path) -> None:
    with running("--run", tmp_path / "run", in_a_shell=IN_BACKGROUND, scripted=True) as shell:
        shell.shows("it stands still")
        assert stopped(shell.app)
        assert b"\x1b[?1049h" not in shell.output
        assert not (tmp_path / "run").exists()
        shell.press("\n")
        shell.shows("running", "q Quit")
        assert shell.quit() == 0
        assert shell.mended


def test_lines_are_printed_without_a_screen_and_a_dumb_terminal_gets_no_sequences(
    tmp_path: Path,
) -> None:
    few = ("--num-epochs", 2, "--run", tmp_path / "run")
    with running(*few, environment={"TERM": "dumb"}, width=200, scripted=True) as program:
        assert program.ended() == 0
    assert b"\x1b[" not in program.output
    assert re.findall(rb"epoch (\d)/2 done", program.output) == [b"1", b"2"]
    assert trained(tmp_path / "run") == 2 * 666


def test_in_the_background_it_goes_on_after_a_hang_up_and_a_signal_saves_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = ("--detach", "--json", "--run", folder, "--speed", 50)
    with running(*words, width=200, scripted=True) as program:
        process = program.process_in_background()
        assert program.ended() == 0
        program.close_terminal()
        before = trained(folder)
        wait_for(lambda: trained(folder) > before)
        os.kill(process, signal.SIGTERM)
        wait_for(lambda: gone(process))
    assert not (folder / "serving.json").exists()
    start, *_ = map(json.loads, (folder / "output.txt").read_text().splitlines())
    assert start["event"] == "start"
    assert str(folder) in (folder / "errors.txt").read_text()

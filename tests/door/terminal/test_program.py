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
    with running(
        "--run", str(folder), "--speed", "1", width=100, height=30, scripted=True
    ) as program:
        first = program.until(
            lambda text: "running" in text and "chance 0.693" in text and "q Quit" in text
        )
        assert "epoch 1/100" in first
        assert not program.mended
        program.press(" ")
        program.until(lambda text: "paused" in text)
        program.press("e")
        program.until(lambda text: "window 666/666" in text and "paused" in text)
        program.press(".")
        program.until(lambda text: "epoch 2/100" in text and "window   1/666" in text)
        program.press("g")
        program.until(lambda text: "data 2" in text)
        program.press("\x1b[<0;4;1M\x1b[<0;4;1m")  # a click on the word that says that it is paused
        program.until(lambda text: "running" in text)
        program.press(" ")
        program.until(lambda text: "paused" in text)
        program.scribble(20, 10, "Broadcast message")
        program.press("\x0c")
        program.until(lambda text: "Broadcast" not in text and "message" not in text)
        program.press("r")
        program.until(lambda text: "epoch 1/100" in text and "window   0/666" in text)
        program.press("u")
        program.until(lambda text: "epoch 2/100" in text)
        program.press("q")
        assert program.ended() == 0
        assert program.mended
        assert resumes(program)[0] == str(folder)
    assert trained(folder) >= 667


def test_it_says_that_it_loads_and_left_before_anything_was_trained_it_leaves_nothing(
    tmp_path: Path,
) -> None:
    with running("--run", str(tmp_path / "run")) as program:
        program.until(lambda text: "loading" in text and "epoch 1/100" in text)
        program.press("q")
        assert program.ended() == 0
        assert program.mended
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cannot_be_trained_has_failed_and_the_exit_code_is_2() -> None:
    with running("--device", "gpu", scripted=True, trainers="cpu") as program:
        program.until(lambda text: "failed" in text and "device = 'gpu'" in text)
        program.press("q")
        assert program.ended() == 2
        assert program.mended


def test_stopped_it_gives_the_terminal_to_the_shell_and_continued_it_draws_all_of_its_screen() -> (
    None
):
    with running("--speed", "1000", "--num-epochs", "100000", scripted=True) as program:
        program.until(lambda text: "running" in text)
        app = program.app
        for to_both in (False, True):
            os.killpg(program.pid, signal.SIGTSTP) if to_both else os.kill(app, signal.SIGTSTP)
            program.stops()
            program.until(lambda _: stopped(app) and program.mended)
            program.scribble(20, 10, "Broadcast message")
            before = epoch(program.text)
            os.killpg(program.pid, signal.SIGCONT)
            program.until(lambda text, before=before: "running" in text and epoch(text) > before)  # type: ignore[misc]
            program.until(
                lambda text: (
                    all(words in text for words in ("chance 0.693", "q Quit"))
                    and "Broadcast" not in text
                )
            )
        program.press("q")
        assert program.ended() == 0
        assert program.mended


def test_begun_in_the_background_it_waits_and_comes_up_in_the_foreground(tmp_path: Path) -> None:
    once_stopped = (
        'until [ "$(jobs -s)" ]; do read -t 0.01; done; echo "it stands still"; read _; fg'
    )
    script = f'set -m; "$@" & {once_stopped}'
    with running("--run", str(tmp_path / "run"), in_a_shell=script, scripted=True) as shell:
        shell.until(lambda text: "it stands still" in text)
        assert stopped(shell.app)
        assert b"\x1b[?1049h" not in shell.output
        assert not (tmp_path / "run").exists()
        shell.press("\n")
        shell.until(lambda text: "running" in text and "q Quit" in text)
        shell.press("q")
        assert shell.ended() == 0
        assert shell.mended


def test_lines_are_printed_without_a_screen_and_a_dumb_terminal_gets_no_sequences(
    tmp_path: Path,
) -> None:
    few = ("--num-epochs", "2", "--run", str(tmp_path / "run"))
    with running(*few, environment={"TERM": "dumb"}, width=200, scripted=True) as program:
        assert program.ended() == 0
        assert b"\x1b[" not in program.output
        assert re.findall(rb"epoch (\d)/2 done", program.output) == [b"1", b"2"]
    assert trained(tmp_path / "run") == 2 * 666


def test_in_the_background_it_goes_on_after_a_hang_up_and_a_signal_saves_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(
        "--detach", "--json", "--run", str(folder), "--speed", "50", width=200, scripted=True
    ) as program:
        text = program.until(lambda text: re.search(r"process \d+", text))
        assert program.ended() == 0
        process = int(re.findall(r"process (\d+)", text)[0])
        program.close_terminal()
        before = trained(folder)
        wait_for(lambda: trained(folder) > before)
        os.kill(process, signal.SIGTERM)
        wait_for(lambda: gone(process))
    assert not (folder / "serving.json").exists()
    events = [
        json.loads(line)["event"] for line in (folder / "output.txt").read_text().splitlines()
    ]
    assert events[0] == "start"
    assert str(folder) in (folder / "errors.txt").read_text()

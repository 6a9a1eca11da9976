"""What ends the program from outside: the run is saved, it can be resumed, and the terminal is as
it was."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from echornn import EchoConfig
from tests.answered import answered
from tests.door.terminal.ended import losses, resumes, trained
from tests.patience import wait_for
from tests.program import children_of, epoch, running
from tests.recorded import record_branches

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("number", "to"), [(signal.SIGHUP, "both"), (signal.SIGTERM, "the app")])
def test_a_signal_saves_and_ends_it_also_in_a_burst_of_keys(
    number: signal.Signals, to: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with running("--run", str(folder), "--speed", "1000", scripted=True) as program:
        program.until(lambda text: "running" in text and epoch(text) >= 2)
        saved = losses(folder)
        program.press("\x1b[D" * 1200)  # more would wait in the terminal
        if to == "both":
            os.killpg(program.pid, number)
        else:
            os.kill(program.pid if to == "it" else program.app, number)
        assert program.ended() == 42
        assert program.mended
        assert resumes(program) == [str(folder)]
    assert trained(folder) > 666
    assert losses(folder).startswith(saved)


@pytest.mark.parametrize(("flags", "ignored"), [([], False), (["--headless"], True)])
def test_without_its_terminal_it_saves_and_ends(
    flags: list[str], ignored: bool, tmp_path: Path
) -> None:
    endless = ("--num-epochs", "100000", "--run", str(tmp_path / "run"))
    with running(*flags, *endless, ignore_hangup=ignored, scripted=True) as program:
        program.until(
            lambda text: re.search("window +[1-9]", text) and (flags or "running" in text)
        )
        program.close_terminal()
        assert program.ended() == 42
    assert trained(tmp_path / "run") > 0


def test_killed_it_leaves_the_terminal_in_order_and_nothing_that_was_saved_is_lost(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with running("--run", str(folder), "--speed", "1000", scripted=True) as program:
        program.until(lambda text: "running" in text)
        saved = wait_for(lambda: losses(folder))
        second = answered("--headless", "--resume", str(folder))
        assert (second.returncode, second.stdout) == (2, "")
        assert str(folder) in second.stderr
        assert "\n" not in second.stderr.splitlines()[0]
        os.kill(program.app, signal.SIGKILL)
        assert program.ended() == 1
        assert program.mended
        assert b"SIGKILL" in program.output
        assert resumes(program) == [str(folder)]
    after = losses(folder)
    assert after.startswith(saved)
    with running("--resume", str(folder), "--speed", "1000", scripted=True) as program:
        first = program.until(
            lambda text: "running" in text and epoch(text) >= len(after) // 4 // 666 + 1
        )
        assert epoch(first) <= len(after) // 4 // 666 + 2
        wait_for(lambda: len(losses(folder)) > len(after))
        program.press("q")
        assert program.ended() == 0
    assert losses(folder).startswith(after)


def test_without_its_parent_the_app_saves_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(
        "--run", str(folder), "--speed", "1000", under_a_shell=True, scripted=True
    ) as program:
        program.until(lambda text: "running" in text and epoch(text) >= 2)
        os.kill(program.guardian, signal.SIGKILL)
        program.press("x")  # the app and the shell both try to read this key
        program.until(
            lambda _: (
                b"code 137" in program.output and resumes(program) and not children_of(program.pid)
            )
        )
        assert resumes(program) == [str(folder)]
        assert program.mended
        program.press("\n")
        assert program.ended() == 0, "the shell's own"
    assert trained(folder) > 666


def test_ctrl_c_saves_and_ends_lines_and_a_second_one_does_not_wait(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(
        "--headless", "--num-epochs", "100000", "--run", str(folder), width=200, scripted=True
    ) as program:
        program.until(lambda text: epoch(text) >= 2)
        program.press("\x03")
        assert program.ended() == 42
        assert program.mended
        assert resumes(program)[0] == str(folder)
    assert trained(folder) > 666
    record_branches(tmp_path / "hung", 100, config=EchoConfig())  # the next window has a line
    with running(
        "--headless", "--resume", str(tmp_path / "hung"), scripted=True, trainers="hung"
    ) as program:
        program.until(lambda text: "window 101/666" in text)
        for _ in range(4):  # two that come at once are one
            if program.read_for(0.5):
                program.press("\x03")
        assert program.ended() == 130
        assert program.mended
    assert trained(tmp_path / "hung") == 100

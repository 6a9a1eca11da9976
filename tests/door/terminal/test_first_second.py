"""Signals while the program starts: each ends it with 42, and the same command starts it again.

Before the program's first line nothing can be heard: Python itself takes a hundredth of a second.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.patience import wait_for
from tests.program import Program, children_of, running, signals_of

pytestmark = pytest.mark.slow


def hears(pid: int) -> bool:
    """Whether a process has a handler of SIGTERM."""
    return signal.SIGTERM in signals_of(pid, "SigCgt")


def has_come_to(stage: str, pid: int, folder: Path) -> bool:
    if stage == "its first line":
        return hears(pid)
    return hears(pid) and (folder / "run.json").exists()


@pytest.mark.parametrize("stage", ["its first line", "once it has a folder"])
def test_lines(stage: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "tui", "--headless", "--run", str(folder)]
    for _ in range(2):  # the same command starts it again
        with Popen(command, stdout=PIPE, stderr=PIPE) as process:
            wait_for(partial(has_come_to, stage, process.pid, folder))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate()
        assert process.returncode == 42, errors
        assert b"Traceback" not in errors


def app_has_come_to(stage: str, program: Program) -> bool:
    if stage == "its first line":
        return hears(program.pid)
    return children_of(program.pid) != []


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("its first line", signal.SIGINT),
        ("once it has a guardian", signal.SIGTERM),
    ],
)
def test_the_app(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    with running("--run", tmp_path / "run") as program:
        while not app_has_come_to(stage, program):
            assert program.read_for(0.001)
        if number == signal.SIGINT:  # as the terminal does
            os.killpg(program.pid, number)
        else:
            os.kill(program.pid, number)
        assert program.ended() == 42
        assert program.mended
        assert b"Traceback" not in program.output

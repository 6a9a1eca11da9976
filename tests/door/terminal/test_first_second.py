"""Signals while the program starts: each ends it with 42, and the same command starts it again.

Before the program's first line nothing can be heard: Python itself takes a hundredth of a second.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import wait_for
from tests.program import children_of, running

pytestmark = pytest.mark.slow

TO_START, TO_DRAW = b"\x1b[?1049h", b"epoch"


def hears(pid: int) -> bool:
    """Whether a process has a handler of SIGTERM."""
    (caught,) = re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def has_loaded(pid: int, library: str) -> bool:
    return library in Path(f"/proc/{pid}/maps").read_text()


STAGES: dict[str, Callable[[int, Path], object]] = {
    "its first line": lambda pid, folder: hears(pid),
    "while it imports": lambda pid, folder: has_loaded(pid, "_multiarray_umath"),
    "once it has a folder": lambda pid, folder: hears(pid) and (folder / "run.json").exists(),
    "while TensorFlow is imported": lambda pid, folder: has_loaded(pid, "tensorflow"),
}


SIGNALS = (signal.SIGTERM, signal.SIGINT) * 2  # one for each stage


@pytest.mark.parametrize(("stage", "number"), [*zip(STAGES, SIGNALS, strict=True)])
def test_lines(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for _ in range(2):  # the same command starts it again
        command = [sys.executable, "-m", "tui", "--headless", "--run", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for(lambda process=process: STAGES[stage](process.pid, folder))  # type: ignore[misc]
            process.send_signal(number)
            said = process.communicate()[1]
        assert (process.returncode, said.count(b"Traceback")) == (42, 0), said


APP_STAGES: dict[str, Callable[[int, bytes], object]] = {
    "its first line": lambda pid, output: hears(pid),
    "once it has a guardian": lambda pid, output: children_of(pid),
    "once it has the screen": lambda pid, output: TO_START in output,
    "once it has drawn": lambda pid, output: TO_DRAW in output,
}


@pytest.mark.parametrize(("stage", "number"), [*zip(APP_STAGES, SIGNALS[::-1], strict=True)])
def test_the_app(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run")) as program:
        begun = APP_STAGES[stage]
        while not begun(program.pid, program.output):
            assert program.read_for(0.001)
        if number == signal.SIGINT:  # as the terminal does
            os.killpg(program.pid, number)
        else:
            os.kill(program.pid, number)
        assert program.ended() == 42
        assert program.mended
        assert b"Traceback" not in program.output

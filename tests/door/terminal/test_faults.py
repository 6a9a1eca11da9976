"""Faults of the program and of the disk, on the real screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.door.terminal.ended import losses, resumes, trained
from tests.door.terminal.faults import ENDS_A_RUN, READS_KEPT_RUNS
from tests.patience import wait_for
from tests.program import epoch, running

pytestmark = pytest.mark.slow


def test_an_error_on_a_thread_is_one_line_and_the_program_has_failed(tmp_path: Path) -> None:
    kept = tmp_path / "echornn-tui" / "traceback.txt"
    with running(failing=READS_KEPT_RUNS, environment={"XDG_STATE_HOME": str(tmp_path)}) as program:
        program.until(lambda text: "q Quit" in text)
        program.press("o")
        program.until(lambda text: "TypeError: a fault of the" in text)
        assert "Traceback" not in program.text
        program.press("\x1b")
        program.until(lambda text: "q Quit" in text)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        assert str(kept) in program.text.replace("\n", "")
        assert b"Traceback" not in program.output
    assert kept.read_text().rstrip().endswith("TypeError: a fault of the program")


def test_a_fault_while_it_leaves_without_a_terminal_does_not_keep_it(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with running(failing=ENDS_A_RUN, environment=state, ignore_hangup=True) as program:
        program.until(lambda text: "running" in text)
        program.close_terminal()
        assert program.ended() == 1
    assert "a fault of the program" in (tmp_path / "echornn-tui" / "traceback.txt").read_text()


def test_on_a_full_disk_training_goes_on_and_the_screen_says_that_it_is_not_saved(tmp_path: Path) -> None:
    """No file may be longer than 32 kB here: losses of 4,096 windows."""
    folder = tmp_path / "run"
    with running(
        "--run", str(folder), "--speed", "2000", in_a_shell='ulimit -f 32; exec "$@"', scripted=True
    ) as program:
        program.until(lambda text: "running" in text)
        saved = wait_for(lambda: losses(folder))
        program.until(lambda text: "File too large" in text and epoch(text) >= 8)
        before = epoch(program.text)
        program.until(lambda text: "running" in text and epoch(text) >= before + 2)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        assert b"File too large" in program.output
        assert resumes(program) == [str(folder)]
    assert 0 < trained(folder) <= 4096
    assert losses(folder).startswith(saved)

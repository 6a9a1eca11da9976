"""The program on a terminal resumes a run with fields that were given beside --resume."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from echornn.runs import run_dir
from tests.patience import PATIENCE
from tests.program import running

pytestmark = pytest.mark.slow

SMALL = ["--total-series-length", "3000", "--num-epochs", "2", "--init", "glorot"]


def test_a_finished_run_trains_on_and_the_edit_can_be_undone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    headless = [sys.executable, "-m", "tests.scripted_program", "--headless", *SMALL, "--run", str(folder)]
    subprocess.run(headless, capture_output=True, timeout=PATIENCE, check=True)
    fields = ["--num-epochs", "4", "--cell", "gru", "--speed", "max"]
    with running("--resume", str(folder), *fields, scripted=True) as program:
        program.until(lambda text: "finished" in text and "epoch 4/4" in text)
        program.press("u")
        program.until(lambda text: "epoch 2/2" in text)
        program.press("q")
        assert program.ended() == 0
    run = run_dir.read(folder)
    assert [command.cause for command in run.commands] == ["start", "edit"]
    assert [command.config.cell for command in run.commands] == ["rnn", "gru"]
    assert run.trained == 80 + 160, "what was undone is kept"
    assert run.position == (0, 80)
    assert run.config.cell == "rnn"

"""Whole numbers on the command line: a number with a decimal point is refused by its flag, and never rounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded import record_branches
from tests.scripted import SMALL
from tui.cli.program import exit_code_of
from tui.term.exit_code import ExitCode


@pytest.mark.parametrize(
    "line",
    [
        *("--resume RUN --at 1.5", "--resume RUN --at 1.0", "--resume RUN --at ."),
        *("--seed 1.5", "--num-epochs 2.7", "--stride 1.0", "--batch-size=5.", "prune --keep 1.5", "prune --keep 1.0"),
        "export RUN --branch 1.0",
    ],
)
def test_one_with_a_point_is_refused(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run", 14, (0, 4), 3, config=SMALL)
    words = line.replace("RUN", str(tmp_path / "run")).split()
    assert exit_code_of(words) == ExitCode.USAGE
    out, error = capsys.readouterr()
    flag = words[-1].partition("=")[0] if "=" in words[-1] else words[-2]
    assert out == ""
    assert flag.strip("-") in error.splitlines()[0]
    assert len(error.splitlines()) == 2

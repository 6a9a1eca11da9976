"""The screen of what the probes say along the run: a process measures, and the screen shows it line by line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.door.app.stage import opened
from tests.recorded import record_branches

RECORDS = [
    {
        "window": window,
        "seed": 7,
        "as_recorded": True,
        "loss": loss,
        "held_out": 0.7,
        "spectral_radii": {"W": 1.25 + window},
        "saturation": {"h": 0.5, "forget": 0.875},
        "update_ratios": {"W": ratio},
        "truncation_bias": None,
        "truncation_bias_of_windows": 0.1,
        "gradient_by_lag": [1.0, 1e-3, 1e-9, 0.0],
        "memory": [0.0, 0.5, 1.0],
    }
    for window, loss, ratio in ((0, None, None), (9, 0.6875, 1e-3), (18, 0.25, 1e-5))
]


async def test_it_shows_what_a_process_prints_and_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_branches(tmp_path / "run", 20)
    (tmp_path / "said").write_text("".join(f"{json.dumps(one)}\n" for one in RECORDS))
    says = "import sys; open(sys.argv[2], 'w').write(str(sys.argv)); print(open(sys.argv[1]).read(), end='')"
    program = (sys.executable, "-c", says, str(tmp_path / "said"), str(tmp_path / "asked"))
    monkeypatch.setattr("tui.app.along.PROGRAM", program)
    async with opened(folder=tmp_path / "run", size=(100, 50)) as stage:
        assert stage.frame.trained == 20
        await stage.press("P")
        text = await stage.until(lambda text: "3 of 21 windows measured" in text)
        lines = [line.strip(" │").split() for line in text.splitlines()]
        for line in (
            "window █▁ 0.25 to 0.688",
            "W ▁▄█ 1.25 to 19.2",
            "W █▁ 1e-05 to 0.001",
            "T steps not known",
            "1 ▓▓▓",  # a gradient of 1e-3; and from 1e-8 on nothing is learned
            "2 ···",
        ):
            assert line.split() in lines, line
        assert "'--along', '32', '--branch', '0', '--at', '20'" in (tmp_path / "asked").read_text()
        text = await stage.seen("escape")
        assert "windows measured" not in text


async def test_what_it_cannot_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as stage:
        assert "nothing trained yet" in await stage.seen("P")
        await stage.press("full_stop")
        assert "not kept" in await stage.seen("P")
    record_branches(tmp_path / "run", 5)
    fails = "import sys; sys.exit('echornn-tui: no room for it')"
    monkeypatch.setattr("tui.app.along.PROGRAM", (sys.executable, "-c", fails))
    async with opened(folder=tmp_path / "run") as stage:
        await stage.press("P")
        await stage.until(lambda text: "no room for it" in text)

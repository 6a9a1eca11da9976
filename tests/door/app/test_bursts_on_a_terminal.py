"""Quit and pause overtake the keys that wait, on a real terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.answered import answered
from tests.program import running

pytestmark = pytest.mark.slow

MANY = 500


def test_quit_overtakes_the_keys_that_wait_and_what_trained_is_kept(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run"), "--speed", "max", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("R" * MANY + "q")
        assert program.ended() == 0
    branches = answered("branches", str(tmp_path / "run"), "--json").stdout.splitlines()
    assert 1 <= len(branches) < MANY / 2


def test_pause_overtakes_the_keys_that_wait_which_are_then_carried_out_in_order() -> None:
    with running("--speed", "20", width=120, scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("R" * MANY + " ")
        text = program.until(lambda text: "paused" in text and "weights" in text)
        assert int(re.findall(r"weights ([\d,]+)", text)[0].replace(",", "")) < MANY / 2
        program.until(lambda text: f"weights {MANY + 1}" in text.replace(",", ""))
        assert "paused" in program.text
        program.press(":quit\r")
        assert program.ended() == 0

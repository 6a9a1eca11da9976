"""Keys on a real terminal: ctrl+q overtakes those that wait; the program lives through any, and its
run replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answered import answered
from tests.program import running
from tests.storm import Storm

pytestmark = pytest.mark.slow

MANY = 300


def test_quit_overtakes_the_keys_that_wait_and_what_trained_is_kept(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run"), "--speed", "max", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("R" * MANY + "\x11")
        assert program.ended() == 0
    branches = answered("branches", str(tmp_path / "run"), "--json").stdout.splitlines()
    assert 1 <= len(branches) < MANY / 2


def test_it_lives_through_a_storm_of_keys_and_its_run_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the command palette can save the screen to the current folder
    assert Storm(2, 400, tmp_path / "run", hashed=True).blow("--num-epochs", "3") == ""
    assert (tmp_path / "run" / "losses.bin").stat().st_size > 0

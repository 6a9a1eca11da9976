"""Random keys, pastes, clicks and sizes: the program lives, and its run replays bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storm import Storm

pytestmark = pytest.mark.slow


def test_it_lives_through_a_storm_of_keys_and_its_run_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the command palette can save the screen to the current folder
    assert Storm(2, 400, tmp_path / "run", hashed=True).blow("--num-epochs", "3") == ""
    assert (tmp_path / "run" / "losses.bin").stat().st_size > 0

"""Sends random keys to the real program for a short time; `tests.benchmarks.key_storm` sends many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from echornn.runs import run_dir
from tests.storm import Storm

pytestmark = pytest.mark.slow


def test_it_lives_through_a_storm_of_keys_and_its_run_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the command palette can save the screen to the current folder
    folder = tmp_path / "run"
    assert Storm(2, 600, folder, hashed=True).blow("--num-epochs", "3") == ""
    assert run_dir.read(folder).trained

"""A short storm; `tests.benchmarks.key_storm` has the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storm import Storm

pytestmark = pytest.mark.slow


def test_it_lives_through_a_storm_of_keys_and_its_run_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the palette saves the screen
    assert Storm(1, 600, tmp_path / "run").blow("--num-epochs", "3") == ""

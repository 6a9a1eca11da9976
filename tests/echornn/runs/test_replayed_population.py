"""A run of single networks and populations: repeating its commands gives the recorded losses."""

from __future__ import annotations

from pathlib import Path

from tests.hashed import HashTrainer
from tests.recorded import record_branches
from tests.replay import difference
from tests.scripted import ScriptedTrainer


def test_one_alone_many_and_one_of_them_replay_from_their_commands(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    steps = (20, {"replicas": 3}, 15, "alone", 12, (1, 9), 8, "regenerate", 5, {"learning_rate": 0.1}, 6, "reset", 4)
    record_branches(folder, *steps, make_trainer=HashTrainer)
    assert difference(folder, HashTrainer) == ""
    assert "of the log" in difference(folder, ScriptedTrainer), "these train others"

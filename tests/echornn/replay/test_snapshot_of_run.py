"""The snapshot of a stored run's network at any window of its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from echornn.files.run_error import RunError
from echornn.replay.snapshot_of_run import snapshot_of_run
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from tests.recorded import contents, record_branches
from tests.scripted import SMALL, ScriptedTrainer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of twelve windows and eight more at another rate, with its position in the middle of these."""
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 8, (1, 15))
    return tmp_path / "run"


@pytest.mark.parametrize("at", [0, 5, 12, 13, 20])
def test_every_moment_of_the_path_and_nothing_on_disk_changes(folder: Path, at: int) -> None:
    before = contents(folder)
    snapshot = snapshot_of_run(run_dir.read(folder), at, ScriptedTrainer)
    assert snapshot.state.weights["W"] == [at]
    assert (snapshot.branch, snapshot.window) == (1, at)
    assert snapshot.state.config.learning_rate == (0.1 if at >= 12 else SMALL.learning_rate)
    if at:
        assert snapshot.progress is not None
        assert (snapshot.progress.epoch, snapshot.progress.window) == divmod(at - 1, SMALL.windows_per_epoch)
    else:
        assert snapshot.progress is None
    assert contents(folder) == before


def test_where_it_stands_nothing_is_trained_again(folder: Path) -> None:
    def refuse(config: object) -> ScriptedTrainer:
        raise AssertionError("a trainer is made")

    snapshot = snapshot_of_run(run_dir.read(folder), None, refuse)
    assert (snapshot.branch, snapshot.window) == (1, 15)
    assert snapshot.state.weights["W"] == [15]


def test_a_path_that_is_not_so_long_and_a_run_without_weights(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="at = 21 cannot be used: it must be 0 to 20, the windows along the run's path"):
        snapshot_of_run(run_dir.read(folder), 21, ScriptedTrainer)
    recorder = RunRecorder.begin(tmp_path / "new", SMALL)
    recorder.close()
    with pytest.raises(RunError, match="new has no weights yet"):
        snapshot_of_run(run_dir.read(tmp_path / "new"))

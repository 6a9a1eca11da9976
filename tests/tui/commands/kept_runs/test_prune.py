"""Old runs are removed on request, and nothing else ever is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from echornn.runs import kept_runs, run_dir
from echornn.runs.run_dir import RUN_FILE
from echornn.runs.run_recorder import RunRecorder
from tests.echornn.runs.test_recorder import contents, recorded
from tui.cli.subcommands.table import prune_kept_runs
from tui.commands.front_end import UsageError
from tui.commands.kept_runs.list_runs import describe
from tui.commands.kept_runs.prune import removed


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Four runs in a state folder, the newest first."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folders = [kept_runs.state_folder() / name for name in ("fourth", "third", "second", "first")]
    for age, folder in enumerate(folders):
        recorded(folder, 5)
        for file in folder.iterdir():
            os.utime(file, (1e9 - age, 1e9 - age))
    assert kept_runs.runs() == folders
    return folders


def test_the_newest_stay(runs: list[Path]) -> None:
    lines = list(removed(2, dry_run=False))
    assert [line.split()[0] for line in lines] == ["removed", "removed"]
    assert [line.split()[-1] for line in lines] == ["second", "first"]
    assert kept_runs.runs() == runs[:2]
    assert sorted(file.name for file in kept_runs.state_folder().iterdir()) == ["fourth", "third"]
    assert list(removed(2, dry_run=False)) == []


def test_a_dry_run_removes_nothing(runs: list[Path]) -> None:
    before = contents(kept_runs.state_folder())
    assert [line.split()[-1] for line in removed(0, dry_run=True)] == ["fourth", "third", "second", "first"]
    assert contents(kept_runs.state_folder()) == before


def test_what_is_written_or_not_understood_or_not_ours_stays(runs: list[Path]) -> None:
    recorder = RunRecorder.go_on(runs[0])
    newer = json.loads((runs[1] / RUN_FILE).read_text()) | {"format": 2}
    (runs[1] / RUN_FILE).write_text(json.dumps(newer))
    (runs[2] / "notes.txt").write_text("mine")
    (runs[2] / "tensorboard" / "profile").write_text("mine too")
    stranger = kept_runs.state_folder() / "stranger"
    stranger.mkdir()
    (stranger / "thesis.tex").write_text("all my work")
    kept = {name: content for name, content in contents(kept_runs.state_folder()).items() if "third" in name}
    assert [line.split()[0] for line in removed(0, dry_run=True)] == ["kept", "kept", "would", "would"]
    lines = sorted(removed(0, dry_run=False))
    assert len(lines) == 4
    assert "fourth is being written by another process" in lines[0]
    assert "third holds a run of format 2: this version reads 1" in lines[1]
    assert (runs[0] / RUN_FILE).exists()
    now = contents(kept_runs.state_folder())
    assert kept.items() <= now.items()
    left = {name for name in now if name.split("/")[0] in ("second", "first", "stranger")}
    assert left == {"second/notes.txt", "second/tensorboard/profile", "stranger/thesis.tex"}
    recorder.close()


def test_a_folder_that_is_read_only_is_kept_whole(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, how: place != runs[3] and access(place, how))
    before = contents(runs[3])
    _, kept = removed(2, dry_run=False)
    assert kept == f"kept     {runs[3]} cannot be removed: it is read-only"
    assert contents(runs[3]) == before


@pytest.mark.parametrize("number", range(10))
def test_what_an_interrupted_removal_leaves_is_a_run_or_debris_and_goes_next_time(
    runs: list[Path], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever makes the removal fail, at any point."""
    unlink, calls = Path.unlink, []

    def failing(file: Path, missing_ok: bool = False) -> None:
        calls.append(file)
        if len(calls) > number:
            raise PermissionError(1, "Operation not permitted", str(file))
        unlink(file, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing)
        (line,) = removed(3, dry_run=False)
    assert line == f"kept     {runs[3]} cannot be removed: Operation not permitted"
    if runs[3] in kept_runs.runs():
        assert run_dir.read(runs[3]).trained == 5
    (line,) = removed(3, dry_run=False)
    assert line.startswith("removed  ")
    assert not runs[3].exists()


def test_the_size_counts_all_files(runs: list[Path]) -> None:
    with open(runs[0] / "tensorboard" / "events.out.tfevents.1.echornn", "wb") as file:
        file.truncate(3_000_000)
    assert "3.0 MB  fourth" in describe(runs[0])


def test_a_number_below_0_is_refused() -> None:
    with pytest.raises(UsageError, match="keep = -1 cannot be used: 0 or more"):
        prune_kept_runs(keep=-1)

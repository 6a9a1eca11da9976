"""Following another run, and names of branches: a new run in the same folder is never taken for the old one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from echornn.runs import run_dir
from echornn.runs.about import AnotherRunError
from echornn.runs.branch_notes import BranchNotes
from echornn.runs.followed_run import FollowedRun
from echornn.runs.run_files import NOTE_FILE
from echornn.timeline.branch import digests
from echornn.timeline.timeline import Timeline
from tests.recorded import Step, go_on, record_branches


def record_anew(folder: Path, *steps: Step) -> None:
    shutil.rmtree(folder)
    record_branches(folder, *steps)


def truncate_logs(folder: Path, kept: Path) -> None:
    """Cut the run back to its last save, as when its process was killed."""
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


def assert_same(found: Timeline, expected: Timeline) -> None:
    assert (len(found), found.trained) == (len(expected), expected.trained)
    for number in range(len(expected)):
        assert found.branch(number) == expected.branch(number)
        np.testing.assert_array_equal(found.curve(number, 1000).high, expected.curve(number, 1000).high)


@pytest.mark.parametrize("later", [(30,), (8, "reset", 12), (8, {"learning_rate": 0.1}, 20)])
def test_another_run_in_the_folder_is_read_anew(tmp_path: Path, later: tuple[Step, ...]) -> None:
    record_branches(tmp_path / "run", 8, {"learning_rate": 0.2}, 5)
    followed = FollowedRun(tmp_path / "run")
    assert followed.refresh()
    before = followed.seen
    record_anew(tmp_path / "run", *later)
    assert followed.refresh()
    assert_same(followed.seen.timeline, run_dir.read(tmp_path / "run").timeline())
    assert before.timeline.trained == 13, "what others look at is not changed"
    assert not followed.refresh()


@pytest.mark.parametrize("later", [({"learning_rate": 0.1}, 20), ("reset", 20), (2, "reset", 30), (20,)])
def test_a_run_that_was_cut_back_and_went_another_way_is_read_anew(tmp_path: Path, later: tuple[Step, ...]) -> None:
    record_branches(tmp_path / "run", 8)
    shutil.copytree(tmp_path / "run", tmp_path / "kept")
    go_on(tmp_path / "run", 5, {"learning_rate": 0.3}, 4)
    followed = FollowedRun(tmp_path / "run")
    assert followed.refresh()
    truncate_logs(tmp_path / "run", tmp_path / "kept")
    go_on(tmp_path / "run", *later)
    assert followed.refresh()
    assert_same(followed.seen.timeline, run_dir.read(tmp_path / "run").timeline())


def test_that_a_run_stands_elsewhere_is_seen_without_new_windows(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 8, {"learning_rate": 0.2}, 5)
    followed = FollowedRun(tmp_path / "run")
    assert followed.refresh()
    go_on(tmp_path / "run", (0, 8))
    assert followed.refresh()
    assert (followed.seen.position, followed.seen.config.learning_rate) == ((0, 8), 0.3)


def test_a_run_that_is_begun_while_the_one_before_is_read_is_not_mixed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_branches(tmp_path / "run", 8)
    followed = FollowedRun(tmp_path / "run")
    assert followed.refresh()
    go_on(tmp_path / "run", 9)
    before, glance = followed.seen, run_dir.glance

    def glance_and_replace(folder: Path) -> run_dir.Run:
        run = glance(folder)
        record_anew(folder, 30)
        return run

    with monkeypatch.context() as patch:
        patch.setattr(run_dir, "glance", glance_and_replace)
        with pytest.raises(AnotherRunError):
            followed.refresh()
    assert followed.seen is before
    assert before.timeline.trained == 8
    assert followed.refresh()
    assert_same(followed.seen.timeline, run_dir.read(tmp_path / "run").timeline())


# ---- names


def digests_of(folder: Path) -> list[int]:
    return digests(run_dir.read(folder).tree[0])


def test_digests_of_a_record_are_those_of_its_timeline(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 8, {"learning_rate": 0.2}, 5, (0, 4), 3, "reset", 2, {"state_size": 5}, 3)
    timeline = run_dir.read(tmp_path / "run").timeline()
    assert digests_of(tmp_path / "run") == [timeline.digest(number) for number in range(len(timeline))]


@pytest.mark.parametrize("other", [({"learning_rate": 0.1}, 4), (3, {"learning_rate": 0.3}), ()])
def test_another_branch_of_the_same_number_does_not_bear_its_name(tmp_path: Path, other: tuple[Step, ...]) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 8)
    shutil.copytree(folder, tmp_path / "kept")
    go_on(folder, {"learning_rate": 0.3}, 5)
    named = BranchNotes({0: "first", 1: "fast"}, frozenset({1}))
    named.save(folder, digests_of(folder))
    assert BranchNotes.read(folder).among(digests_of(folder)) == named
    notes = (folder / NOTE_FILE).read_bytes()
    truncate_logs(folder, tmp_path / "kept")
    go_on(folder, *other)
    (folder / NOTE_FILE).write_bytes(notes)
    assert BranchNotes.read(folder).among(digests_of(folder)) == BranchNotes({0: "first"})


def test_notes_of_before_there_were_digests_are_read(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 8, "reset", 3)
    told = {"names": {"1": "again", "4": "gone"}, "pinned": [1], "hidden": [0, 4]}
    (tmp_path / "run" / NOTE_FILE).write_text(json.dumps(told))
    assert BranchNotes.read(tmp_path / "run").among(digests_of(tmp_path / "run")) == BranchNotes(
        {1: "again"}, frozenset({1}), frozenset({0})
    )

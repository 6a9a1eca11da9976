"""Damaged files of a run with many branches: a note in one line, the rest is kept, and continuing is correct."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from echornn.arrays.window_pieces import pieces_along
from echornn.files.run_error import RunError
from echornn.replay.pace import Pace
from echornn.runs import run_dir
from echornn.runs.branch_notes import BranchNotes
from echornn.runs.followed_run import FollowedRun
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.run_dir import COMMAND_FILE, KEYFRAME_FILE
from echornn.runs.run_files import NOTE_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.summary import summary
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.echornn.runs.test_recorder import Disk
from tests.examples import examples
from tests.patience import PATIENCE
from tests.recorded import Step, contents, go_on, record_branches, take
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands.kept_runs import branches
from tui.commands.kept_runs.window_rows import rows

STORY: tuple[Step, ...] = (
    *(8, {"learning_rate": 0.1}, 6, (0, 5), 7, "reset", 4, "redraw", 3, (1, 10), 5, "regenerate", 6, (0, 8), 4),
    *((2, 12), 2, (5, 12), {"learning_rate": 0.2}, 3, "reset", 2),
)
"""Nine branches; the run goes back to two of them, and continues there."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    record_branches(folder, *STORY)
    go_on(folder)  # so that both checkpoints are at the end
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def use_it_all(folder: Path) -> None:
    """List the run, and print its branches."""
    assert summary(folder).windows == run_dir.read(folder).trained
    assert list(branches.lines(list(branches.records(run_dir.read(folder)))))


def test_the_story_has_branches_that_go_on(whole: Path) -> None:
    run = run_dir.read(whole)
    assert (len(run.tree[0]), len([one for one in run.commands if one.cause == "return"])) == (9, 2)
    assert run.notes == ()


@pytest.mark.parametrize(
    "lost", [*((number,) for number in range(11)), (1, 2), (3, 7, 8), (0, 1, 2, 3), tuple(range(11))]
)
def test_commands_that_are_lost_take_no_others_number(lost: tuple[int, ...], folder: Path) -> None:
    before = run_dir.read(folder)
    lines = (folder / COMMAND_FILE).read_bytes().splitlines(keepends=True)
    assert len(lines) == 11
    (folder / COMMAND_FILE).write_bytes(
        b"".join(b"#" * (len(line) - 1) + b"\n" if number in lost else line for number, line in enumerate(lines))
    )
    damaged = run_dir.read(folder)
    assert f"{COMMAND_FILE} is damaged: {len(lost)} of 11 commands cannot be read" in damaged.notes
    assert damaged.trained == before.trained
    kept = [RecordedCommand.from_line(line) for number, line in enumerate(lines) if number not in lost]
    begun = [one for one in kept if one.cause != "return"]
    for one in begun:
        assert one.branch is not None
        branch = damaged.tree[0][one.branch]
        assert (branch.config, branch.cause, branch.init_index) == (one.config, one.cause, one.init_index)
    use_it_all(folder)
    go_on(folder, "redraw", 3, {"learning_rate": 0.4}, 2)
    after = run_dir.read(folder)
    count = len(damaged.tree[0])
    assert [(one.number, one.cause) for one in after.tree[0][count:]] == [(count, "redraw"), (count + 1, "edit")]
    assert [after.ends[number] for number in (count, count + 1)] == [3, 5]
    assert after.ends[:count] == damaged.ends
    assert after.tree[0][:count] == damaged.tree[0]
    go_on(folder, (count, 2), 2)
    assert run_dir.read(folder).ends[count + 2 :] == [4]
    use_it_all(folder)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _garbled(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(40) + data[at + 40 :]


@pytest.mark.parametrize("damage", [_flipped, _cut, _garbled])
@pytest.mark.parametrize("name", [COMMAND_FILE, KEYFRAME_FILE])
def test_whatever_happens_to_a_file_it_goes_on(
    name: str, damage: Callable[[bytes, random.Random], bytes], whole: Path, tmp_path: Path
) -> None:
    for seed in range(12):
        folder = tmp_path / f"run-{seed}"
        shutil.copytree(whole, folder)
        (folder / name).write_bytes(damage((folder / name).read_bytes(), random.Random(seed)))
        use_it_all(folder)
        trained = run_dir.read(folder).trained
        losses = run_dir.read(folder).windows(0, trained).tobytes()
        go_on(folder, "redraw", 3, (0, 4), 2, (0, 0), 1)
        use_it_all(folder)
        run = run_dir.read(folder)
        assert run.trained == trained + 6, "nothing trained is lost"
        assert run.windows(0, trained).tobytes() == losses
        if name == KEYFRAME_FILE:
            assert run.notes == ()
            logged = run.windows(trained, trained + 6)["loss"][:, 0]
            along = np.array([0, 1, 2, 4, 5, 0])
            np.testing.assert_allclose(logged, 0.7 * 0.99**along, rtol=1e-6, err_msg="the state before served")


KEYS = st.sampled_from(["names", "pinned", "hidden", "1"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


@examples(60)
@given(st.binary(max_size=60) | JSON.map(lambda told: json.dumps(told).encode()))
@example(b'{"names": {}, "pinned": [-1], "hidden": []}')
@example(b'{"names": {"-3": "x"}, "pinned": [], "hidden": [1.5]}')
@example(b'{"names": {"1": "x"}, "pinned": [2], "hidden": [], "digests": 7}')
@example(b'{"names": {"1": "x"}, "pinned": [2], "hidden": [], "digests": {"1": "x"}}')
def test_whatever_stands_in_the_notes_they_are_notes(tmp_path_factory: pytest.TempPathFactory, told: bytes) -> None:
    folder = tmp_path_factory.mktemp("notes")
    (folder / NOTE_FILE).write_bytes(told)
    notes = BranchNotes.read(folder).among(range(3))
    assert all(len(name) <= 40 for name in notes.names.values())
    assert {*notes.names, *notes.pinned, *notes.hidden} <= {0, 1, 2}


# ---- disks that refuse writing


def test_a_full_disk_loses_no_branch_and_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_branches(tmp_path / "twin", 8, *STORY)
    disk = Disk(monkeypatch)
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    live = LiveRun(SMALL, ScriptedTrainer, recorder, Pace(1e9, lambda: 0.0), lambda: 0.0)
    live.load()
    live.begin()
    saved = False
    for number, step in enumerate((8, *STORY)):
        disk.full = number % 4 != 1
        take(live, step)
        live.save()
        saved = not disk.full or (saved and isinstance(step, tuple))  # a move needs no saving
        assert recorder.wait(PATIENCE) == saved
        assert (recorder.seconds_to_save() is None) == (not disk.full)
        assert ("No space left" in recorder.warning) == disk.full
    disk.full = False
    live.save()
    assert recorder.wait(PATIENCE)
    recorder.close()
    run, twin = run_dir.read(tmp_path / "run"), run_dir.read(tmp_path / "twin")
    assert run.notes == ()
    assert (run.commands, run.position) == (twin.commands, twin.position)
    assert run.windows(0, run.trained).tobytes() == twin.windows(0, twin.trained).tobytes()
    assert {one.position for one in run.keyframes()} == {one.position for one in twin.keyframes()}
    use_it_all(tmp_path / "run")


def test_a_folder_that_is_read_only_is_read_and_refused_where_it_would_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = contents(folder), os.open

    def read_only(place: Any, flags: int, *mode: int, **more: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(place))
        return real(place, flags, *mode, **more)

    monkeypatch.setattr(os, "open", read_only)
    use_it_all(folder)
    assert len(list(rows(pieces_along(run_dir.read(folder), Position(1, 10))))) == 10
    followed = FollowedRun(folder)
    assert followed.refresh()
    assert len(followed.seen.timeline) == 9
    with pytest.raises(RunError, match=f"{folder} cannot be written to: Read-only file system"):
        RunRecorder.go_on(folder)
    with pytest.raises(OSError, match="Read-only"):
        BranchNotes({1: "one"}).save(folder, [0, 0])
    assert contents(folder) == before

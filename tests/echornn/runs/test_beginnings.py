"""The creation of run folders: a killed creation counts as an empty folder, and no two runs get the same name."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.cells.own.own_cell import OwnCell
from echornn.config import MOST, EchoConfig
from echornn.files.lock import LOCK_FILE, Lock
from echornn.files.run_error import RunError
from echornn.runs import kept_runs, run_dir
from echornn.runs.debris import is_abandoned
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, RUN_FILE
from echornn.runs.run_recorder import RunRecorder
from tests.echornn.cells.bad_cells import GOOD
from tests.echornn.runs.test_recorder import contents, performed, recorded
from tests.patience import PATIENCE
from tests.scripted import SMALL
from tui.commands import record
from tui.commands.flags import ConfigFlags
from tui.commands.kept_runs.prune import removed

LEFT = [LOCK_FILE, LOSS_FILE, COMMAND_FILE, f"{RUN_FILE}.new", RUN_FILE, f"{'checkpoint-0'}.new"]
"""The files that a creation makes, in order."""


def killed(folder: Path, number: int) -> None:
    """Leave the folder as a process does that is killed after making ``number`` files."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    RunRecorder.begin(folder, SMALL).close()
    about = (folder / RUN_FILE).read_bytes()
    run_dir.remove(folder)
    folder.mkdir()
    for name in LEFT[:number]:
        (folder / name).write_bytes(about if name == RUN_FILE else b"")
        if name == RUN_FILE:
            (folder / f"{RUN_FILE}.new").unlink()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return kept_runs.state_folder()


@pytest.mark.parametrize("number", range(len(LEFT) + 1))
def test_what_a_kill_leaves_is_as_good_as_an_empty_folder(number: int, state: Path) -> None:
    killed(state / "killed", number)
    assert kept_runs.runs() == []
    with pytest.raises(RunError, match="there is no run in"):
        record.find("newest")
    performed(RunRecorder.begin(state / "killed", SMALL), SMALL, 5)
    run = run_dir.read(state / "killed")
    assert (run.trained, run.notes) == (5, ())
    assert kept_runs.runs() == [state / "killed"]


@pytest.mark.parametrize("number", range(len(LEFT) + 1))
def test_what_a_kill_leaves_is_pruned_but_not_what_may_just_begin(number: int, state: Path) -> None:
    recorded(state / "run", 3)
    killed(state / "killed", number)
    if number == 0:
        assert list(removed(5, dry_run=False)) == [], "another process may be about to take the lock"
        os.utime(state / "killed", (1e9, 1e9))
    before = contents(state)
    assert list(removed(5, dry_run=True)) == ["would go killed: left by a process that was killed"]
    assert contents(state) == before
    assert list(removed(5, dry_run=False)) == ["removed  killed: left by a process that was killed"]
    assert [folder.name for folder in state.iterdir()] == ["run"]


def test_a_run_that_is_just_begun_and_written_is_neither_taken_nor_hidden_nor_pruned(state: Path) -> None:
    recorder = RunRecorder.begin(state / "run", SMALL)
    before = contents(state)
    with pytest.raises(RunError, match="is being written by another process"):
        RunRecorder.begin(state / "run", SMALL)
    assert kept_runs.runs() == [state / "run"]
    assert kept_runs.abandoned() == []
    assert list(removed(5, dry_run=False)) == []
    assert contents(state) == before
    recorder.close()


@pytest.mark.parametrize("name", ["thesis.tex", "run.jsonl", "tensorboard/profile", "lock/inside"])
def test_where_anything_else_is_nothing_begins(name: str, state: Path) -> None:
    killed(state / "killed", len(LEFT))
    (state / "killed" / LOCK_FILE).unlink()
    (state / "killed" / name).parent.mkdir(exist_ok=True)
    (state / "killed" / name).write_text("mine")
    before = contents(state)
    assert not is_abandoned(state / "killed")
    with pytest.raises(RunError, match="holds a run already"):
        RunRecorder.begin(state / "killed", SMALL)
    assert list(removed(5, dry_run=False)) == []
    assert contents(state) == before


def test_a_run_of_another_version_is_no_debris(state: Path) -> None:
    killed(state / "later", len(LEFT))
    about = state / "later" / RUN_FILE
    about.write_bytes(about.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(RunError, match="holds a run already"):
        RunRecorder.begin(state / "later", SMALL)
    assert kept_runs.runs() == [state / "later"]


def test_losses_without_a_checkpoint_start_over_and_it_is_said(state: Path) -> None:
    killed(state / "run", len(LEFT))
    (state / "run" / LOSS_FILE).write_bytes(bytes(8 * 12))
    assert run_dir.read(state / "run").notes == (
        "it has no checkpoint: it starts over, without the 12 windows of its loss log",
    )
    assert len(performed(RunRecorder.go_on(state / "run"), SMALL, 5)) == 5
    assert run_dir.read(state / "run").notes == ()


def test_windows_of_many_networks_without_a_checkpoint_are_counted_as_such(state: Path) -> None:
    recorder = RunRecorder.begin(state / "run", replace(SMALL, replicas=64))
    (state / "run" / LOSS_FILE).write_bytes(bytes(64 * 4 * 3 + 9))
    recorder.close()
    (note,) = run_dir.read(state / "run").notes
    assert "without the 3 windows of its loss log" in note


# ---- names


def test_runs_that_begin_at_once_get_names_of_their_own(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda *_: "2026-01-01_00-00-00")
    start = threading.Barrier(16)

    def begin(_: int) -> Path | None:
        start.wait(PATIENCE)
        return record.begin(None, SMALL).folder

    with ThreadPoolExecutor(16) as pool:
        folders = list(pool.map(begin, range(16)))
    assert None not in folders
    assert len(set(folders)) == 16
    assert sorted(state.iterdir()) == sorted(folder for folder in folders if folder)


def test_the_longest_seed_still_has_a_folder(state: Path) -> None:
    recorder = record.begin(None, replace(SMALL, seed=MOST["seed"]))
    assert recorder.warning == ""
    assert recorder.folder is not None
    assert f"seed{MOST['seed']}" in recorder.folder.name


def test_whoever_waits_for_a_lock_that_is_removed_does_not_hold_one_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening the lock and taking it, another process removes the run."""
    import fcntl

    flock, calls = fcntl.flock, list[int]()

    def removed_meanwhile(descriptor: int, how: int) -> None:
        if not calls:
            (tmp_path / LOCK_FILE).unlink()
        calls.append(how)
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    lock = Lock(tmp_path)
    assert len(calls) == 2
    with pytest.raises(RunError, match="is being written"):
        Lock(tmp_path)
    lock.release()


# ---- with the real trainer


PROGRAM = """
import os, signal, sys, pathlib
from echornn.runs.run_recorder import RunRecorder
from tests.scripted import SMALL
calls = [0]
def trace(frame, event, argument):
    calls[0] += 1
    if calls[0] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return trace
sys.settrace(trace)
RunRecorder.begin(pathlib.Path(sys.argv[1]), SMALL)
sys.settrace(None)
print(calls[0])
"""


def begun(folder: Path, line: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), str(line)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_killed_at_any_line_of_the_beginning_it_can_begin_again(state: Path) -> None:
    whole = begun(state / "whole", 0)
    lines = int(whole.stdout)
    for number, line in enumerate(range(1, lines * 9 // 10, lines // 10)):
        folder = state / f"killed-{number}"
        assert begun(folder, line).returncode == -signal.SIGKILL
        assert not folder.exists() or is_abandoned(folder)
        RunRecorder.begin(folder, SMALL).close()
    flags = ConfigFlags()
    assert record.go_on(str(state / "whole"), flags)[0] == SMALL


def test_a_population_is_named_by_its_number_of_networks(state: Path) -> None:
    assert kept_runs.new_folder(replace(SMALL, replicas=64)).name.endswith("-seed7-replicas64")
    assert kept_runs.new_folder(SMALL).name.endswith("-seed7")


@pytest.mark.parametrize(
    ("config", "part"),
    [
        (EchoConfig(echo_step=5), "_echo5-T15-"),
        (EchoConfig(task="two_coins"), "_two_coins-T15-"),
        (EchoConfig(task="adding"), "_adding-T50-"),
        (EchoConfig(cell="gru"), "_echo3-gru-T15-state4-"),
        (EchoConfig(cell=OwnCell("cells/mine.py", "Mine", GOOD)), "_echo3-Mine-T15-state4-"),
        (EchoConfig(rule="rtrl"), "-state4-adagrad0.3-rtrl-seed7"),
    ],
)
def test_the_name_of_a_folder_says_what_is_trained(
    config: EchoConfig, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert part in kept_runs.new_folder(config).name


@pytest.mark.parametrize("is_there", [False, True])
def test_a_full_disk_at_the_beginning_leaves_no_file_and_no_new_folder(
    is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "run"
    if is_there:
        folder.mkdir()
    monkeypatch.setattr(os, "pwrite", no_room)
    with pytest.raises(RunError, match="cannot hold a run: No space left on device"):
        RunRecorder.begin(folder, SMALL)
    assert [path.name for path in tmp_path.rglob("*")] == ["run"] * is_there

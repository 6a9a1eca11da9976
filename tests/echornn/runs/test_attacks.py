"""Malicious folders: links, FIFOs, endless files, handmade checkpoints with a correct checksum."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from echornn.files import append_log
from echornn.files.run_error import RunError
from echornn.runs import events, kept_runs, run_dir
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, RUN_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import checkpoint
from tests.echornn.runs.test_recorder import contents, performed, recorded
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands.kept_runs.list_runs import describe, lines
from tui.commands.kept_runs.prune import removed

FILES = [RUN_FILE, LOSS_FILE, COMMAND_FILE, "checkpoint-0", "checkpoint-1", "lock"]
NEW = [f"{name}.new" for name in (RUN_FILE, "checkpoint-0", "checkpoint-1")]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a user's own files: one ordinary, one named like TensorBoard's."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("all my work " * 100)
    (folder / "events.out.tfevents.1234567890.other").write_text("another experiment's")
    return folder


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder, with an intact run and a run to attack."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("whole", "attacked"):
        recorded(kept_runs.state_folder() / name, 4, "save", "reset", 5)
    return kept_runs.state_folder()


def use_it_all(folder: Path) -> None:
    """Read the run, list it, continue it for a few windows, prune it: each works, or is refused with a one-line
    message.
    """
    refused: list[str] = []
    for use in (
        lambda: run_dir.read(folder),
        lambda: performed_if_it_may(folder),
        lambda: list(removed(0, dry_run=True)),
        lambda: list(removed(0, dry_run=False)),
    ):
        try:
            describe(folder)
            use()
        except RunError as error:
            refused.append(str(error))
    assert all(len(words.splitlines()) == 1 and len(words) < 1000 for words in refused)


def performed_if_it_may(folder: Path) -> None:
    recorder = RunRecorder.go_on(folder)
    recorder.windows(ScriptedTrainer(SMALL).advance(2))
    trainer = ScriptedTrainer(SMALL)
    recorder.save(trainer.state)
    recorder.wait(PATIENCE)
    recorder.save(trainer.state)
    recorder.close()


@pytest.mark.parametrize("name", [*FILES, *NEW])
def test_a_link_in_the_place_of_a_file_leads_nowhere(name: str, runs: Path, mine: Path) -> None:
    before = contents(mine)
    place = runs / "attacked" / name
    place.unlink(missing_ok=True)
    place.symlink_to(mine / "thesis.tex")
    use_it_all(runs / "attacked")
    assert contents(mine) == before


def test_a_link_in_the_place_of_tensorboards_folder_leads_nowhere(runs: Path, mine: Path) -> None:
    before = contents(mine)
    shutil.rmtree(runs / "attacked" / events.FOLDER)
    (runs / "attacked" / events.FOLDER).symlink_to(mine)
    use_it_all(runs / "attacked")
    assert contents(mine) == before


def test_a_run_folder_that_is_a_link_is_left_alone_and_it_is_said(runs: Path, tmp_path: Path) -> None:
    os.rename(runs / "attacked", tmp_path / "elsewhere")
    (runs / "attacked").symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    for dry_run in (True, False):
        lines = list(removed(0, dry_run))
        assert f"kept     {runs / 'attacked'} is a link: the target of the link is not touched" in lines
    assert contents(tmp_path / "elsewhere") == before
    assert (runs / "attacked").is_symlink()


def test_dangling_links_are_not_filled(tmp_path: Path) -> None:
    for name in (*FILES, *NEW):
        folder = tmp_path / f"run with {name}"
        folder.mkdir()
        (folder / name).symlink_to(tmp_path / "made by nobody")
        with pytest.raises(RunError):
            RunRecorder.begin(folder, SMALL)
        with pytest.raises(RunError):
            RunRecorder.go_on(folder)
    assert not (tmp_path / "made by nobody").exists()


@pytest.mark.parametrize("name", [*FILES, events.FOLDER])
def test_a_fifo_holds_nobody_up(name: str, runs: Path) -> None:
    place = runs / "attacked" / name
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    os.mkfifo(place)
    assert any("9 windows" in describe(folder) for folder in kept_runs.runs())
    use_it_all(runs / "attacked")


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_end_is_refused_or_not_read(name: str, runs: Path) -> None:
    with open(runs / "attacked" / name, "r+b") as file:
        file.truncate(40 << 30)
    run_dir.size(runs / "attacked")
    use_it_all(runs / "attacked")


def test_one_bad_folder_never_disables_the_list(runs: Path) -> None:
    for number, name in enumerate(FILES[:-1]):
        for kind in (os.mkfifo, os.mkdir, lambda place: place.write_bytes(b"[" * 100_000)):
            bad = runs / f"bad-{number}-{getattr(kind, '__name__', '')}"
            shutil.copytree(runs / "attacked", bad)
            (bad / name).unlink()
            kind(bad / name)
    lines = [describe(folder) for folder in kept_runs.runs()]
    assert sum("whole" in line and "9 windows" in line for line in lines) == 1
    assert all(len(line.splitlines()) == 1 for line in lines)


@pytest.mark.parametrize("name", [RUN_FILE, "checkpoint-0"])
def test_a_file_of_a_time_that_no_calendar_has_is_listed(
    name: str, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = Path.lstat

    def from_afar(file: Path) -> object:
        there = lstat(file)
        return SimpleNamespace(st_mtime=1e18, st_mode=there.st_mode, st_size=there.st_size)

    monkeypatch.setattr(Path, "lstat", lambda file: from_afar(file) if file.name == name else lstat(file))
    assert sum("9 windows" in line for line in lines()) == 2


# ---- handmade checkpoints


def made(folder: Path, change: Callable[[dict[str, Any]], None], payload: bytes | None = None) -> None:
    """Replace the run's checkpoints by one with changed contents and a correct checksum."""
    newest = max(checkpoint.SLOTS, key=lambda name: checkpoint.decode((folder / name).read_bytes()).serial)
    content = (folder / newest).read_bytes()[: -hashlib.sha256().digest_size]
    magic, version, length = checkpoint._PREFIX.unpack_from(content)
    begin = checkpoint._PREFIX.size
    header = json.loads(content[begin : begin + length])
    change(header)
    text = header.get("raw", json.dumps(header)).encode()
    payload = content[begin + length :] if payload is None else payload
    content = checkpoint._PREFIX.pack(magic, version, len(text)) + text + payload
    for name in checkpoint.SLOTS:
        (folder / name).unlink()
    (folder / newest).write_bytes(content + hashlib.sha256(content).digest())


def put(value: Any, *place: str | int) -> Callable[[dict[str, Any]], None]:
    def change(header: dict[str, Any]) -> None:
        inner: Any = header
        for one in place[:-1]:
            inner = inner[one]
        inner[place[-1]] = value

    return change


DEEP = json.dumps(None)
for _ in range(200):
    DEEP = f'{{"tuple": [{DEEP}]}}'

HAND_MADE = {
    "deep": put("[" * 100_000, "raw"),
    "deep state": put(json.loads(DEEP), "state", "weights"),
    "no table": put("[]", "raw"),
    "long length of the losses": put(10**15, "losses", "length"),
    "long length of the commands": put(10**15, "commands", "length"),
    "a length within no window": put(9, "losses", "length"),
    "length below zero": put(-8, "losses", "length"),
    "length of words": put("many", "losses", "length"),
    "true for a length": put(True, "losses", "length"),
    "a crc without end": put(10**4000, "losses", "crc"),
    "serial of words": put("x" * 10**6, "serial"),
    "serial without end": put(10**4000, "serial"),
    "serial that is half": put(1.5, "serial"),
    "epoch without end": put(10**4000, "state", "epoch"),
    "an epoch beyond the last": put(4, "state", "epoch"),
    "a window beyond the last": put(10, "state", "window"),
    "epoch of words": put("first", "state", "epoch"),
    "epoch of nothing": put(None, "state", "epoch"),
    "weights of a number": put(3, "state", "weights"),
    "weights of words": put({"dict": {"W": "x" * 10**6}}, "state", "weights"),
    "carried state of nothing": put(None, "state", "carried_state"),
    "optimizer of a number": put(7, "state", "optimizer"),
    "no such array": put({"array": 99}, "state", "carried_state"),
    "an array before the first": put({"array": -99}, "state", "carried_state"),
    "a name without end": put(1, "state", "x" * 10**6),
    "a field without end": put(1, "config", "x" * 10**6),
    "a field of many digits": put(10**4000, "config", "num_epochs"),
    "objects": put([["|O", [1]]], "arrays"),
    "structures": put([["<f4,<f4", [1]]], "arrays"),
    "a huge type": put([["|S999999999", [1]]], "arrays"),
    "a huge shape": put([["<f4", [10**15, 10**15]]], "arrays"),
    "a shape below zero": put([["<f4", [-1]]], "arrays"),
    "a shape of words": put([["<f4", "ab"]], "arrays"),
    "arrays of nothing": put([None], "arrays"),
    "fewer arrays than bytes": put([], "arrays"),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_a_checkpoint_made_by_hand_is_one_line_and_nothing_is_touched(name: str, runs: Path) -> None:
    folder = runs / "attacked"
    made(folder, HAND_MADE[name])
    before = contents(folder)
    for use in (run_dir.read, run_dir.glance, RunRecorder.go_on):
        with pytest.raises(RunError) as raised:
            use(folder)
        assert str(raised.value).startswith(f"{folder} is damaged: ")
        assert len(str(raised.value).splitlines()) == 1
        assert len(str(raised.value)) < 1000
    assert contents(folder) == before
    assert "is damaged" in describe(folder)


def test_a_number_of_lost_windows_that_can_be_is_filled_up_in_pieces(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs / "attacked"
    made(folder, put(8 * 1_000_000, "losses", "length"))
    assert run_dir.read(folder).trained == 1_000_000
    monkeypatch.setattr(append_log, "PIECE_BYTES", 1 << 10)
    performed(RunRecorder.go_on(folder), SMALL, 2)
    run = run_dir.read(folder)
    assert (run.trained, run.notes) == (1_000_002, ())
    windows = run.windows(0, run.trained)
    assert (windows["errors"][9:-2] == -1).all()
    assert np.isfinite(windows["loss"][:9]).all()


@pytest.mark.slow
def test_the_commands_say_it_in_a_line_too(runs: Path) -> None:
    made(runs / "attacked", HAND_MADE["deep"])
    os.mkfifo(runs / "fifo")
    for arguments, code in [(["list"], 0), (["export", "attacked"], 2), (["prune", "--keep", "0"], 0)]:
        command = [sys.executable, "-m", "tui", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert len(done.stdout.splitlines()) + len(done.stderr.splitlines()) < 6
    assert (runs / "attacked").exists()

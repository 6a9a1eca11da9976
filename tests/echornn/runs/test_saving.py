"""Saving when a disk hangs, when another run takes the folder, when training fails: what is saved, and the messages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.files.lock import LOCK_FILE
from echornn.runs import run_dir
from echornn.runs.recorder import Unrecorded
from echornn.runs.run_files import TRACEBACK_FILE
from echornn.runs.run_recorder import MOST_SECONDS_APART, RunRecorder
from echornn.session.commands import Save, Step
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import Disk, contents, recorded
from tests.on_a_thread import play
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record


class Stage:
    """A recorder with a clock that the test controls, and its trainer."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        lock = run_dir.create(folder, SMALL)
        self.recorder = RunRecorder(folder, lock, SMALL, clock=lambda: self.now)
        self.trainer = ScriptedTrainer(SMALL)

    def train(self) -> None:
        self.recorder.windows(self.trainer.advance(1))

    def save(self) -> None:
        self.recorder.save(self.trainer.state)


def hung(stage: Stage, disk: Disk, seconds: float) -> None:
    """Save on a disk that answers after ``seconds``; a window is trained meanwhile."""
    disk.asked.clear()
    disk.answers.clear()
    disk.hangs.set()
    stage.save()
    assert disk.asked.wait(PATIENCE)
    stage.train()
    stage.now += seconds
    disk.hangs.clear()
    disk.answers.set()
    stage.recorder.wait(PATIENCE)


@pytest.mark.parametrize("seconds", [5, 600, 100_000])
def test_after_a_disk_hung_the_next_save_is_near_and_the_warning_stays_until_all_is_saved(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    stage = Stage(tmp_path / "run")
    stage.train()
    hung(stage, disk, seconds)
    to_save = stage.recorder.seconds_to_save()
    assert to_save is not None
    assert to_save <= MOST_SECONDS_APART
    assert stage.recorder.warning == f"the disk took {seconds} s to answer: not all is saved yet"
    stage.now += to_save
    assert stage.recorder.warning, "time alone saves nothing"
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    assert stage.recorder.warning == ""
    stage.recorder.close()


def test_a_disk_that_hung_and_took_all_is_not_worth_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    stage = Stage(tmp_path / "run")
    hung(stage, disk, 600.0)
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    assert stage.recorder.warning == ""
    stage.recorder.close()


# ---- another run in its place


def test_a_run_that_has_come_in_the_place_of_ours_is_not_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(tmp_path / "other", 12, "reset", 3)
    stage = Stage(folder)
    stage.train()
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    os.rename(folder, tmp_path / "away")
    os.rename(tmp_path / "other", folder)
    before = contents(folder)
    stage.train()
    stage.save()
    assert not stage.recorder.wait(PATIENCE)
    assert contents(folder) == before
    assert stage.recorder.warning.endswith(f"{folder} holds another run now")
    assert record.farewell(stage.recorder)[-1] == f"the run is not kept: {folder} holds another run now"
    assert not record.forget_if_empty(stage.recorder, 0)
    os.rename(folder, tmp_path / "other")
    os.rename(tmp_path / "away", folder)
    stage.save()
    assert stage.recorder.wait(PATIENCE), "it has come back"
    assert stage.recorder.warning == ""
    stage.recorder.close()
    assert contents(tmp_path / "other") == before
    assert run_dir.read(folder).trained == 2


def test_a_whole_copy_in_its_place_is_gone_on_with_and_one_that_went_on_by_itself_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    stage = Stage(folder)
    for _ in range(3):
        stage.train()
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    shutil.copytree(folder, tmp_path / "copy")
    shutil.copytree(folder, tmp_path / "other")
    with open(tmp_path / "other" / run_dir.LOSS_FILE, "r+b") as losses:
        losses.write(b"\0" * 24)
    os.rename(folder, tmp_path / "away")
    os.rename(tmp_path / "other", folder)
    before = {name: content for name, content in contents(folder).items() if name != LOCK_FILE}
    for _ in range(3):
        stage.train()
        stage.save()
        assert not stage.recorder.wait(PATIENCE)
    assert {name: content for name, content in contents(folder).items() if name != LOCK_FILE} == before
    shutil.rmtree(folder)
    os.rename(tmp_path / "copy", folder)
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    stage.recorder.close()
    assert run_dir.read(folder).trained == 6


def test_a_lock_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run")
    (tmp_path / "run" / LOCK_FILE).unlink()
    stage.train()
    stage.save()
    assert stage.recorder.wait(PATIENCE)
    with pytest.raises(ValueError, match="is being written by another process"):
        RunRecorder.go_on(tmp_path / "run")
    stage.recorder.close()


# ---- tracebacks


def failed(folder: Path) -> Session:
    trainer = ScriptedTrainer(SMALL)
    trainer.fails_at = 7
    session = Session(SMALL, make_trainer=lambda _: trainer, recorder=RunRecorder.begin(folder, SMALL))
    return play(session, Step(5), Save(), Step(5))


def test_where_training_failed_is_kept_with_the_run_and_the_message_names_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    session = failed(folder)
    file = folder / TRACEBACK_FILE
    assert session.frame.message == f"RuntimeError: the script says: out of memory (traceback in {file})"
    text = file.read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert "scripted.py" in text
    assert text.endswith("RuntimeError: the script says: out of memory\n")
    assert run_dir.read(folder).trained == 5
    run_dir.remove(folder)
    assert not folder.exists()


def test_a_link_in_the_place_of_the_traceback_is_not_followed(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("all my work")
    folder = tmp_path / "run"
    trainer = ScriptedTrainer(SMALL)
    trainer.fails_at = 0
    session = Session(SMALL, make_trainer=lambda _: trainer, recorder=RunRecorder.begin(folder, SMALL))
    for name in (TRACEBACK_FILE, f"{TRACEBACK_FILE}.new"):
        (folder / name).symlink_to(thesis)
    play(session, Step(1))
    assert session.error is not None
    assert thesis.read_text() == "all my work"


def test_a_field_that_cannot_be_used_is_no_fault_of_the_program(tmp_path: Path) -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        raise ConfigError("device", "gpu", "TensorFlow sees no GPU here; use cpu or auto")

    folder = tmp_path / "run"
    session = Session(SMALL, make_trainer=make, recorder=RunRecorder.begin(folder, SMALL))
    play(session)
    assert "traceback" not in session.frame.message
    assert not (folder / TRACEBACK_FILE).exists()


# ---- without a record


def test_without_a_record_nothing_is_to_be_saved_and_it_is_said_why() -> None:
    recorder, trainer = Unrecorded(), ScriptedTrainer(SMALL)
    recorder.windows(trainer.advance(1))
    assert recorder.seconds_to_save() is None
    recorder.save(trainer.state)
    assert (recorder.warning, recorder.folder, recorder.resumed, recorder.saved) == ("", None, None, False)
    assert recorder.failed(MemoryError()) is None
    assert Unrecorded("the disk is full").warning == "not saved: the disk is full"

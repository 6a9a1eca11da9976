"""A run on disk: everything recorded can be read again, whatever happened to the disk meanwhile."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.files import append_log
from echornn.files.run_error import RunError
from echornn.progress import PopulationProgress
from echornn.runs import run_dir
from echornn.runs import run_recorder as recorder_module
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, WINDOW, Run
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import checkpoint
from echornn.session.commands import Edit, Pause, Reset, Resume, Save, Step, Undo
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.queries import Query
from echornn.session.session import Session
from tests.on_a_thread import play
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tests.steps import command


def recorded(folder: Path, *steps: int | str, config: EchoConfig = SMALL) -> np.ndarray:
    """Record a new run: numbers are windows to train, words are commands. Returns all windows, `WINDOW` [n]."""
    return performed(RunRecorder.begin(folder, config), config, *steps)


def performed(recorder: RunRecorder, config: EchoConfig, *steps: int | str) -> np.ndarray:
    session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder)
    play(session, *map(command, steps))
    assert session.error is None
    assert recorder.folder is not None
    return log(recorder.folder)


def log(folder: Path) -> np.ndarray:
    return np.fromfile(folder / LOSS_FILE, WINDOW)


def test_every_window_and_command_is_on_disk(tmp_path: Path) -> None:
    windows = recorded(tmp_path / "run", 12, "reset", 3, "regenerate", 5, "redraw")
    expected = [*range(12), *range(3), *range(3, 8)]
    np.testing.assert_allclose(windows["loss"], 0.7 * 0.99 ** np.array(expected), rtol=1e-6)
    run = run_dir.read(tmp_path / "run")
    assert run.notes == ()
    assert run.trained == 20
    assert [(one.at, one.cause, one.epoch, one.window) for one in run.commands] == [
        (0, "start", 0, 0),
        (12, "reset", 0, 0),
        (15, "regenerate", 0, 0),
        (20, "redraw", 0, 0),
    ]
    assert run.commands[2].data_version == 1
    assert run.commands[3].init_index == 1
    assert [(one.branch, one.parent, one.before) for one in run.commands] == [
        (0, None, None),
        (1, (0, 0), (0, 12)),
        (2, (1, 3), (1, 3)),
        (3, (2, 0), (2, 8)),
    ]
    assert run.checkpoint is not None
    assert (run.checkpoint.state.init_index, run.checkpoint.position) == (1, (3, 0))


def test_a_run_goes_on_with_all_of_its_curves(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 12, "reset", 3)
    recorder = RunRecorder.go_on(tmp_path / "run")
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder)
    play(session, Step(4))
    assert (session.frame.trained, session.frame.trained_in_all) == (7, 19)
    assert (session.frame.epoch, session.frame.window) == (1, 7)
    curves = [session.timeline.curve(number, 100) for number in range(len(session.timeline))]
    np.testing.assert_allclose(curves[0].high, 0.7 * 0.99 ** np.arange(12), rtol=1e-6)
    np.testing.assert_allclose(curves[1].high, 0.7 * 0.99 ** np.arange(7), rtol=1e-6)
    assert [[(one.at, one.cause) for one in curve.segments] for curve in curves] == [[(0, "start")], [(0, "reset")]]
    np.testing.assert_array_equal(session.look(Query(columns=100)).curve.high, curves[1].high)
    np.testing.assert_array_equal(log(tmp_path / "run")["loss"], np.concatenate([curve.high for curve in curves]))


def test_what_ran_ahead_of_the_checkpoint_is_cut_back(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 12)
    with open(tmp_path / "run" / LOSS_FILE, "ab") as losses:
        losses.write(b"torn record and more")
    with open(tmp_path / "run" / COMMAND_FILE, "ab") as commands:
        commands.write(b'{"at": 13, "cau')
    windows = performed(RunRecorder.go_on(tmp_path / "run"), SMALL, 3)
    np.testing.assert_allclose(windows["loss"], 0.7 * 0.99 ** np.arange(15), rtol=1e-6)
    assert run_dir.read(tmp_path / "run").notes == ()


def test_a_finished_run_is_finished_when_it_goes_on(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 30)
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(tmp_path / "run"))
    play(session)
    frame = session.frame
    assert (frame.state, frame.epoch, frame.window, frame.trained) == (State.FINISHED, 3, 10, 30)


def test_a_run_that_never_saved_starts_over(tmp_path: Path) -> None:
    RunRecorder.begin(tmp_path / "run", SMALL).close()
    assert len(performed(RunRecorder.go_on(tmp_path / "run"), SMALL, 5)) == 5


@pytest.mark.slow
def test_one_process_writes_at_a_time_and_a_dead_one_does_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 1)
    program = (
        "import os, sys, pathlib; from echornn.runs.run_recorder import RunRecorder\n"
        f"recorder = RunRecorder.go_on(pathlib.Path({str(folder)!r})); print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(RunError, match=rf"run is being written by another process \(its id is {other.pid}\)"):
            RunRecorder.go_on(folder)
        other.kill()
    RunRecorder.go_on(folder).close()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_folders_that_hold_something_are_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("all my work")
    with pytest.raises(RunError, match="is not empty"):
        RunRecorder.begin(tmp_path, SMALL)
    with pytest.raises(RunError, match="holds no run"):
        RunRecorder.go_on(tmp_path)
    assert contents(tmp_path) == {"thesis.tex": b"all my work"}
    with pytest.raises(RunError, match=r"thesis\.tex is not empty"):
        RunRecorder.begin(tmp_path / "thesis.tex", SMALL)
    with pytest.raises(RunError, match="holds no run"):
        RunRecorder.go_on(tmp_path / "nothing")
    recorded(tmp_path / "run", 3)
    with pytest.raises(RunError, match="holds a run already: continue it with --resume"):
        RunRecorder.begin(tmp_path / "run", SMALL)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"format": 1', b'"format": 7', "of format 7: this version reads 1"),
        (b'"seed"', b'"sede"', "field sede is not known|field seed is missing"),
        (b"{", b"[", r"run\.json is damaged"),
        (b'"begun"', b'"ended"', r"run\.json is damaged"),
    ],
)
def test_a_damaged_description_is_refused_and_nothing_touched(
    tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    folder = tmp_path / "run"
    recorded(folder, 5)
    about = folder / run_dir.RUN_FILE
    about.write_bytes(about.read_bytes().replace(old, new))
    before = contents(folder)
    with pytest.raises(RunError, match=words):
        RunRecorder.go_on(folder)
    assert contents(folder) == before


# ---- continuing with another configuration


def gone_on(folder: Path, config: EchoConfig, *steps: int | str) -> Session:
    session = Session(config, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    return play(session, *map(command, steps))


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 30)
    session = gone_on(folder, replace(SMALL, num_epochs=5, learning_rate=0.1), 12)
    frame = session.frame
    assert (frame.state, frame.epoch, frame.window, frame.trained, frame.undoable) == (State.PAUSED, 5, 2, 42, 1)
    np.testing.assert_allclose(log(folder)["loss"], 0.7 * 0.99 ** np.arange(42), rtol=1e-6)
    run = run_dir.read(folder)
    assert run.config == replace(SMALL, num_epochs=5, learning_rate=0.1)
    assert [(one.at, one.cause, one.epoch) for one in run.commands] == [(0, "start", 0), (30, "edit", 3)]


def test_an_edit_made_where_it_goes_on_can_be_undone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 12)
    session = gone_on(folder, replace(SMALL, state_size=8), 3, "undo", 4)
    assert session.frame.config == SMALL
    assert (session.frame.epoch, session.frame.window) == (2, 6)
    commands = [(one.at, one.cause, one.branch) for one in run_dir.read(folder).commands]
    assert commands == [(0, "start", 0), (12, "edit", 1), (15, "return", 0)], "it goes on with the branch before"
    assert [session.timeline.windows_of(number) for number in (0, 1)] == [16, 3]


def test_the_same_configuration_is_no_edit(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 12)
    assert gone_on(tmp_path / "run", SMALL, 3).frame.undoable == 0
    assert len(run_dir.read(tmp_path / "run").commands) == 1


def test_an_edit_that_cannot_be_made_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 12)

    def make(config: EchoConfig) -> ScriptedTrainer:
        if config.device == "gpu":
            raise ConfigError("device", "gpu", "TensorFlow sees no GPU here; use cpu or auto")
        return ScriptedTrainer(config)

    before = {name: content for name, content in contents(folder).items() if name != "lock"}
    recorder = RunRecorder.go_on(folder)
    session = Session(replace(SMALL, device="gpu"), make_trainer=make, recorder=recorder)
    play(session, lambda: None)
    assert session.frame.state is State.FAILED
    assert isinstance(session.error, ConfigError)
    assert {name: content for name, content in contents(folder).items() if name != "lock"} == before


# ---- damaged checkpoints and logs: restored to the newest or the previous state, with a note


@pytest.fixture(scope="module")
def two_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose newest checkpoint is after 9 windows, and the previous one after 4."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    recorded(folder, 4, "save", "reset", 5)
    states = checkpoint.load(folder)[0]
    assert [one.losses.length // WINDOW.itemsize for one in states] == [9, 4]
    return folder


def damaged(folder: Path, tmp_path: Path, name: str, content: bytes) -> Path:
    copy = tmp_path / "copy"
    copy.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    (copy / name).write_bytes(content)
    return copy


def assert_right_or_the_one_before(run: Run) -> None:
    assert run.trained in (4, 9)
    assert run.checkpoint is not None
    assert run.checkpoint.state.optimizer[0] == (4 if run.trained == 4 else 5)
    if run.trained == 4:
        assert run.notes, "going back in silence would be a lie"
    expected = 0.7 * 0.99 ** np.array([*range(4), *range(5)][: run.trained])
    losses = run.windows(0, run.trained)["loss"][:, 0]
    if not np.allclose(losses, expected, rtol=1e-6, atol=0):
        assert "logs differ" in " ".join(run.notes)


def places(content: bytes) -> list[int]:
    """About 60 places in a file, including its ends; another test checks refusal at every place of a checkpoint."""
    size = len(content)
    return sorted({*range(0, size, max(1, size // 60)), *range(5), *range(size - 5, size)})


@pytest.mark.parametrize("name", ["checkpoint-0", "checkpoint-1", LOSS_FILE, COMMAND_FILE])
def test_cut_short_at_any_length(two_checkpoints: Path, tmp_path: Path, name: str) -> None:
    content = (two_checkpoints / name).read_bytes()
    copy = damaged(two_checkpoints, tmp_path, name, content)
    for length in places(content):
        (copy / name).write_bytes(content[:length])
        assert_right_or_the_one_before(run_dir.read(copy))


@pytest.mark.parametrize("name", ["checkpoint-0", "checkpoint-1", LOSS_FILE, COMMAND_FILE])
def test_with_a_bit_flipped_in_any_byte(two_checkpoints: Path, tmp_path: Path, name: str) -> None:
    content = (two_checkpoints / name).read_bytes()
    copy = damaged(two_checkpoints, tmp_path, name, content)
    for at in places(content):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        (copy / name).write_bytes(flipped)
        run = run_dir.read(copy)
        assert_right_or_the_one_before(run)
        assert run.notes


def test_a_damaged_run_goes_on_and_is_whole_afterwards(two_checkpoints: Path, tmp_path: Path) -> None:
    folder = damaged(two_checkpoints, tmp_path, LOSS_FILE, b"")
    performed(RunRecorder.go_on(folder), SMALL, 2)
    run = run_dir.read(folder)
    assert run.trained == 11
    assert not run.notes
    windows = run.windows(0, 11)
    assert np.isnan(windows["loss"][:9]).all()
    assert (windows["errors"][:9] == -1).all()
    assert np.isfinite(windows["loss"][9:]).all()


def test_both_checkpoints_damaged_is_a_clear_refusal(two_checkpoints: Path, tmp_path: Path) -> None:
    folder = damaged(two_checkpoints, tmp_path, "checkpoint-0", b"x")
    (folder / "checkpoint-1").write_bytes(b"y")
    before = contents(folder)
    with pytest.raises(RunError, match="checkpoint-0 is cut short; checkpoint-1 is cut short"):
        RunRecorder.go_on(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("newest", [True, False])
def test_a_checkpoint_that_was_removed_is_mentioned(two_checkpoints: Path, tmp_path: Path, newest: bool) -> None:
    serials = {name: checkpoint.decode((two_checkpoints / name).read_bytes()).serial for name in checkpoint.SLOTS}
    gone = (max if newest else min)(serials, key=lambda name: serials[name])
    folder = damaged(two_checkpoints, tmp_path, gone, b"")
    (folder / gone).unlink()
    run = run_dir.read(folder)
    assert run.trained == (4 if newest else 9)
    assert run.notes == (
        f"{gone} is missing, which may have been the newest",
        f"taken from the checkpoint after window {run.trained}",
    )
    performed(RunRecorder.go_on(folder), SMALL, 2, "save", 1)
    assert run_dir.read(folder).notes == ()


# ---- a disk that fails temporarily


class Disk:
    """Makes writing fail or hang for as long as a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.hangs, self.asked, self.answers = (threading.Event() for _ in range(3))
        write, sync = os.pwrite, os.fsync

        def fsync(descriptor: int) -> None:
            if self.hangs.is_set():
                self.asked.set()
                assert self.answers.wait(PATIENCE)
            sync(descriptor)

        def pwrite(descriptor: int, data: bytes, at: int) -> int:
            if self.full:
                write(descriptor, bytes(data)[:3], at)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(descriptor, data, at)

        monkeypatch.setattr(os, "pwrite", pwrite)
        monkeypatch.setattr(os, "fsync", fsync)


def test_a_run_that_could_not_be_begun_leaves_nothing_and_can_be_begun_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match="run cannot hold a run: No space left on device"):
            RunRecorder.begin(tmp_path / "run", SMALL)
    assert list(tmp_path.iterdir()) == []
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    recorder.close()
    assert run_dir.read(tmp_path / "run").trained == 0


def test_a_full_disk_is_told_and_leaves_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder)
    warnings: list[str] = []

    def look() -> None:
        warnings.append(session.frame.warning)

    def fill(full: bool) -> Callable[[], None]:
        return lambda: setattr(disk, "full", full)

    while_full = (Step(6), Save(), look, Reset())
    afterwards = (Step(2), fill(False), Save(), look)
    play(session, Step(5), fill(True), *while_full, *afterwards)
    assert "not saved since" in warnings[0]
    assert "No space left on device" in warnings[0]
    assert warnings[1] == ""
    run = run_dir.read(tmp_path / "run")
    assert (run.trained, run.notes) == (13, ())
    np.testing.assert_allclose(
        run.windows(0, 13)["loss"][:, 0], 0.7 * 0.99 ** np.array([*range(11), *range(2)]), rtol=1e-6
    )
    assert [one.at for one in run.commands] == [0, 11]


def test_a_folder_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder)
    warnings: list[str] = []
    play(
        session,
        Step(5),
        Save(),
        lambda: os.rename(tmp_path / "run", tmp_path / "away"),
        Step(6),
        Save(),
        lambda: warnings.append(session.frame.warning),
        lambda: os.rename(tmp_path / "away", tmp_path / "run"),
        Step(1),
    )
    assert "not saved since" in warnings[0]
    assert session.frame.warning == ""
    run = run_dir.read(tmp_path / "run")
    assert (run.trained, run.notes) == (12, ())


def test_memory_is_bounded_and_what_it_loses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_log, "MAX_PENDING_BYTES", 10 * WINDOW.itemsize)
    monkeypatch.setattr(append_log, "PIECE_BYTES", 3 * WINDOW.itemsize)
    config = replace(SMALL, num_epochs=100)
    recorder = RunRecorder.begin(tmp_path / "run", config)
    trainer = ScriptedTrainer(config)
    recorder.save(trainer.state)
    assert recorder.wait(PATIENCE)
    os.rename(tmp_path / "run", tmp_path / "away")
    for _ in range(20):
        recorder.windows(trainer.advance(1))
        recorder.save(trainer.state)
        assert not recorder.wait(PATIENCE)
    assert "10 windows are lost to the loss log" in recorder.warning
    os.rename(tmp_path / "away", tmp_path / "run")
    recorder.save(trainer.state)
    recorder.close()
    assert recorder.saved
    losses = log(tmp_path / "run")["loss"]
    assert np.isnan(losses[:10]).all()
    np.testing.assert_allclose(losses[10:], 0.7 * 0.99 ** np.arange(10, 20), rtol=1e-6)


def test_saving_takes_a_small_share_of_the_time_on_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    folder = tmp_path / "run"
    recorder = RunRecorder(folder, run_dir.create(folder, SMALL), SMALL, clock=lambda: now)
    trainer = ScriptedTrainer(SMALL)
    disk = Disk(monkeypatch)
    disk.hangs.set()
    recorder.windows(trainer.advance(1))
    recorder.save(trainer.state)
    assert disk.asked.wait(PATIENCE)
    now = 0.5
    disk.answers.set()
    assert recorder.wait(PATIENCE)
    recorder.windows(trainer.advance(1))
    assert recorder.seconds_to_save() == pytest.approx(0.5 / 0.04 - 0.5)
    recorder.close()


class OnItsThread:
    """A paused session on a separate thread, with a recorder whose clock the test controls."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.recorder = RunRecorder(folder, run_dir.create(folder, SMALL), SMALL, clock=lambda: self.now)
        self.session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=self.recorder)
        self.session.send(Pause())
        self.thread = threading.Thread(target=self.session.run)
        self.thread.start()

    def obeyed(self, trained: int | None = None) -> Frame:
        """The frame after all commands so far were carried out, and ``trained`` windows are trained in all."""
        assert self.session.when_idle(PATIENCE)
        assert trained in (None, self.session.frame.trained_in_all)
        return self.session.frame

    def end(self) -> None:
        self.session.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def begun_on_a_disk_that_hangs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[OnItsThread, Disk]:
    """A run whose start is saved on a disk that then hangs."""
    disk = Disk(monkeypatch)
    stage = OnItsThread(folder)
    stage.obeyed()
    assert stage.recorder.wait(PATIENCE)
    disk.hangs.set()
    return stage, disk


def test_a_disk_that_hangs_is_told_and_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    stage, disk = begun_on_a_disk_that_hangs(folder, monkeypatch)
    session = stage.session
    session.send(Step(5))
    stage.obeyed(5)
    session.send(Save())
    assert disk.asked.wait(PATIENCE)
    session.send(Reset())
    session.send(Step(3))
    stage.obeyed(8)
    session.send(Undo())
    session.send(Step(2))
    assert stage.obeyed(10).warning == ""
    assert not stage.recorder.saved
    stage.now += 4.0
    session.send(Save())
    assert stage.obeyed().warning == "the disk has not answered for 3 s"
    assert run_dir.read(folder).trained == 0, "what is not known to be on disk does not count"
    disk.hangs.clear()
    disk.answers.set()
    assert stage.recorder.wait(PATIENCE)
    assert stage.obeyed().warning == "", "it is taken back without a command"
    assert run_dir.read(folder).trained == 10
    stage.end()
    assert stage.recorder.saved
    assert [one.cause for one in run_dir.read(folder).commands] == ["start", "reset", "return"]
    losses = 0.7 * 0.99 ** np.array([*range(5), *range(3), 5, 6])
    np.testing.assert_allclose(log(folder)["loss"], losses, rtol=1e-6)


def test_the_end_does_not_wait_for_ever_and_does_not_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "SECONDS_TO_END", 0.0)
    folder = tmp_path / "run"
    stage, disk = begun_on_a_disk_that_hangs(folder, monkeypatch)
    stage.session.send(Step(5))
    stage.obeyed(5)
    stage.end()
    assert not stage.recorder.saved
    with pytest.raises(RunError, match="is being written by another process"):
        RunRecorder.go_on(folder)
    disk.answers.set()
    assert stage.recorder.wait(PATIENCE)
    assert stage.recorder.saved
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    assert recorder.resumed.trained == 5
    recorder.close()


def test_no_thread_is_left_when_nothing_is_to_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_other_tests = set(threading.enumerate())
    disk = Disk(monkeypatch)
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    disk.full = True
    trainer = ScriptedTrainer(SMALL)
    for _ in range(3):
        recorder.windows(trainer.advance(1))
        recorder.save(trainer.state)
    recorder.close()
    assert "No space left on device" in recorder.warning
    for thread in set(threading.enumerate()) - of_other_tests:
        thread.join(PATIENCE)
        assert not thread.is_alive()


# ---- divergence


def test_divergence_pauses_at_its_window_and_keeps_the_curve(tmp_path: Path) -> None:
    trainer = ScriptedTrainer(SMALL)
    trainer.diverges_at = 17
    diverged = threading.Event()

    def on_progress(progress: PopulationProgress) -> None:
        if not np.isfinite(progress.losses).all():
            diverged.set()

    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    session = Session(SMALL, make_trainer=lambda _: trainer, on_progress=on_progress, recorder=recorder)

    def until_it_pauses() -> None:
        session.send(Resume())
        assert diverged.wait(PATIENCE)

    play(session, Step(14), until_it_pauses)
    frame = session.frame
    assert (frame.state, frame.epoch, frame.window, frame.trained) == (State.PAUSED, 2, 8, 18)
    assert frame.warning == "the loss is nan in window 8 of epoch 2: paused there"
    assert math.isnan(frame.loss)
    high = session.look(Query(columns=100)).curve.high
    assert np.isfinite(high[:17]).all()
    assert len(high) == 18
    assert len(log(tmp_path / "run")) == 18


@pytest.mark.parametrize(("diverges_at", "good"), [(3, 0), (17, 0), (117, 67)])
def test_a_divergence_is_undone_to_fifty_windows_before_it(diverges_at: int, good: int, tmp_path: Path) -> None:
    endless = replace(SMALL, num_epochs=1000)
    trainer = ScriptedTrainer(endless)
    trainer.diverges_at = diverges_at
    folder = tmp_path / "run"
    session = Session(endless, make_trainer=lambda _: trainer, recorder=RunRecorder.begin(folder, endless))
    frames: list[Frame] = []
    play(session, Step(200), lambda: frames.append(session.frame), Undo())
    (diverged,) = frames
    assert (diverged.trained, diverged.undoable) == (diverges_at + 1, 1)
    assert "«undo» goes back" in str(diverged.sentence)
    frame = session.frame
    assert (trainer.trained, trainer.epoch, trainer.window) == (good, good // 10, good % 10)
    assert (frame.trained, frame.trained_in_all, frame.line_end) == (good, diverges_at + 1, diverges_at + 1)
    assert (frame.undoable, frame.redoable, frame.warning) == (0, True, "")
    assert frame.loss_stats.windows == good
    run = run_dir.read(folder)
    assert run.position == (0, good)
    assert run.timeline().loss_stats(run.position).windows == good
    assert len(log(folder)) == diverges_at + 1, "nothing trained is dropped"


def test_after_a_wild_edit_that_diverges_at_once_undo_takes_the_edit_back() -> None:
    trainer = ScriptedTrainer(SMALL)
    session = Session(SMALL, make_trainer=lambda _: trainer)

    def edit() -> None:
        trainer.diverges_at = 7
        session.send(Edit({"learning_rate": 1e30}))

    play(session, Step(7), edit, Step(1), Undo())
    assert session.frame.config == SMALL
    assert (session.frame.window, session.frame.undoable, trainer.trained) == (7, 0, 7)


def test_after_divergence_it_can_go_on_or_be_reset() -> None:
    trainer = ScriptedTrainer(SMALL)
    trainer.diverges_at = 3
    session = Session(SMALL, make_trainer=lambda _: trainer)
    play(
        session,
        Step(10),
        Step(2),
        Reset(),
        Step(2),
    )
    assert (session.frame.trained, session.frame.trained_in_all) == (2, 4 + 2 + 2)
    assert session.frame.warning == ""

"""A stored run of several networks, also mixed with single ones: windows, states, and when the task was solved."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.files import append_log
from echornn.files.run_error import RunError
from echornn.history import packed
from echornn.runs import run_dir
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.logs.solved_log import SOLVED
from echornn.runs.run_dir import LOSS_FILE, Run
from echornn.runs.run_files import SOLVED_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.timeline.branch import Branch, Position
from echornn.training.any_trainer import AnyTrainer
from tests.echornn.runs.states.test_recorded_state import all_of
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION, ScriptedTrainer

ALONE = SMALL_POPULATION.of(2)

ENDLESS = replace(SMALL_POPULATION, num_epochs=1000, replicas=1)


class Told:
    """The data given to a recorder: a branch of six networks, one of a single network, and the first again."""

    def __init__(self, folder: Path) -> None:
        self.recorder = RunRecorder.begin(folder, SMALL_POPULATION)
        self.trained: list[np.ndarray] = []
        self.trainers: dict[int, AnyTrainer] = {}
        self.ends: dict[int, int] = {}

    def begin(self, number: int, config: EchoConfig, parent: Position | None = None) -> None:
        trainer = self.trainers[number] = ScriptedTrainer(config)
        branch = Branch(number, "start" if parent is None else "edit", parent, parent, 0, 0, 0, 0, config)
        self.ends[number] = 0
        self.recorder.command(RecordedCommand.begins(branch, self.windows))
        assert not trainer.finished

    def go_on(self, number: int) -> None:
        branch = Branch(number, "edit", None, None, 0, 0, 0, 0, self.trainers[number].config)
        self.recorder.command(RecordedCommand.returns(branch, Position(number, self.ends[number]), self.windows))

    def train(self, number: int, windows: int) -> None:
        trainer = self.trainers[number]
        progress = trainer.advance(windows)
        self.recorder.windows(progress)
        self.ends[number] += windows
        if trainer.config.replicas > 1:
            self.trained.append(packed.pack(progress.losses, progress.errors, trainer.config))
        else:
            self.trained.append(progress.losses[:, 0])

    @property
    def windows(self) -> int:
        return sum(map(len, self.trained))

    def save(self, number: int) -> None:
        self.recorder.save(self.trainers[number].state, Position(number, self.ends[number]))

    def close(self, number: int) -> None:
        self.save(number)
        assert self.recorder.wait(PATIENCE)
        assert self.recorder.warning == ""
        self.recorder.close()


def told(folder: Path) -> Told:
    run = Told(folder)
    run.begin(0, SMALL_POPULATION)
    run.train(0, 200)
    run.begin(1, ALONE, Position(0, 0))
    run.train(1, 30)
    run.go_on(0)
    run.train(0, 300)
    run.close(0)
    return run


def assert_is(run: Run, what: Told) -> None:
    assert run.notes == ()
    assert (run.trained, run.ends, run.position) == (530, [500, 30], Position(0, 500))
    first, alone, second = what.trained
    np.testing.assert_array_equal(run.windows(0, 200, 6), first)
    np.testing.assert_array_equal(run.windows(200, 230)["loss"][:, 0], alone)
    np.testing.assert_array_equal(run.windows(230, 530, 6), second)
    assert (run.windows(150, 250, 6)[50:80] == packed.LOST).all(), "they are of one"
    assert [len(windows) for _, windows in run.pieces()] == [200, 30, 300]
    assert [(branch.number, along, len(some)) for branch, along, some in run.path(Position(0, 500), 100)] == [
        (0, 100, 100),
        (0, 200, 300),
    ]
    assert run.checkpoint is not None
    assert all_of(run.checkpoint.state) == all_of(what.trainers[0].state)
    state = what.trainers[0].state
    np.testing.assert_array_equal(run.solved_at(0), state.solved.at)
    assert np.count_nonzero(run.solved_at(0)) == 4
    assert run.solved_at(1).tolist() == [0]


def test_what_was_told_is_read(tmp_path: Path) -> None:
    what = told(tmp_path / "run")
    assert_is(run_dir.read(tmp_path / "run"), what)
    assert_is(run_dir.glance(tmp_path / "run"), what)
    assert (tmp_path / "run" / LOSS_FILE).stat().st_size == 500 * 6 * 4 + 30 * 8
    solved = np.fromfile(tmp_path / "run" / SOLVED_FILE, SOLVED)
    assert len(solved) < 2 * 4, "a network is told once in a stretch"


@pytest.mark.parametrize("at_once", [1, 7, 500])
def test_however_the_windows_come_in_the_record_is_the_same(tmp_path: Path, at_once: int) -> None:
    for name, size in (("one", 100), ("other", at_once)):
        run = Told(tmp_path / name)
        run.begin(0, SMALL_POPULATION)
        for begin in range(0, 500, size):
            run.train(0, min(size, 500 - begin))
        run.close(0)
    for name in (LOSS_FILE, SOLVED_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_what_ran_ahead_is_cut_back_and_trained_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    what = told(folder)
    before = {name: (folder / name).read_bytes() for name in (LOSS_FILE, SOLVED_FILE)}
    for name, torn in ((LOSS_FILE, b"a torn window of six"), (SOLVED_FILE, b"and more")):
        with open(folder / name, "ab") as log:
            log.write(torn)
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert recorder.resumed.checkpoint is not None
    population = ScriptedTrainer(recorder.resumed.config)
    population.restore(recorder.resumed.checkpoint.state)
    recorder.windows(population.advance(20))
    recorder.save(population.state, Position(0, 520))
    assert recorder.wait(PATIENCE)
    recorder.close()
    expected = what.trainers[0].advance(20)
    again = packed.pack(expected.losses, expected.errors, SMALL_POPULATION)
    np.testing.assert_array_equal(run_dir.read(folder).windows(530, 550, 6), again)
    assert (folder / SOLVED_FILE).read_bytes() == before[SOLVED_FILE], "nothing is told twice"


@pytest.mark.parametrize("length", [0, 1, 4799, 4801, 4900, 5040, 5041, 12239])
def test_what_is_cut_off_is_lost_and_the_rest_is_where_it_was(tmp_path: Path, length: int) -> None:
    folder = tmp_path / "run"
    what = told(folder)
    os.truncate(folder / LOSS_FILE, length)
    RunRecorder.go_on(folder).close()
    run = run_dir.read(folder)
    assert any("some losses in the curve are wrong or lost" in note for note in run.notes)
    assert run.trained == 530
    first, alone, second = what.trained
    whole = run.layout.windows(length)
    for begin, end, known in ((0, 200, first), (230, 530, second)):
        there = run.windows(begin, end, 6)
        cut = min(max(whole - begin, 0), end - begin)
        np.testing.assert_array_equal(there[:cut], known[:cut])
        assert (there[cut:] == packed.LOST).all()
    lone = run.windows(200, 230)
    cut = min(max(whole - 200, 0), 30)
    np.testing.assert_array_equal(lone["loss"][:cut, 0], alone[:cut])
    assert np.isnan(lone["loss"][cut:]).all()
    assert (lone["errors"][cut:] == -1).all()


@pytest.mark.parametrize("damage", ["gone", "short", "other"])
def test_what_was_solved_may_be_lost_and_that_is_said(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "run"
    told(folder)
    file = folder / SOLVED_FILE
    match damage:
        case "gone":
            file.unlink()
        case "short":
            os.truncate(file, SOLVED.itemsize + 5)
        case "other":
            file.write_bytes(b"\xff" * file.stat().st_size)
    run = run_dir.read(folder)
    assert any("solved.bin is damaged" in note for note in run.notes)
    assert np.count_nonzero(run.solved_at(0)) == (damage == "short")
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    assert recorder.resumed.checkpoint is not None
    population = ScriptedTrainer(recorder.resumed.config)
    population.restore(recorder.resumed.checkpoint.state)
    recorder.windows(population.advance(20))
    recorder.save(population.state, Position(0, 520))
    assert recorder.wait(PATIENCE)
    recorder.close()
    run = run_dir.read(folder)
    assert run.notes == ()
    assert np.count_nonzero(run.solved_at(0)) == 4, "the branch that goes on tells all of its own again"


def test_windows_that_no_memory_held_are_lost_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_log, "MAX_PENDING_BYTES", 6 * 4 * 25)
    run = Told(tmp_path / "run")
    run.begin(0, SMALL_POPULATION)
    run.begin(1, ALONE, Position(0, 0))
    run.train(1, 7)
    run.begin(2, SMALL_POPULATION, Position(0, 0))
    for _ in range(4):
        run.train(2, 10)
    assert "27 windows are lost to the loss log" in run.recorder.warning
    run.save(2)
    assert run.recorder.wait(PATIENCE)
    run.recorder.close()
    read = run_dir.read(tmp_path / "run")
    assert read.notes == ()
    assert np.isnan(read.windows(0, 7)["loss"]).all()
    there = read.windows(7, 47, 6)
    assert (there[:20] == packed.LOST).all()
    np.testing.assert_array_equal(there[20:], np.concatenate(run.trained[3:]))


@pytest.mark.parametrize("make", [os.mkfifo, lambda place: Path(place).symlink_to(__file__)])
def test_what_is_no_file_of_ours_is_not_touched_and_holds_nobody_up(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    folder = tmp_path / "run"
    told(folder)
    (folder / SOLVED_FILE).unlink()
    make(folder / SOLVED_FILE)
    assert np.count_nonzero(run_dir.read(folder).solved_at(0)) == 0
    with pytest.raises(RunError, match="cannot be written to"):
        RunRecorder.go_on(folder)


def test_it_goes_with_the_run(tmp_path: Path) -> None:
    told(tmp_path / "run")
    run_dir.remove(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_is_told_next_is_of_what_was_trained_last_wherever_the_run_stands(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 20, {"replicas": 3}, 333, (0, 10), config=ENDLESS, make_trainer=ScriptedTrainer)
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    assert (recorder.resumed.config.replicas, recorder.resumed.position) == (1, (0, 10))
    assert recorder.resumed.extends == recorder.resumed.tree[0][1]
    recorder.windows(ScriptedTrainer(replace(ENDLESS, replicas=3)).advance(7))
    recorder.close()


def test_a_run_of_one_network_has_no_file_of_what_was_solved(tmp_path: Path) -> None:
    run = Told(tmp_path / "run")
    run.begin(0, replace(SMALL_POPULATION, replicas=1))
    run.train(0, 200)
    run.close(0)
    assert not (tmp_path / "run" / SOLVED_FILE).exists()

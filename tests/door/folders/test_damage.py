"""A folder that a crash, a bad disk or a person has damaged: what is whole is read, what is not is
said, and the run goes on.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import RunError, read
from tests.door.folders import by_hand
from tests.door.folders.lab import (
    answered,
    do,
    go_on,
    record,
    refusal,
    save,
    training,
    windows_of_branches,
)
from tests.door.folders.model import Model
from tests.recorded import contents
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer

CHECKPOINTS = ("checkpoint-0", "checkpoint-1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose newest checkpoint is after 9 windows, and the one before after 4."""
    for attempt in range(9):
        folder = tmp_path_factory.mktemp("runs") / f"run-{attempt}"
        with training(folder, SMALL) as session:
            do(session, 4)
            save(session)
            do(session, "reset", 5)
        newer, older = by_hand.slots(folder)
        if [windows_in(newer), windows_in(older)] == [9, 4]:  # a slow disk saves more often
            return folder
    raise AssertionError("it has other checkpoints")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "run")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(SMALL, 4, "reset", 5)


def windows_in(checkpoint: Path) -> int:
    return int(by_hand.checkpoint(checkpoint.read_bytes()).header["losses"]["length"]) // 8


def flip(file: Path, at: int, bits: int = 1) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= bits
    file.write_bytes(data)


def places(file: Path, count: int) -> list[int]:
    """Some bytes of a file, from the first to the last."""
    last = file.stat().st_size - 1
    return [last * number // (count - 1) for number in range(count)]


def losses(folder: Path) -> list[float]:
    recorded: list[float] = read(folder).windows().loss[:, 0].tolist()
    return recorded


@pytest.mark.parametrize("name", ["losses.bin", "commands.jsonl", "keyframes.bin"])
def test_what_came_after_the_last_save_is_trained_again(
    name: str, folder: Path, model: Model
) -> None:
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(before + before[-13:] + b'{"at": 13, "cau')
    assert read(folder).notes == ()
    assert losses(folder) == model.lone_log
    go_on(folder, 3)
    assert read(folder).notes == ()
    assert losses(folder)[:9] == model.lone_log
    assert len(by_hand.losses(folder)) == 12
    assert (folder / name).read_bytes().startswith(before)
    if name == "commands.jsonl":
        assert (folder / name).read_bytes() == before


@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_where_the_newest_checkpoint_is_damaged_the_one_before_serves(
    how: str, whole: Path, tmp_path: Path
) -> None:
    for at in places(by_hand.newest(whole), 12):
        folder = shutil.copytree(whole, tmp_path / f"run-{at}")
        file = by_hand.newest(folder)
        if how == "flipped":
            flip(file, at, 1 << at % 8)
        else:
            file.write_bytes(file.read_bytes()[:at])
        run = read(folder)
        assert any(file.name in note for note in run.notes)
        assert len(run.windows()) == 4
        assert (run.position.branch, run.position.window) == (0, 4)
    go_on(folder, 6)  # the windows after it are trained again, another way now
    assert losses(folder) == Model(SMALL, 4, 6).lone_log
    assert read(folder).notes == ()
    assert windows_in(by_hand.newest(folder)) == 10


def test_states_of_a_future_that_was_lost_are_not_taken_for_those_of_the_new_one(
    folder: Path,
) -> None:
    """Both futures have a branch that starts over, with the same settings: the states differ in
    their weights."""
    flip(by_hand.newest(folder), 100)
    model = Model(SMALL, 4, "redraw", 5)
    with training(folder) as session:
        do(session, "redraw", 5)
    with training(folder) as session:
        for window in (1, 5):
            assert [do(session, (1, window)).loss] == model.lines[1].losses[window - 1]
    go_on(folder, (1, 3), 2)
    np.testing.assert_array_equal(read(folder).path().loss, model.lines[1].losses)


def test_without_a_whole_checkpoint_it_is_refused_in_a_line_and_left_as_it_is(folder: Path) -> None:
    for name in CHECKPOINTS:
        flip(folder / name, 200)
    before = contents(folder)
    with pytest.raises(RunError, match=re.escape(str(folder))):
        read(folder)
    for words in ("export", "--headless --resume", "probe"):
        assert str(folder) in refusal(*words.split(), folder)
    assert answered("list", folder).returncode == 0
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["losses.bin", "commands.jsonl"])
def test_a_flipped_bit_of_a_log_is_found_wherever_it_is(
    name: str, whole: Path, tmp_path: Path, model: Model
) -> None:
    for at in places(whole / name, 24):
        folder = shutil.copytree(whole, tmp_path / f"run-{at}")
        flip(folder / name, at)
        assert read(folder).notes
        found = losses(folder)
        assert len(found) == sum(windows_of_branches(folder))
        if len(found) == 9:
            assert np.count_nonzero(np.array(found) != model.lone_log) <= 1
        else:
            assert found == model.lone_log[:4], "it is taken from the checkpoint before"
    go_on(folder, 2)
    assert read(folder).notes == ()


@pytest.mark.parametrize("name", ["losses.bin", "commands.jsonl"])
def test_a_log_that_is_cut_short_has_what_is_left_and_the_run_goes_on(
    name: str, whole: Path, tmp_path: Path, model: Model
) -> None:
    for length in places(whole / name, 8):
        folder = shutil.copytree(whole, tmp_path / f"run-{length}")
        (folder / name).write_bytes((whole / name).read_bytes()[:length])
        assert read(folder).notes
        found = losses(folder)
        count = len(found)
        assert count in (4, 9)
        left = min(length // 8, count) if name == "losses.bin" else count
        assert found[:left] == model.lone_log[:left]
        assert np.isnan(found[left:]).all()
        before = read(folder).position
        with training(folder) as session:
            assert do(session, 2).trained == before.window + 2
        assert len(losses(folder)) == count + 2
        if name == "losses.bin":
            assert read(folder).notes == (), "what is lost is marked as lost"


def test_states_to_go_back_to_only_save_time(tmp_path: Path) -> None:
    config = SMALL.with_fields({"num_epochs": 100})
    end: list[Any] = [{"learning_rate": 0.1}, 3, "redraw", 4, {"state_size": 6}, 3]
    model = Model(config, 4, "regenerate", 150, *end)
    whole = record(tmp_path / "whole", config, 4, "regenerate", 150, *end)
    # Its branch b, of the same configuration, begins and ends elsewhere
    another = record(tmp_path / "of another run", config, 2, "regenerate", 40, *end)
    damages: dict[str, Callable[[Path], object]] = {
        "flipped": lambda file: flip(file, file.stat().st_size // 2),
        "moved": move_each_by_a_window,
        "cut": lambda file: file.write_bytes(file.read_bytes()[:-5]),
        "foreign": lambda file: file.write_bytes(b"KEYF" * 1000),
        "other": lambda file: shutil.copy(another / file.name, file),
        "gone": Path.unlink,
    }
    for name, damage in damages.items():
        folder = shutil.copytree(whole, tmp_path / name)
        damage(folder / "keyframes.bin")
        with training(folder) as session:
            for branch, line in enumerate(model.lines):
                for window in (1, line.start + 1, len(line.losses)):
                    frame = do(session, (branch, window))
                    assert (frame.path_branch, frame.trained) == (branch, window)
                    assert frame.config == line.states[window].config
                    assert [frame.loss] == line.losses[window - 1]
        assert losses(folder) == model.lone_log


def move_each_by_a_window(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for state in re.finditer(b"KEYF", data):
        data[state.end() + 4] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("damage", ["gone", "flipped"])
def test_without_the_log_of_the_solved_the_losses_are_there(damage: str, tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL_POPULATION, 900, make_trainer=ScriptedTrainer)
    before = read(folder)
    file = folder / "solved.bin"
    if damage == "gone":
        file.unlink()
    else:
        flip(file, 9, 4)
    run = read(folder)
    assert len(run.notes) == len(before.notes) + 1
    np.testing.assert_array_equal(run.windows().loss, before.windows().loss)
    go_on(folder, 10, make_trainer=ScriptedTrainer)
    assert len(read(folder).windows()) == 910

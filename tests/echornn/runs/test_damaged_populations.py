"""Damaged files of a run that mixes one and several networks: the rest is kept, and continuing is correct."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays.network_facts import network_facts
from echornn.arrays.window_pieces import pieces, pieces_along
from echornn.history import packed
from echornn.history.kept_windows import losses_of
from echornn.runs import run_dir
from echornn.runs.followed_run import FollowedRun
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, Run
from echornn.runs.run_files import SOLVED_FILE
from echornn.runs.states import checkpoint
from echornn.runs.summary import summary
from tests.hashed import HashTrainer
from tests.recorded import Step, go_on, record_branches
from tests.scripted import SMALL
from tui.commands.kept_runs import branches, window_rows

STORY: tuple[Step, ...] = (
    *(8, {"replicas": 3}, 60, {"learning_rate": 0.1}, 6, (0, 5), 7, "reset", 4, (1, 40), 5, "alone", 6),
    *({"replicas": 2}, 9, (2, 62), "redraw", 3, (2, 66), 2),
)
"""A run of one network, three, two, one of them alone; and at the end a branch of three that continues."""

ENDLESS = replace(SMALL, num_epochs=1000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    record_branches(folder, *STORY, config=ENDLESS, make_trainer=HashTrainer)
    go_on(folder, make_trainer=HashTrainer)  # so that both checkpoints are at the end
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def use_it_all(folder: Path) -> Run:
    run = run_dir.read(folder)
    assert summary(folder).windows == run.trained
    assert list(branches.lines(list(branches.records(run))))
    assert len(list(window_rows.rows(pieces(run)))) == run.trained
    assert len(list(window_rows.rows(pieces_along(run, run.position)))) == run.position.window
    assert list(network_facts(run))
    followed = FollowedRun(folder)
    assert followed.refresh()
    assert followed.seen.timeline.trained == run.trained
    return run


def test_the_story_mixes_them(whole: Path) -> None:
    run = use_it_all(whole)
    assert run.notes == ()
    assert [one.config.replicas for one in run.tree[0]] == [1, 3, 3, 1, 1, 3, 1, 2, 3]
    assert (run.commands[-1].cause, run.position) == ("return", (2, 68))
    assert [replicas for _, replicas in run.layout.changes] == [1, 3, 1, 3, 1, 2, 3]


@pytest.mark.parametrize("lost", [*((number,) for number in range(10)), (1, 2), (4, 5, 6), (8, 9), tuple(range(10))])
def test_windows_are_there_though_commands_are_lost(lost: tuple[int, ...], folder: Path) -> None:
    before = run_dir.read(folder)
    lines = (folder / COMMAND_FILE).read_bytes().splitlines(keepends=True)
    assert len(lines) == 10
    (folder / COMMAND_FILE).write_bytes(
        b"".join(b"#" * (len(line) - 1) + b"\n" if number in lost else line for number, line in enumerate(lines))
    )
    damaged = use_it_all(folder)
    assert damaged.trained == before.trained
    assert (damaged.layout, damaged.config) == (before.layout, before.config)
    for _, windows in damaged.pieces():
        assert not np.isnan(losses_of(windows)).any()
    one, other = ([windows for _, windows in run.pieces()] for run in (before, damaged))
    assert b"".join(some.tobytes() for some in one) == b"".join(some.tobytes() for some in other)
    go_on(folder, 3, "redraw", 3, {"replicas": 2}, 4, "alone", 2, make_trainer=HashTrainer)
    after = use_it_all(folder)
    assert after.trained == before.trained + 12
    assert (folder / LOSS_FILE).stat().st_size == after.layout.offset(after.trained)
    at = before.trained
    assert not np.isnan(losses_of(after.windows(at, at + 6, 3))).any()
    assert not np.isnan(losses_of(after.windows(at + 6, at + 10, 2))).any()
    assert not np.isnan(losses_of(after.windows(at + 10, at + 12))).any()
    assert after.config == replace(after.tree[0][-2].config, replicas=1)


@pytest.mark.parametrize("name", [COMMAND_FILE, LOSS_FILE, SOLVED_FILE, "keyframes.bin", "checkpoint-0"])
def test_whatever_happens_to_a_file_it_goes_on(name: str, whole: Path, tmp_path: Path) -> None:
    for seed in range(8):
        folder = tmp_path / f"run-{seed}"
        shutil.copytree(whole, folder)
        chance = random.Random(seed)
        data = (folder / name).read_bytes() if (folder / name).exists() else b"?"
        at = chance.randrange(len(data))
        damaged = (data[:at], data[:at] + chance.randbytes(40) + data[at + 40 :])[seed % 2]
        (folder / name).write_bytes(damaged)
        trained = use_it_all(folder).trained
        go_on(folder, "redraw", 3, (0, 4), 2, (0, 0), 1, make_trainer=HashTrainer)
        run = use_it_all(folder)
        assert run.trained == trained + 6, "nothing trained is lost"


def test_a_layout_that_the_commands_contradict_tells_how_many_networks_there_are(folder: Path) -> None:
    before = run_dir.read(folder)
    (newest, *_), _ = checkpoint.load(folder)
    layout = replace(newest.layout, changes=((0, 5),))
    length = layout.offset(newest.trained)
    losses = replace(newest.losses, length=length)
    for slot in checkpoint.SLOTS:
        (folder / slot).unlink()
    checkpoint.save(folder, replace(newest, layout=layout, losses=losses))
    run = use_it_all(folder)
    assert (run.windows(0, 20, 3) == packed.LOST).all()
    windows = [(run.tree[0][stretch.branch].config.replicas, len(some)) for stretch, some in run.pieces()]
    assert [one for one in windows if one[1]] == [(5, stretch.last - stretch.first) for stretch in before.tree[1]]
    go_on(folder, 3, make_trainer=HashTrainer)
    use_it_all(folder)


@pytest.mark.parametrize("seed", range(3))
def test_losses_that_are_random_bytes_are_read_without_a_warning(seed: int, folder: Path) -> None:
    (folder / LOSS_FILE).write_bytes(random.Random(seed).randbytes((folder / LOSS_FILE).stat().st_size))
    timeline = use_it_all(folder).timeline()
    for number in range(len(timeline)):
        timeline.curve(number, 10)
        timeline.band(number, 10)
        timeline.shades(number, range(3), 10)

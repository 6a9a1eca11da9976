"""A stored run as plain arrays: what the command line prints, without training."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from echornn import Run, RunError, read
from echornn.session.commands import Choose
from tests.door.folders.lab import (
    FromAnyState,
    answered,
    go_on,
    read_in_small_pieces,
    record,
    training_by,
)
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, scripted_loss


def printed(*words: object) -> str:
    """What a command prints."""
    done = answered(*map(str, words))
    assert done.returncode == 0
    return done.stdout


def exported(*words: object) -> dict[str, np.ndarray]:
    """The columns that export prints, by name, as texts."""
    head, *rows = csv.reader(printed("export", *words).splitlines())
    return dict(zip(head, np.array(rows).T, strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three branches of one network; the third continues the first, before the second."""
    place = tmp_path_factory.mktemp("runs") / "run"
    steps = (12, {"learning_rate": 0.1, "num_epochs": 9}, 8, (0, 5), {"learning_rate": 0.2}, 3)
    return record(place, SMALL, *steps, make_trainer=ScriptedTrainer)


def test_windows_and_paths_are_those_of_export(folder: Path) -> None:
    run = read(folder)
    assert_exported(run.windows(), folder)
    assert_exported(run.path(), folder, "--path")
    assert_exported(run.path("b"), folder, "--branch", "b")


def assert_exported(windows: Any, *words: object) -> None:
    columns = exported(*words)
    assert_array_equal(windows.window, columns["window"].astype(int))
    assert_array_equal(windows.epoch, columns["epoch"].astype(int))
    assert_array_equal(windows.loss[:, 0], columns["loss"].astype(np.float32))
    assert_array_equal(windows.accuracy[:, 0], columns["accuracy"].astype(np.float32))
    assert_array_equal(windows.grad_norm[:, 0], columns["grad_norm"].astype(np.float32))
    assert_array_equal(windows.grad_norm, 2 * windows.loss)
    assert windows.window.dtype == windows.epoch.dtype == windows.branch.dtype == np.int64
    assert windows.loss.dtype == windows.accuracy.dtype == np.float32


def test_windows_are_in_the_order_trained_and_paths_those_to_a_place(folder: Path) -> None:
    run = read(folder)
    assert run.windows().branch.tolist() == [0] * 12 + [1] * 8 + [2] * 3
    assert run.windows().epoch.tolist() == [1] * 10 + [2] * 2 + [2] * 8 + [1] * 3
    assert run.path().branch.tolist() == [0] * 5 + [2] * 3
    assert run.path().replica.tolist() == [0]
    path = run.path(1, at=14, first=10)
    assert path.window.tolist() == [11, 12, 13, 14]
    assert path.loss[:, 0] == pytest.approx(list(map(scripted_loss, range(10, 14))))


def test_branches_are_those_of_the_command(folder: Path) -> None:
    branches = read(folder).branches
    lines = printed("branches", folder, "--json").splitlines()
    for branch, line in zip(branches, lines, strict=True):
        for name, value in json.loads(line).items():
            assert getattr(branch, name) == value
    fields = attrgetter("letter", "parent", "at", "windows", "path", "here")
    assert list(map(fields, branches)) == [
        ("a", None, 0, 12, 12, False),
        ("b", 0, 12, 8, 20, False),
        ("c", 0, 5, 3, 8, True),
    ]
    for branch, newest in zip(branches, (11, 19, 7), strict=True):
        assert branch.newest_loss == pytest.approx(scripted_loss(newest))
    assert branches[1].mean_loss == pytest.approx(np.mean(list(map(scripted_loss, range(20)))))


def test_the_configuration_at_any_window(folder: Path) -> None:
    run = read(folder)
    assert (run.position.branch, run.position.window) == (2, 8)
    assert [run.config_at(at).learning_rate for at in (0, 4, 5, 8)] == [0.3, 0.3, 0.2, 0.2]
    assert [run.config_at(at, "b").learning_rate for at in (11, 12, 20)] == [0.3, 0.1, 0.1]
    assert run.config == run.config_at()


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six networks, of which the third goes on alone."""
    place = tmp_path_factory.mktemp("runs") / "run"
    steps = (4, Choose(2), "alone", 3)
    return record(place, SMALL_POPULATION, *steps, make_trainer=ScriptedTrainer)


def test_each_of_several_networks_has_a_column_also_one_that_goes_on_alone(several: Path) -> None:
    path = read(several).path()
    assert path.loss.shape == (7, 6)
    assert path.replica.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.isfinite(path.loss).sum(axis=0).tolist() == [4, 4, 7, 4, 4, 4]
    alone = exported(several, "--path", "--replica", 2)
    assert_array_equal(path.loss[:, 2], alone["loss"].astype(np.float32))
    assert_array_equal(path.loss[:, [2]], read(several).path(replica=2).loss)


def test_networks_are_those_of_the_summary(several: Path) -> None:
    summary = exported(several, "--branch", "a", "--summary")
    networks = read(several).networks(branch="a")
    assert [network.seed for network in networks] == [7, 8, 9, 10, 11, 12]
    assert summary["seed"].astype(int).tolist() == [7, 8, 9, 10, 11, 12]
    assert [f"{network.final_loss:.9g}" for network in networks] == summary["final_loss"].tolist()
    ((_, weights),) = read(several).weights(4, "a", replica=3).items()
    assert weights.tolist() == [4]
    (alone,) = read(several).networks()
    assert (alone.replica, alone.seed) == (2, 9)


def test_weights_that_were_kept_are_read_and_others_only_if_asked_for(folder: Path) -> None:
    run = read(folder)
    (weights,) = run.weights().values()
    assert weights.tolist() == [8]
    assert run.weights(8, "c") == run.weights()
    kept = run.kept().tolist()
    assert kept[-1] == 8
    missing = min({*range(1, 8)} - {*kept})
    with pytest.raises(RunError, match=rf"\b{missing}\b.* 0 and 5 "):
        run.weights(missing)


def test_what_is_not_there_is_said(folder: Path) -> None:
    run = read(folder)
    with pytest.raises(RunError, match=r"branch.*z.*a to c"):
        run.path("z")
    with pytest.raises(RunError, match=r"at = 99\b.*0 to 8"):
        run.path(at=99)
    with pytest.raises(RunError, match=r"replica = 1\b.*0"):
        run.path(replica=1)


def test_before_a_change_of_the_task_the_losses_are_those_until_then(tmp_path: Path) -> None:
    run = read(record(tmp_path / "run", SMALL, 5, {"echo_step": 5}, 4))
    for at, first in [(3, 0), (7, 5), (9, 5)]:
        (network,) = run.networks(at)
        assert network.final_loss == pytest.approx(run.path(at=at, first=first).loss.mean())


def test_whatever_is_trained_again_says_what_differs_from_the_record(tmp_path: Path) -> None:
    run = read(record(tmp_path / "run", SMALL, 9))
    with training_by(FromAnyState):
        for at in (3, 6, 3):
            assert run.snapshot(at, retrain=True).unlike is not None


def test_it_says_how_many_windows_of_a_path_are_measured(tmp_path: Path) -> None:
    texts: list[str] = []
    run = read(record(tmp_path / "run", SMALL, 9), progress=texts.append)
    with training_by(FromAnyState):
        snapshots = list(run.snapshots(4))
    assert [snapshot.window for snapshot in snapshots] == [0, 3, 6, 9]
    first, second, *others = texts
    assert (first, second) == ("measuring window 1 of 4", "window 1 of 4 measured")
    for number, text in enumerate(others, 2):
        assert re.fullmatch(f"window {number} of 4 measured,.*s left", text)
    assert len(others) == 3


def test_a_run_of_which_nothing_was_saved_is_empty(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 3)
    for file in folder.glob("checkpoint-*"):
        file.unlink()
    run = read(folder)
    assert len(run.path()) == len(run.windows()) == len(run.branches) == len(run.kept()) == 0
    assert printed("export", folder, "--path").count("\n") == 1
    with pytest.raises(RunError, match="no weights yet"):
        run.weights()
    with pytest.raises(RunError, match="no networks yet"):
        run.networks()


def test_a_task_of_numbers_has_no_accuracy(tmp_path: Path) -> None:
    config = replace(SMALL, task="adding", total_series_length=2000)
    path = read(record(tmp_path / "run", config, 3, make_trainer=ScriptedTrainer)).path()
    assert np.isnan(path.accuracy).all()
    assert np.isfinite(path.loss).all()


def test_of_a_run_that_goes_on_only_what_is_new_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_in_small_pieces(monkeypatch)
    run_folder = record(tmp_path / "run", SMALL, 7)
    followed = Run.read(run_folder)
    assert followed.refreshed() is followed
    for steps in [(4,), ("reset", 5), ((0, 3), 2, (1, 5), 3)]:
        go_on(run_folder, *steps)
        losses = followed.losses
        followed = followed.refreshed()
        anew = Run.read(run_folder)
        assert followed.losses is losses, "it grows"
        for branch in anew.tree.branches:
            end = anew.tree.end(branch.number)
            assert followed.tree.end(branch.number) == end
            whole = anew.losses.losses(end, 0)
            assert whole is not None
            assert_array_equal(followed.losses.losses(end, 0), whole, strict=True)


def test_what_was_changed_in_a_run_that_is_followed_is_read_anew(tmp_path: Path) -> None:
    run_folder = record(tmp_path / "run", SMALL, 7)
    followed = Run.read(run_folder)
    assert followed.losses.read == 7
    shutil.rmtree(run_folder)
    record(run_folder, SMALL.with_fields({"seed": 9}), 4)
    anew = followed.refreshed()
    assert anew.trained == 4
    assert anew.config.seed == 9

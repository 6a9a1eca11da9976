"""A stored run as plain arrays: what the command line prints, without training."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Run, RunError, read
from echornn.session.commands import Choose, ToggleReplicas
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


def columns(text: str) -> dict[str, list[str]]:
    """The columns of CSV, by name."""
    head, *rows = csv.reader(io.StringIO(text))
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three branches of one network; the third continues the first, before the second."""
    steps = (12, {"learning_rate": 0.1, "num_epochs": 9}, 8, (0, 5), {"learning_rate": 0.2}, 3)
    return record(
        tmp_path_factory.mktemp("runs") / "run", SMALL, *steps, make_trainer=ScriptedTrainer
    )


def test_windows_and_paths_are_those_of_export(folder: Path) -> None:
    run = read(folder)
    for windows, flags in [
        (run.windows(), []),
        (run.path(), ["--path"]),
        (run.path("b"), ["--branch", "b"]),
    ]:
        exported = columns(printed("export", folder, *flags))
        assert windows.window.tolist() == list(map(int, exported["window"]))
        assert windows.epoch.tolist() == list(map(int, exported["epoch"]))
        assert windows.loss[:, 0].tolist() == np.array(exported["loss"], np.float32).tolist()
        assert (
            windows.accuracy[:, 0].tolist() == np.array(exported["accuracy"], np.float32).tolist()
        )
        assert (
            windows.grad_norm[:, 0].tolist() == np.array(exported["grad_norm"], np.float32).tolist()
        )
        np.testing.assert_array_equal(windows.grad_norm, 2 * windows.loss)
        assert {one.dtype.name for one in (windows.window, windows.epoch, windows.branch)} == {
            "int64"
        }
        assert {windows.loss.dtype.name, windows.accuracy.dtype.name} == {"float32"}
    assert run.windows().branch.tolist() == [0] * 12 + [1] * 8 + [2] * 3
    assert run.windows().epoch.tolist() == [1] * 10 + [2] * 2 + [2] * 8 + [1] * 3
    assert run.path(1, at=14, first=10).loss[:, 0] == pytest.approx(
        [scripted_loss(at) for at in range(10, 14)]
    )
    assert run.path(1, at=14, first=10).window.tolist() == [11, 12, 13, 14]
    assert (run.path().replica.tolist(), run.path().branch.tolist()) == ([0], [0] * 5 + [2] * 3)


def test_branches_are_those_of_the_command(folder: Path) -> None:
    told = [json.loads(line) for line in printed("branches", folder, "--json").splitlines()]
    facts = read(folder).branches
    assert [{name: getattr(one, name) for name in told[0]} for one in facts] == told
    assert [(one.letter, one.parent, one.at, one.windows, one.path, one.here) for one in facts] == [
        ("a", None, 0, 12, 12, False),
        ("b", 0, 12, 8, 20, False),
        ("c", 0, 5, 3, 8, True),
    ]
    assert [one.newest_loss for one in facts] == pytest.approx(
        [scripted_loss(at) for at in (11, 19, 7)]
    )
    assert facts[1].mean_loss == pytest.approx(np.mean([scripted_loss(at) for at in range(20)]))


def test_the_configuration_at_any_window(folder: Path) -> None:
    run = read(folder)
    assert (run.position.branch, run.position.window) == (2, 8)
    assert [run.config_at(at).learning_rate for at in (0, 4, 5, 8)] == [0.3, 0.3, 0.2, 0.2]
    assert [run.config_at(at, "b").learning_rate for at in (11, 12, 20)] == [0.3, 0.1, 0.1]
    assert run.config == run.config_at()


def test_of_several_networks_there_is_a_column_each_also_of_one_that_goes_on_alone(
    tmp_path: Path,
) -> None:
    steps = (4, Choose(2), "alone", 3)
    folder = record(tmp_path / "run", SMALL_POPULATION, *steps, make_trainer=ScriptedTrainer)
    run = read(folder)
    path = run.path()
    assert path.loss.shape == (7, 6)
    assert path.replica.tolist() == list(range(6))
    assert np.isfinite(path.loss).sum(axis=0).tolist() == [4, 4, 7, 4, 4, 4]
    alone = columns(printed("export", folder, "--path", "--replica", "2"))
    assert path.loss[:, 2].tolist() == np.array(alone["loss"], np.float32).tolist()
    assert run.path(replica=2).loss.tolist() == path.loss[:, [2]].tolist()
    summary = columns(printed("export", folder, "--branch", "a", "--summary"))
    networks = run.networks(branch="a")
    assert (
        [one.seed for one in networks] == list(map(int, summary["seed"])) == [7, 8, 9, 10, 11, 12]
    )
    assert [f"{one.final_loss:.9g}" for one in networks] == summary["final_loss"]
    ((name, every),) = run.weights(4, "a").items()
    assert every.tolist() == [[4]] * 6
    assert run.weights(4, "a", replica=3)[name].tolist() == every[3].tolist()
    assert [(one.replica, one.seed) for one in run.networks()] == [(2, 9)]


def test_weights_that_were_kept_are_read_and_others_only_if_asked_for(folder: Path) -> None:
    run = read(folder)
    (name,) = run.weights()
    assert run.kept().tolist()[-1] == 8
    assert run.weights()[name].tolist() == run.weights(8, "c")[name].tolist() == [8]
    missing = next(at for at in range(1, 8) if at not in run.kept().tolist())
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


def test_networks_of_a_branch_without_windows_have_no_column(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 3, ToggleReplicas(8), make_trainer=ScriptedTrainer)
    assert read(folder).windows().loss.shape == (3, 1)


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
    assert [text.partition(",")[0] for text in others] == [
        f"window {number} of 4 measured" for number in (2, 3, 4)
    ]
    assert all(text.endswith("s left") for text in others)


def test_a_run_of_which_nothing_was_saved_is_empty(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 3)
    for file in folder.glob("checkpoint-*"):
        file.unlink()
    run = read(folder)
    assert (len(run.path()), len(run.windows()), run.branches, len(run.kept())) == (0, 0, (), 0)
    assert len(printed("export", folder, "--path").splitlines()) == 1
    with pytest.raises(RunError, match="no weights yet"):
        run.weights()
    with pytest.raises(RunError, match="no networks yet"):
        run.networks()


def test_a_task_of_numbers_has_no_accuracy(tmp_path: Path) -> None:
    config = EchoConfig(
        task="adding", total_series_length=2000, truncated_backprop_length=10, batch_size=2
    )
    run = read(record(tmp_path / "run", config, 3, make_trainer=ScriptedTrainer))
    assert np.isnan(run.path().accuracy).all()
    assert np.isfinite(run.path().loss).all()


def test_reading_does_not_import_tensorflow(folder: Path) -> None:
    loaded = "tensorflow" in sys.modules
    run = read(folder)
    _ = (run.windows(), run.branches, run.weights(), run.kept(), run.networks(), run.config_at(3))
    assert ("tensorflow" in sys.modules) == loaded


def test_of_a_run_that_goes_on_only_what_is_new_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_in_small_pieces(monkeypatch)
    run_folder = record(tmp_path / "run", SMALL, 7)
    followed = Run.read(run_folder)
    assert followed.refreshed() is followed
    for steps in [(4,), ("reset", 5), ((0, 3), 2, (1, 5), 3)]:
        go_on(run_folder, *steps)
        before, followed = followed, followed.refreshed()
        anew = Run.read(run_folder)
        assert followed.losses is before.losses, "it grows"
        for branch in anew.tree.branches:
            end = anew.tree.end(branch.number)
            assert followed.tree.end(branch.number) == end
            now, whole = (run.losses.losses(end, 0) for run in (followed, anew))
            assert now is not None
            assert whole is not None
            assert now.tolist() == whole.tolist()


def test_what_was_changed_in_a_run_that_is_followed_is_read_anew(tmp_path: Path) -> None:
    run_folder = record(tmp_path / "run", SMALL, 7)
    followed = Run.read(run_folder)
    followed.timeline()
    shutil.rmtree(run_folder)
    record(run_folder, SMALL.with_fields({"seed": 9}), 4)
    anew = followed.refreshed()
    assert anew.trained == 4
    assert anew.config.seed == 9

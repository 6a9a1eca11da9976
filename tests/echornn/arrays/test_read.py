"""A stored run as plain arrays: the same values as the command line prints, without training."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import echornn
from echornn import RunArrays
from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.runs import kept_runs
from echornn.tasks.adding import Adding
from tests.recorded import contents, record_branches
from tests.scripted import SMALL_POPULATION, scripted_loss
from tui.cli.program import exit_code_of


def printed(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a command prints."""
    capsys.readouterr()
    assert exit_code_of([str(word) for word in words]) == 0
    return capsys.readouterr().out


def columns(text: str) -> dict[str, list[str]]:
    """The columns of CSV, by name."""
    head, *rows = csv.reader(io.StringIO(text))
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three branches of one network; the third continues the first, before the second."""
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1, "num_epochs": 9}, 8, (0, 5), {"learning_rate": 0.2}, 3)
    return tmp_path / "run"


def test_windows_and_paths_are_those_of_export(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    run = echornn.read(folder)
    for windows, flags in [(run.windows(), []), (run.path(), ["--path"]), (run.path("b"), ["--branch", "b"])]:
        exported = columns(printed(capsys, "export", folder, *flags))
        assert windows.window.tolist() == list(map(int, exported["window"]))
        assert windows.epoch.tolist() == list(map(int, exported["epoch"]))
        assert windows.loss[:, 0].tolist() == np.array(exported["loss"], np.float32).tolist()
        assert windows.accuracy[:, 0].tolist() == np.array(exported["accuracy"], np.float32).tolist()
        assert {one.dtype.name for one in (windows.window, windows.epoch, windows.branch)} == {"int64"}
        assert {windows.loss.dtype.name, windows.accuracy.dtype.name} == {"float32"}
    assert run.windows().branch.tolist() == [0] * 12 + [1] * 8 + [2] * 3
    assert run.path(1, at=14, first=10).loss[:, 0] == pytest.approx([scripted_loss(at) for at in range(10, 14)])
    assert run.path().replica.tolist() == [0]
    assert contents(folder) == before


def test_branches_are_those_of_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [json.loads(line) for line in printed(capsys, "branches", folder, "--json").splitlines()]
    facts = echornn.read(folder).branches
    assert [{name: getattr(one, name) for name in told[0]} for one in facts] == told


def test_the_configuration_at_any_window(folder: Path) -> None:
    run = echornn.read(folder)
    assert (run.position.branch, run.position.window) == (2, 8)
    assert [run.config_at(at).learning_rate for at in (0, 4, 5, 8)] == [0.3, 0.3, 0.2, 0.2]
    assert [run.config_at(at, "b").learning_rate for at in (11, 12, 20)] == [0.3, 0.1, 0.1]
    assert run.config == run.config_at()


def test_a_network_that_goes_on_alone_keeps_its_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run", 4, "choose 2", "alone", 3, config=SMALL_POPULATION)
    run = echornn.read(tmp_path / "run")
    path = run.path()
    assert path.loss.shape == (7, 6)
    assert path.replica.tolist() == list(range(6))
    assert np.isfinite(path.loss).sum(axis=0).tolist() == [4, 4, 7, 4, 4, 4]
    alone = columns(printed(capsys, "export", tmp_path / "run", "--path", "--replica", "2"))
    assert path.loss[:, 2].tolist() == np.array(alone["loss"], np.float32).tolist()
    assert run.path(replica=2).loss.tolist() == path.loss[:, [2]].tolist()
    summary = columns(printed(capsys, "export", tmp_path / "run", "--branch", "a", "--summary"))
    networks = run.networks(branch="a")
    assert [one.seed for one in networks] == list(map(int, summary["seed"]))
    assert [f"{one.final_loss:.9g}" for one in networks] == summary["final_loss"]


def test_weights_that_were_kept_are_read_and_others_only_if_asked_for(folder: Path) -> None:
    run = echornn.read(folder)
    (name,) = run.weights()
    assert run.kept().tolist()[-1] == 8
    assert run.weights()[name].shape == run.weights(8, "c")[name].shape
    missing = next(at for at in range(1, 8) if at not in run.kept().tolist())
    with pytest.raises(RunError, match=rf"after window {missing} were not kept: those after 0 and 5 were; retrain"):
        run.weights(missing)
    assert run.kept("b").tolist() == [at for at in run.kept("b").tolist() if at <= 20]


def test_weights_of_several_networks_have_an_axis_of_replicas(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 4, config=SMALL_POPULATION)
    run = echornn.read(tmp_path / "run")
    ((name, every),) = run.weights().items()
    assert len(every) == 6
    assert run.weights(replica=3)[name].tolist() == every[3].tolist()


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda run: run.path("z"), "branch = 'z' cannot be used: a to c, or 0 to 2"),
        (lambda run: run.path(at=99), "at = 99 cannot be used: it must be 0 to 8"),
        (lambda run: run.path(replica=1), "replica = 1 cannot be used: only 0"),
        (lambda run: run.weights(replica=-1), "replica = -1 cannot be used"),
        (lambda run: run.config_at(-1), "at = -1 cannot be used"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, ask: Callable[[RunArrays], object], why: str) -> None:
    with pytest.raises(RunError, match=why):
        ask(echornn.read(folder))


def test_a_run_is_found_by_its_name_and_nothing_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(RunError, match="there is no run in"):
        echornn.read("newest")
    kept_runs.state_folder().mkdir(parents=True)
    record_branches(kept_runs.state_folder() / "mine", 3)
    assert echornn.read("newest").run.folder == echornn.read("mine").run.folder == kept_runs.state_folder() / "mine"
    with pytest.raises(RunError):
        echornn.read(tmp_path)


def test_a_run_without_a_window_has_empty_arrays(tmp_path: Path) -> None:
    record_branches(tmp_path / "run")
    run = echornn.read(tmp_path / "run")
    assert (len(run.windows()), run.path().loss.shape, run.path(at=0).accuracy.shape) == (0, (0, 1), (0, 1))


def test_a_task_of_numbers_has_no_accuracy(tmp_path: Path) -> None:
    config = EchoConfig(task=Adding(), total_series_length=2000, truncated_backprop_length=10, batch_size=2)
    record_branches(tmp_path / "run", 3, config=config)
    assert np.isnan(echornn.read(tmp_path / "run").path().accuracy).all()


def test_lost_windows_are_nan(folder: Path) -> None:
    log = folder / "losses.bin"
    log.write_bytes(log.read_bytes()[:40])
    run = echornn.read(folder)
    if run.run.trained:
        assert run.notes
    assert all(math.isnan(loss) or loss > 0 for loss in run.windows().loss[:, 0].tolist())


def test_reading_does_not_import_tensorflow(folder: Path) -> None:
    loaded = "tensorflow" in sys.modules
    run = echornn.read(folder)
    _ = (run.windows(), run.branches, run.weights(), run.kept(), run.networks(), run.config_at(3))
    assert ("tensorflow" in sys.modules) == loaded

"""What list, branches, export and prune print of runs on disk: their columns, and the numbers in
the folder."""

from __future__ import annotations

import csv
import json
import os
import shutil
import struct
import sys
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from echornn import EchoConfig
from echornn.session.commands import Choose
from tests.answered import answered, json_rows, trained
from tests.door.folders import by_hand
from tests.recorded import contents, record_branches
from tests.scripted import (
    SMALL,
    SMALL_POPULATION,
    STUCK,
    ScriptedTrainer,
    mean_loss,
    scripted,
    scripted_loss,
    scripted_losses,
)
from tests.swept import SMALL as SMALL_SWEEP
from tests.swept import keep

RUN = (14, {"learning_rate": 0.1}, 6, (1, 17), "regenerate", 9, (1, 20))
"""Branch a has 14 windows; b goes on to 20 at another rate; c has other data from window 17 to 26.

It stands on b.
"""

SEEDS = (200, Choose(2), "alone", 30, (0, 150), 20, {"learning_rate": 0.1}, 5, {"replicas": 3}, 4)
"""Six seeds for 200 windows; the third alone for 30; all for 20 from window 150 on, 5 at another
rate; then three."""

LOTTERY = """replicas solved success_rate success_low success_high median_window loss_10 loss_50
loss_90 diverged lost"""

BRANCH = "number letter parent at windows path differs newest_loss mean_loss solved_at lost_at here"

KEYS = {
    "list run": "run saved epoch window windows loss diverged solved_at lost_at bytes differs "
    "solved_level",
    "list seeds": "run saved epoch window windows loss diverged solved_at lottery bytes differs "
    "solved_level",
    "branches run": f"{BRANCH} solved_level",
    "branches seeds": f"{BRANCH} lottery solved_level",
    "export run": "window epoch loss accuracy grad_norm",
    "export seeds": "window epoch loss accuracy replica grad_norm",
    "export seeds --summary": "replica seed solved_at final_loss lost_at",
    "tasks": "task help inputs outputs length loss levels solved sources settings",
    "cells": "cell help formulas state held gates products unit_weights keras",
}
"""The JSON keys of each subcommand, in order.

A key that only describes theory may be added or go.
"""

COLUMNS = {
    "export run": "window,epoch,loss,accuracy,grad_norm",
    "export seeds": "window,epoch,loss,accuracy,replica,grad_norm",
    "export seeds --summary": "replica,seed,solved_at,final_loss,lost_at",
    "export seeds --replica 2": "window,epoch,loss,accuracy,grad_norm",
    "map sweep --csv": "echo_step,cell,points,trained,solved,success,low,high,half_solved,"
    "median_loss,best_seed,best_solved_at,failed,missing,most_windows,until,level,version,rung",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs without a folder of their own are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "echornn-tui" / "runs"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    record_branches(folder / "run", *RUN)
    record_branches(folder / "seeds", *SEEDS, config=SMALL_POPULATION)
    return folder


@pytest.fixture
def run(recorded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(recorded / "run", tmp_path / "run")


@pytest.fixture
def seeds(recorded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(recorded / "seeds", tmp_path / "seeds")


def lines(command: str) -> list[str]:
    """The lines that a command prints."""
    done = answered(*command.split())
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def table(command: str) -> Any:
    """The rows of CSV that a command prints, as numbers by column; NaN for nothing."""
    return np.genfromtxt(lines(command), delimiter=",", names=True, ndmin=1)


def weights(command: str) -> dict[str, Any]:
    """The numbers that this ``export`` writes to a file of weights."""
    assert trained("export", *command.split(), "--weights", "w.npz").returncode == 0
    with np.load("w.npz") as saved:
        return {name: saved[name].tolist() for name in saved}


def require_no_weights(command: str, reason: str) -> None:
    refused = trained("export", *command.split(), "--weights", "none.npz")
    assert refused.returncode == 2
    assert reason in refused.stderr
    assert not Path("none.npz").exists()


def saved_in_turn(home: Path, *names: str) -> None:
    """Make these runs look as if they were saved one after the other, a second apart."""
    for when, name in enumerate(names):
        for file in (home / name).rglob("*"):
            os.utime(file, (1e9 + when, 1e9 + when))


@pytest.mark.usefixtures("run", "seeds")
def test_json_keys_and_columns(tmp_path: Path) -> None:
    keep(tmp_path / "sweep", [SMALL_SWEEP])
    before = contents(tmp_path)
    for command, keys in KEYS.items():
        assert [*json_rows(command)[0]] == keys.split(), command
    for command, columns in COLUMNS.items():
        assert lines(command)[0] == columns
    assert [*json_rows("branches seeds")[0]["lottery"]] == LOTTERY.split()
    assert contents(tmp_path) == before


def test_windows_of_a_run_in_all_branches_and_along_each_path(run: Path) -> None:
    windows = table("export run")
    np.testing.assert_array_equal(windows["loss"].astype("f4"), by_hand.losses(run)["loss"])
    np.testing.assert_array_equal(windows["window"], np.arange(29) + 1)
    np.testing.assert_array_equal(windows["epoch"], [1] * 10 + [2] * 19)

    path = table("export run --path")
    expected = [scripted_loss(window) for window in range(20)]
    np.testing.assert_array_equal(path["window"], np.arange(20) + 1)
    np.testing.assert_array_equal(path["epoch"], [1] * 10 + [2] * 10)
    np.testing.assert_array_equal(path["loss"].astype("f4"), np.array(expected, np.float32))

    rows = lines("export run --path")
    assert lines("export run --branch 1") == rows
    assert lines("export run --branch a") == rows[:15]
    assert lines("export run --branch c")[:18] == rows[:18]
    changed = table("export run --branch c")[17:]
    np.testing.assert_array_equal(changed["window"], np.arange(18, 27))
    np.testing.assert_array_equal(changed["epoch"], [2] * 9)


@pytest.mark.usefixtures("seeds")
def test_windows_of_seeds_and_of_one_that_goes_on_alone() -> None:
    windows = table("export seeds")
    trained_together = [range(6)] * 200 + [range(2, 3)] * 30 + [range(6)] * 25 + [range(3)] * 4
    counts = [len(replicas) for replicas in trained_together]
    np.testing.assert_array_equal(windows["window"], np.repeat(np.arange(259) + 1, counts))
    np.testing.assert_array_equal(windows["replica"], np.concatenate(trained_together))

    losses = windows["loss"][:1200].reshape(200, 6)
    scripted = scripted_losses(SMALL_POPULATION, 0, 200)
    np.testing.assert_allclose(losses, scripted, rtol=8e-6)
    right = 1 - np.rint(np.minimum(scripted / STUCK, 1) / 2 * 20) / 20
    np.testing.assert_allclose(windows["accuracy"][:1200].reshape(200, 6), right, atol=1e-8)

    for replica, count in ((2, 259), (5, 225)):
        alone = table(f"export seeds --replica {replica}")
        assert len(alone) == count
        among_others = windows[windows["replica"] == replica]
        for name in alone.dtype.names:
            np.testing.assert_array_equal(alone[name], among_others[name])
    assert len(table("export seeds --branch b --replica 0")) == 200


def test_a_number_is_one_seed_whatever_other_seeds_are_trained_later(tmp_path: Path) -> None:
    story = (10, {"seed": 50}, 20, {"replicas": 1}, 5, {"seed": 9}, 3)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION)
    for replica, windows in ((0, 10), (2, 13), (43, 25), (48, 20)):
        assert len(table(f"export run --replica {replica}")) == windows
    refused = answered("export", "run", "--replica", 6)
    assert refused.returncode == 2
    assert "0 to 5, 43 to 48" in refused.stderr


@pytest.mark.usefixtures("seeds")
def test_the_summary_is_of_a_branchs_end() -> None:
    for branch, first, end in (("b", 2, 3), ("e", 0, 3)):
        summary = table(f"export seeds --summary --branch {branch}")
        np.testing.assert_array_equal(summary["replica"], np.arange(first, end))
        np.testing.assert_array_equal(summary["seed"], 7 + np.arange(first, end))
        for row in summary:
            path = table(f"export seeds --branch {branch} --replica {row['replica']:.0f}")
            assert row["final_loss"] == pytest.approx(path["loss"][-50:].mean(), rel=1e-5)
    assert lines("export seeds --summary") == lines("export seeds --summary --branch e")

    solved = [row["solved_at"] for row in json_rows("export seeds --summary --branch a")]
    assert solved == [89, None, None, 108, 89, None], "the slowest solves it later"


@pytest.mark.usefixtures("run", "seeds")
def test_branches_say_where_they_begin_and_how_far_they_came() -> None:
    branches = json_rows("branches run")
    fields = itemgetter(
        *["number", "letter", "parent", "at", "windows", "path", "solved_at", "lost_at", "here"]
    )
    assert list(map(fields, branches)) == [
        (0, "a", None, 0, 14, 14, None, None, False),
        (1, "b", 0, 14, 6, 20, None, None, True),
        (2, "c", 1, 17, 9, 26, None, None, False),
    ]
    assert "learning_rate 0.1" in branches[1]["differs"]
    for branch, end in zip(branches, (14, 20, 26), strict=True):
        assert branch["newest_loss"] == pytest.approx(scripted_loss(end - 1))
        assert branch["mean_loss"] == pytest.approx(mean_loss(0, end))
    _, first, second, _ = lines("branches run")
    assert first.split()[:6] == ["a", "0", "-", "0", "14", f"{mean_loss(0, 14):.4f}"]
    assert second.split()[:6] == ["*", "b", "1", "a", "0", "14"]

    population, alone, *_ = json_rows("branches seeds")
    assert population["lottery"]["replicas"] == 6
    assert population["lottery"]["loss_50"] == population["mean_loss"]
    assert "lottery" not in alone


def test_the_list_says_how_far_runs_are_and_which_was_saved_last(home: Path) -> None:
    record_branches(home / "one", 14)
    assert f"newest is {home / 'one'}" in answered("branches", "newest").stderr
    record_branches(home / "many", 500, config=SMALL_POPULATION)
    record_branches(home / "new")
    (home / "broken").mkdir()
    (home / "broken" / "run.json").write_text("{")
    saved_in_turn(home, "new", "one", "many", "broken")

    broken, many, one, new = json_rows("list")
    assert [*broken] == ["run", "error"]
    fields = itemgetter("epoch", "window", "windows", "diverged")
    assert fields(many) == (50, 10, 500, False)
    assert fields(one) == (2, 4, 14, False)
    assert fields(new) == (0, 0, 0, False)
    assert many["lottery"]["solved"] == 4
    assert many["loss"] == many["lottery"]["loss_50"]
    assert one["loss"] == pytest.approx(mean_loss(0, 14))
    assert new["loss"] is None
    assert one["saved"] == 1e9 + 1
    assert one["run"] == str(home / "one")
    assert one["differs"]["total_series_length"] == 200
    assert one["bytes"] == sum(map(len, contents(home / "one").values()))

    place, broken_line, many_line, line, _ = lines("list")
    assert str(home) in place
    assert "broken" in broken_line
    assert "epoch 50/100" in many_line
    assert "4 of 6 solved" in many_line
    assert "epoch 2/3" in line
    assert "14 windows" in line
    assert json_rows(f"list {home / 'one'}") == [one]


def test_no_name_of_a_folder_forges_a_line_or_moves_the_cursor(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n2026-01-01 forged \x1b[2J\xe2\x80\xae")
    record_branches(tmp_path / "runs" / name, 5)
    for command, count in (("list runs", 2), ("list runs --json", 1)):
        printed = lines(command)
        assert len(printed) == count
        assert not {"\x1b", "\u202e"} & {*"".join(printed)}


def test_a_loss_that_is_not_finite_is_null_and_has_diverged() -> None:
    sizes = ("--total-series-length", 200, "--truncated-backprop-length", 10, "--batch-size", 2)
    diverging = scripted(diverges_at=12)
    assert trained("--headless", *sizes, "--run", "run", trainers=diverging).returncode == 1
    (run,) = json_rows("list run")
    assert run["loss"] is None
    assert run["diverged"] is True
    assert run["windows"] == 13
    (branch,) = json_rows("branches run")
    assert branch["newest_loss"] is None
    assert branch["mean_loss"] is None
    losses = [window["loss"] for window in json_rows("export run")]
    assert None not in losses[:12]
    assert losses[12:] == [None]
    (last,) = csv.reader(lines("export run")[-1:])
    assert last[2] == "nan"
    (summary,) = json_rows("export run --summary")
    assert summary["final_loss"] is None


def test_the_newest_runs_stay_and_nothing_that_is_not_a_run_goes(home: Path) -> None:
    names = ("first", "second", "third", "fourth")
    for name in names:
        record_branches(home / name, 5)
    newer = json.loads((home / "third" / "run.json").read_text()) | {"format": 9}
    (home / "third" / "run.json").write_text(json.dumps(newer))
    saved_in_turn(home, *names)
    (home / "first" / "notes.txt").write_text("mine")
    (home / "stranger").mkdir()
    (home / "stranger" / "thesis.tex").write_text("all my work")
    before = contents(home)

    goes = [line.split()[-1] for line in lines("prune --keep 1 --dry-run") if "kept" not in line]
    assert goes == ["second", "first"]
    assert contents(home) == before
    assert answered("prune", "--keep", 1).returncode == 0
    stays = ("third/", "fourth/", "stranger/", "first/notes.txt")
    assert contents(home) == {name: before[name] for name in before if name.startswith(stays)}


def test_weights_of_any_window_of_any_branch(run: Path) -> None:
    """The weight W of a scripted network is the number of windows that it was trained."""
    before = contents(run)
    assert weights("run") == {"W": [20]}
    assert weights("run --at 0") == {"W": [0]}
    assert weights("run --branch a") == {"W": [14]}
    assert weights("run --branch c") == {"W": [26]}
    assert weights("run --branch c --at 25") == {"W": [25]}
    assert contents(run) == before


@pytest.mark.usefixtures("seeds")
def test_weights_of_seeds_at_a_window_and_where_each_was_solved() -> None:
    """Replicas 0, 3 and 4 solve it at windows 89, 108 and 89, which are trained once for all."""
    trainers: list[ScriptedTrainer] = []

    class Counted(ScriptedTrainer):
        def __init__(self, config: EchoConfig) -> None:
            super().__init__(config)
            trainers.append(self)

    command = "export seeds --weights w.npz --branch d --at solved"
    exported = trained(*command.split(), trainers=Counted)
    assert exported.returncode == 0
    assert "3 of 6" in exported.stderr
    assert "1, 2, 5" in exported.stderr
    assert 0 < sum(sum(trainer.calls) for trainer in trainers) <= 108
    with np.load("w.npz") as saved:
        assert saved["replica"].tolist() == [0, 3, 4]
        assert saved["window"].tolist() == [89, 108, 89]
        assert saved["W"].tolist() == [[89], [108], [89]]

    assert weights("seeds --branch d --at solved --replica 3") == {"W": [108]}
    require_no_weights("seeds --branch d --at solved --replica 2", "replica 2")
    assert weights("seeds --branch b")["W"] == [230]
    require_no_weights("seeds --branch b --replica 0", "only 2")
    assert weights("seeds --branch c --at 155")["W"] == [[155]] * 6
    assert weights("seeds")["W"] == [[4]] * 3


@pytest.mark.usefixtures("seeds")
@pytest.mark.parametrize("flags", ["", "--summary"])
def test_a_parquet_file_has_the_rows_of_the_csv_with_types(flags: str) -> None:
    command = f"export seeds {flags}".split()
    assert answered(*command, "--parquet", "a b.parquet").stdout == ""
    columns = parquet.read_table("a b.parquet")
    rows = list(csv.DictReader(answered(*command).stdout.splitlines()))
    assert columns.column_names == [*rows[0]]
    for name in columns.column_names:
        texts = [row[name] for row in rows]
        numbers = columns[name].to_pylist()
        if name in ("loss", "accuracy", "grad_norm", "final_loss"):
            assert str(columns[name].type) == "float"
            expected = np.array([text or "nan" for text in texts], np.float32)
            np.testing.assert_array_equal(np.array(numbers, np.float32), expected)
        else:
            assert str(columns[name].type) == "int64"
            assert numbers == [int(text) if text else None for text in texts]
    about = parquet.read_schema("a b.parquet").metadata
    assert about[b"command"].startswith(b"echornn-tui export seeds")


@pytest.mark.usefixtures("run")
def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = answered("export", "run", "--parquet", "a.parquet")
    assert done.returncode == 2
    assert "echornn-tui[arrow]" in done.stderr
    assert not Path("a.parquet").exists()


def test_events_for_tensorboard_are_means_along_the_path(tmp_path: Path) -> None:
    long = replace(SMALL, num_epochs=300)
    record_branches(tmp_path / "one", 2500, {"learning_rate": 0.1}, 2, config=long)
    record_branches(tmp_path / "six", 30, config=SMALL_POPULATION)
    for words in ("one", "one", "one --branch a", "six", "six --replica 3"):
        assert lines(f"export {words} --tensorboard events") == []
    folders = sorted(folder.name for folder in Path("events").iterdir())
    assert folders == ["one", "one_branch-a", "six", "six_replica-3"]

    curves = events(Path("events/one"))
    assert {*curves} == {"loss", "accuracy", "grad_norm", "learning_rate"}
    assert [*curves["loss"]] == [*range(3, 2500, 3), 2500, 2502]
    losses = table("export one --path")["loss"]
    begin = 0
    for end, mean in curves["loss"].items():
        assert mean == pytest.approx(losses[begin:end].mean())
        begin = end
    *_, before, after = curves["learning_rate"].values()
    assert (before, after) == pytest.approx((0.3, 0.1), abs=5e-7)

    losses = table("export six")["loss"].reshape(30, 6)
    curves = events(Path("events/six"))
    for tag, share in {"loss_10": 0.1, "loss": 0.5, "loss_90": 0.9}.items():
        quantiles = np.quantile(losses, share, axis=1)
        assert list(curves[tag].values()) == pytest.approx(quantiles)


def events(folder: Path) -> dict[str, dict[int, float]]:
    """Values by tag and step, from records of length, its CRC, event, its CRC."""
    (file,) = folder.iterdir()
    data = file.read_bytes()
    curves: dict[str, dict[int, float]] = {}
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Event.FromString(data[at + 12 : at + 12 + length])
        for value in event.summary.value:
            curve = curves.setdefault(value.tag, {})
            assert event.step not in curve
            curve[event.step] = value.simple_value
        at += length + 16
    return curves

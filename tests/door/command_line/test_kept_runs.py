"""What list, branches, export and prune print of runs on disk: their columns, and the numbers in
the folder."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tensorboard.compat.proto.event_pb2 import Event

import echornn
from echornn import EchoConfig
from echornn.session.commands import Choose
from tests.answered import answered, records, trained
from tests.recorded import contents, record_branches
from tests.scripted import (
    SMALL,
    SMALL_POPULATION,
    STUCK,
    ScriptedTrainer,
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

LOTTERY = ["replicas", "solved", "success_rate", "success_low", "success_high", "median_window"]
LOTTERY += ["loss_10", "loss_50", "loss_90", "diverged", "lost"]

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
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    record_branches(tmp_path / "run", *RUN)
    return tmp_path / "run"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    record_branches(tmp_path / "seeds", *SEEDS, config=SMALL_POPULATION)
    return tmp_path / "seeds"


def rows(*words: object) -> list[dict[str, str]]:
    done = answered(*words)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def of_columns(table: list[dict[str, str]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(int(row[name]) for name in names) for row in table]


def float32s(table: list[dict[str, str]], name: str = "loss") -> np.ndarray:
    return np.array([row[name] or "nan" for row in table], np.float32)


def test_json_keys_and_columns(run: Path, seeds: Path, tmp_path: Path) -> None:
    keep(tmp_path / "sweep", [SMALL_SWEEP])
    before = contents(tmp_path)
    for command, keys in KEYS.items():
        first = records(answered(*command.split(), "--json"))[0]
        assert [*first] == keys.split(), command
    for command, columns in COLUMNS.items():
        header = answered(*command.split()).stdout.splitlines()[0]
        assert header == columns, command
    assert [*records(answered("branches", "seeds", "--json"))[0]["lottery"]] == LOTTERY
    assert answered("branches", "run").stdout.splitlines()[0].split("  ") == [
        *("", " branch", "parent", "at", "own windows", "mean loss", "solved at", "differs")
    ]
    assert contents(tmp_path) == before


def test_windows_of_a_run_in_all_branches_and_along_each_path(run: Path) -> None:
    table = rows("export", run)
    stored = np.fromfile(run / "losses.bin", np.dtype([("loss", "<f4"), ("errors", "<i4")]))
    np.testing.assert_array_equal(float32s(table), stored["loss"])
    assert of_columns(table, "window") == [(window,) for window in range(1, 30)]
    assert of_columns(table, "epoch") == [(epoch,) for epoch in [1] * 10 + [2] * 19]
    path = rows("export", run, "--path")
    expected = [np.float32(scripted_loss(window)) for window in range(20)]
    assert of_columns(path, "window", "epoch") == [
        (window + 1, window // 10 + 1) for window in range(20)
    ]
    np.testing.assert_array_equal(float32s(path), expected)
    assert rows("export", run, "--branch", "b") == rows("export", run, "--branch", 1) == path
    assert rows("export", run, "--branch", "a") == path[:14]
    other = rows("export", run, "--branch", "c")
    assert other[:17] == path[:17]
    assert of_columns(other[17:], "window", "epoch") == [(window, 2) for window in range(18, 27)]


def test_windows_of_seeds_and_of_one_that_goes_on_alone(seeds: Path) -> None:
    table = rows("export", seeds)
    there = [range(6)] * 200 + [range(2, 3)] * 30 + [range(6)] * 25 + [range(3)] * 4
    numbered = [(window, index) for window, indices in enumerate(there, 1) for index in indices]
    assert of_columns(table, "window", "replica") == numbered
    losses = float32s(table[:1200]).reshape(200, 6)
    true = scripted_losses(SMALL_POPULATION, 0, 200)
    np.testing.assert_allclose(losses, true, rtol=8e-6)
    rates = np.array([row["accuracy"] for row in table[:1200]], float).reshape(200, 6)
    expected = 1 - np.rint(np.minimum(true / STUCK, 1) / 2 * 20) / 20
    np.testing.assert_allclose(rates, expected, atol=1e-8)
    for replica, windows in ((0, 229), (2, 259), (5, 225)):
        own = [
            {name: row[name] for name in row if name != "replica"}
            for row in table
            if row["replica"] == str(replica)
        ]
        assert rows("export", seeds, "--replica", replica) == own
        assert len(own) == windows
    alone = rows("export", seeds, "--branch", "b", "--replica", 2)
    assert of_columns(alone, "window") == [(window,) for window in range(1, 231)]
    np.testing.assert_array_equal(float32s(alone[:200]), losses[:, 2])
    assert len(rows("export", seeds, "--branch", "b", "--replica", 0)) == 200


def test_a_number_is_one_seed_whatever_other_seeds_are_trained_later(tmp_path: Path) -> None:
    story = (10, {"seed": 50}, 20, {"replicas": 1}, 5, {"seed": 9}, 3)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION)
    for replica, windows in ((0, 10), (2, 13), (43, 25), (48, 20)):
        assert len(rows("export", "run", "--replica", replica)) == windows
    refused = answered("export", "run", "--replica", 6)
    assert refused.returncode == 2
    assert "0 to 5, 43 to 48" in refused.stderr


def test_the_summary_is_of_a_branchs_end(seeds: Path) -> None:
    for letter, replicas in (("a", range(6)), ("b", range(2, 3)), ("d", range(6)), ("e", range(3))):
        table = rows("export", seeds, "--summary", "--branch", letter)
        assert of_columns(table, "replica", "seed") == [(one, 7 + one) for one in replicas]
        path = rows("export", seeds, "--branch", letter)
        for row in table:
            mine = [
                float(one["loss"])
                for one in path
                if one.get("replica", row["replica"]) == row["replica"]
            ]
            assert float(row["final_loss"]) == pytest.approx(np.mean(mine[-50:]), rel=1e-5)
    assert rows("export", seeds, "--summary") == rows("export", seeds, "--summary", "--branch", "e")
    objects = records(answered("export", seeds, "--summary", "--json", "--branch", "a"))
    solved = [row["solved_at"] for row in rows("export", seeds, "--summary", "--branch", "a")]
    assert [one["solved_at"] for one in objects] == [int(at) if at else None for at in solved]
    assert [bool(at) for at in solved] == [True, False, False, True, True, False], (
        "the slowest solves it later"
    )


def test_branches_say_where_they_begin_and_how_far_they_came(run: Path, seeds: Path) -> None:
    told = records(answered("branches", run, "--json"))
    names = ("number", "letter", "parent", "at", "windows", "path", "solved_at", "lost_at", "here")
    assert [tuple(one[name] for name in names) for one in told] == [
        (0, "a", None, 0, 14, 14, None, None, False),
        (1, "b", 0, 14, 6, 20, None, None, True),
        (2, "c", 1, 17, 9, 26, None, None, False),
    ]
    assert "learning_rate 0.1" in told[1]["differs"]
    losses = [scripted_loss(window) for window in (13, 19, 25)]
    assert [one["newest_loss"] for one in told] == pytest.approx(losses)
    means = [np.mean([scripted_loss(window) for window in range(end)]) for end in (14, 20, 26)]
    assert [one["mean_loss"] for one in told] == pytest.approx(means)
    lines = answered("branches", run).stdout.splitlines()[1:]
    assert [line.split()[:6] for line in lines] == [
        ["a", "0", "-", "0", "14", f"{means[0]:.4f}"],
        ["*", "b", "1", "a", "0", "14"],
        ["c", "2", "b", "1", "17", "9"],
    ]
    population, alone, *_, last = records(answered("branches", seeds, "--json"))
    assert (population["lottery"]["replicas"], last["lottery"]["replicas"]) == (6, 3)
    assert "lottery" not in alone
    assert population["lottery"]["loss_50"] == population["mean_loss"]


def test_the_list_says_how_far_runs_are_and_which_was_saved_last(tmp_path: Path) -> None:
    home = tmp_path / "state" / "echornn-tui" / "runs"
    record_branches(home / "one", 14)
    assert f"newest is {home / 'one'}" in answered("branches", "newest").stderr
    record_branches(home / "many", 500, config=SMALL_POPULATION)
    record_branches(home / "new")
    (home / "broken").mkdir()
    (home / "broken" / "run.json").write_text("{")
    for when, name in enumerate(("new", "one", "many", "broken")):
        for file in (home / name).rglob("*"):
            os.utime(file, (1e9 + when, 1e9 + when))
    broken, many, one, new = records(answered("list", "--json"))
    assert list(broken) == ["run", "error"]
    places = [
        (told["epoch"], told["window"], told["windows"], told["diverged"])
        for told in (many, one, new)
    ]
    assert places == [(50, 10, 500, False), (2, 4, 14, False), (0, 0, 0, False)]
    assert (many["lottery"]["replicas"], many["lottery"]["solved"], many["loss"]) == (
        6,
        4,
        many["lottery"]["loss_50"],
    )
    assert one["loss"] == pytest.approx(np.mean([scripted_loss(window) for window in range(14)]))
    assert (one["saved"], one["run"], new["loss"]) == (1e9 + 1, str(home / "one"), None)
    assert one["differs"] == {
        name: getattr(SMALL, name)
        for name in ("num_epochs", "total_series_length", "truncated_backprop_length", "batch_size")
    }
    assert one["bytes"] == sum(
        file.stat().st_size for file in (home / "one").rglob("*") if file.is_file()
    )
    lines = answered("list").stdout.splitlines()
    assert str(home) in lines[0]
    assert "broken" in lines[1]
    assert "epoch 50/100" in lines[2]
    assert "4 of 6 solved" in lines[2]
    assert "epoch 2/3" in lines[3]
    assert "14 windows" in lines[3]
    assert [told["run"] for told in records(answered("list", home / "one", "--json"))] == [
        str(home / "one")
    ]


def test_no_name_of_a_folder_forges_a_line_or_moves_the_cursor(tmp_path: Path) -> None:
    record_branches(
        tmp_path / "runs" / os.fsdecode(b"\xff\n2026-01-01 forged \x1b[2J\xe2\x80\xae"), 5
    )
    for words in (["list", "runs"], ["list", "runs", "--json"]):
        out = answered(*words).stdout
        assert len(out.splitlines()) == (1 if "--json" in words else 2)
        assert not {"\x1b", "\u202e"} & {*out}


def test_a_loss_that_is_not_finite_is_null_and_has_diverged() -> None:
    def wild(config: echornn.EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = 12
        return trainer

    sizes = ("--total-series-length", 200, "--truncated-backprop-length", 10, "--batch-size", 2)
    assert trained("--headless", *sizes, "--run", "run", trainers=wild).returncode == 1
    (listed,) = records(answered("list", "run", "--json"))
    assert (listed["loss"], listed["diverged"], listed["windows"]) == (None, True, 13)
    (branch,) = records(answered("branches", "run", "--json"))
    assert (branch["newest_loss"], branch["mean_loss"]) == (None, None)
    assert [one["loss"] is None for one in records(answered("export", "run", "--json"))] == [
        False
    ] * 12 + [True]
    assert rows("export", "run")[-1]["loss"] == "nan"
    (summed,) = records(answered("export", "run", "--summary", "--json"))
    assert summed["final_loss"] is None


def test_the_newest_runs_stay_and_nothing_that_is_not_a_run_goes(tmp_path: Path) -> None:
    home = tmp_path / "state" / "echornn-tui" / "runs"
    for when, name in enumerate(("first", "second", "third", "fourth")):
        record_branches(home / name, 5)
        if name == "third":
            newer = json.loads((home / name / "run.json").read_text()) | {"format": 9}
            (home / name / "run.json").write_text(json.dumps(newer))
        for file in (home / name).rglob("*"):
            os.utime(file, (1e9 + when, 1e9 + when))
    (home / "first" / "notes.txt").write_text("mine")
    (home / "stranger").mkdir()
    (home / "stranger" / "thesis.tex").write_text("all my work")
    before = contents(home)
    done = answered("prune", "--keep", 1, "--dry-run")
    assert [line.split()[-1] for line in done.stdout.splitlines() if "kept" not in line] == [
        "second",
        "first",
    ]
    assert contents(home) == before
    assert answered("prune", "--keep", 1).returncode == 0
    kept = {
        name: data
        for name, data in before.items()
        if name.split("/")[0] in ("third", "fourth", "stranger")
    }
    assert contents(home) == kept | {"first/notes.txt": b"mine"}


def test_weights_of_any_window_of_any_branch(run: Path, seeds: Path) -> None:
    """The weight W of a scripted network is the number of windows that it was trained."""
    before = contents(run)
    for words, windows in (
        ([], 20),
        (["--at", 0], 0),
        (["--at", 12], 12),
        (["--branch", "a"], 14),
        (["--branch", "c"], 26),
        (["--branch", "c", "--at", 25], 25),
    ):
        assert trained("export", run, "--weights", "w.npz", *words).returncode == 0
        with np.load("w.npz") as saved:
            assert {name: saved[name].tolist() for name in saved} == {"W": [windows]}
    assert contents(run) == before
    for words, expected in (
        (["--branch", "a"], [[200.0]] * 6),
        (["--branch", "a", "--replica", 5], [200.0]),
        (["--branch", "b"], [230.0]),
        (["--branch", "c", "--at", 155], [[155.0]] * 6),
        ([], [[4.0]] * 3),
    ):
        assert trained("export", seeds, "--weights", "w.npz", *words).returncode == 0
        with np.load("w.npz") as saved:
            assert saved["W"].tolist() == expected
    refused = trained("export", seeds, "--weights", "other.npz", "--branch", "b", "--replica", 0)
    assert (refused.returncode, Path("other.npz").exists()) == (2, False)
    assert "only 2" in refused.stderr


@pytest.mark.parametrize("branch", ["a", "d"])
def test_weights_of_each_network_at_the_window_at_which_it_was_solved(
    seeds: Path, branch: str
) -> None:
    """Replicas 0, 3 and 4 solve it at windows 89, 108 and 89, which are trained once for all."""
    calls: list[list[int]] = []

    def counted(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        calls.append(trainer.calls)
        return trainer

    where = ("--branch", branch, "--at", "solved")
    exported = trained("export", seeds, "--weights", "w.npz", *where, trainers=counted)
    assert exported.returncode == 0
    assert sum(map(sum, calls)) <= 108
    with np.load("w.npz") as saved:
        assert saved["replica"].tolist() == [0, 3, 4]
        assert saved["window"].tolist() == [89, 108, 89]
        assert saved["W"].tolist() == [[89], [108], [89]]
    for part in ("3 of 6", "1, 2, 5"):
        assert part in exported.stderr

    alone = trained("export", seeds, "--weights", "w.npz", *where, "--replica", 3)
    assert (alone.returncode, alone.stderr) == (0, "")
    with np.load("w.npz") as saved:
        assert {name: saved[name].tolist() for name in saved} == {"W": [108]}
    refused = trained("export", seeds, "--weights", "none.npz", *where, "--replica", 2)
    assert (refused.returncode, Path("none.npz").exists()) == (2, False)
    assert "replica 2" in refused.stderr


def test_weights_of_a_network_that_was_solved_among_others(tmp_path: Path) -> None:
    """Replica 3 goes on alone from window 200 on; it was solved at window 108."""
    steps = (200, Choose(3), "alone", 30)
    record_branches(tmp_path / "alone", *steps, config=SMALL_POPULATION)
    for words, weight in ((["--at", "solved"], 108), (["--at", 150], 150), ([], 230)):
        chosen = ("--replica", 3)
        assert trained("export", "alone", "--weights", "w.npz", *words, *chosen).returncode == 0
        with np.load("w.npz") as saved:
            assert saved["W"].tolist() == [weight]
    assert trained("export", "alone", "--weights", "w.npz", "--replica", "all").returncode == 0
    with np.load("w.npz") as saved:
        assert {name: saved[name].tolist() for name in saved} == {
            "replica": [3],
            "window": [230],
            "W": [[230]],
        }


@pytest.mark.parametrize("flags", [[], ["--replica", "2"], ["--summary"]])
def test_a_parquet_file_has_the_rows_of_the_csv_with_types(seeds: Path, flags: list[str]) -> None:
    assert answered("export", seeds, *flags, "--parquet", "a b.parquet").stdout == ""
    table, expected = parquet.read_table("a b.parquet"), rows("export", seeds, *flags)
    assert table.column_names == list(expected[0])
    for name in table.column_names:
        column, is_loss = table[name], name in ("loss", "accuracy", "grad_norm", "final_loss")
        assert str(table.schema.field(name).type) == ("float" if is_loss else "int64")
        if is_loss:
            np.testing.assert_array_equal(
                np.array(column.to_pylist(), np.float32), float32s(expected, name)
            )
        else:
            assert column.to_pylist() == [int(row[name]) if row[name] else None for row in expected]
    about = parquet.read_schema("a b.parquet").metadata
    assert about[b"command"].decode().startswith(f"echornn-tui export {seeds}")
    assert json.loads(about[b"config"])["seed"] == 7


def test_without_pyarrow_it_says_what_to_install(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = answered("export", run, "--parquet", "a.parquet")
    assert (done.returncode, Path("a.parquet").exists()) == (2, False)
    assert "echornn-tui[arrow]" in done.stderr


def test_events_for_tensorboard_are_means_along_the_path(tmp_path: Path) -> None:
    record_branches(
        tmp_path / "one", 2500, {"learning_rate": 0.1}, 2, config=replace(SMALL, num_epochs=300)
    )
    record_branches(tmp_path / "six", 30, config=SMALL_POPULATION)
    for words in (["one"], ["one", "--branch", "a"], ["six"], ["six", "--replica", "3"]):
        for _ in range(2):
            assert answered("export", *words, "--tensorboard", "events").stdout == ""
    assert sorted(folder.name for folder in Path("events").iterdir()) == [
        "one",
        "one_branch-a",
        "six",
        "six_replica-3",
    ]
    losses = float32s(rows("export", "one", "--path"))
    curves = _curves(Path("events/one"))
    steps, values = zip(*curves["loss"], strict=True)
    assert steps == (*range(3, 2500, 3), 2500, 2502)
    assert values == pytest.approx(
        [losses[a:b].mean() for a, b in zip((0, *steps), steps, strict=False)]
    )
    assert [round(rate, 6) for _, rate in curves["learning_rate"][-2:]] == [0.3, 0.1]
    assert {*curves} == {"loss", "accuracy", "grad_norm", "learning_rate"}
    of_six = float32s(rows("export", "six")).reshape(30, 6)
    for tag, share in {"loss_10": 0.1, "loss": 0.5, "loss_90": 0.9}.items():
        shown = _curves(Path("events/six"))[tag]
        assert [value for _, value in shown] == pytest.approx(
            np.quantile(of_six, share, axis=1).tolist()
        )
    assert [value for _, value in _curves(Path("events/six_replica-3"))["loss"]] == pytest.approx(
        of_six[:, 3].tolist()
    )


def _curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag, from records of length, its CRC, event, its CRC."""
    (file,) = folder.iterdir()
    data, at, curves = file.read_bytes(), 0, dict[str, list[tuple[int, float]]]()
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Event.FromString(data[at + 12 : at + 12 + length])
        for value in event.summary.value:
            curves.setdefault(value.tag, []).append((event.step, value.simple_value))
        at += length + 16
    return curves

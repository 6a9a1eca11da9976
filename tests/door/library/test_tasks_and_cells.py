"""The tasks and cells of the program: what is printed of them, and the data, bit for bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import echornn
from echornn import EchoConfig, RunRecorder, batch_of
from tests.answered import answered, json_rows
from tests.door.library.own_texts import write

NAMES = [
    "echo",
    "two_coins",
    "delayed_xor",
    "flip_flop",
    "temporal_order",
    "copy_memory",
    "adding",
    "parity",
    "reber",
    "dyck_1",
    "anbn",
    "binary_addition",
    "cycle_navigation",
    "group",
    "text",
    "npz",
]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(kind: str) -> dict[str, Any]:
    """All that is printed of each task or cell, by name."""
    return {row[kind]: row for row in json_rows(f"{kind}s")}


def values(rows: list[dict[str, Any]], key: str) -> list[Any]:
    return [row[key] for row in rows]


@pytest.mark.parametrize(("blank", "published"), [(100, 0.1733), (1000, 0.0204)])
def test_copying_costs_what_was_published_and_each_symbol_held_its_share(
    blank: int, published: float
) -> None:
    config = EchoConfig.from_fields({"task": "copy_memory", "blank": blank})
    steps = blank + 20
    losses = [level.loss for level in config.the_task.levels(5, steps)]
    assert len(losses) == 12
    assert round(losses[1], 4) == published
    assert_allclose(np.diff(losses[1:]), -np.log(8) / steps)


def test_the_printed_tasks_are_these() -> None:
    tasks = printed("task")
    assert [*tasks] == NAMES
    coins = tasks["two_coins"]
    assert json_rows("tasks two_coins") == [coins]
    levels, settings = coins["levels"], coins["settings"]
    assert values(levels, "name") == ["chance", "knows t-8", "knows t-3", "knows both"]
    assert values(settings, "name") == ["lag", "far_lag", "base", "weight", "far_weight"]
    assert values(settings, "default") == [3, 8, 0.5, 0.5, -0.25]
    assert "chance" in answered("tasks", "echo").stdout


@pytest.mark.parametrize(
    ("name", "length", "loss", "sources", "solved"),
    [
        ("two_coins", None, "cross-entropy", [3, 8], 0.47071),
        ("flip_flop", None, "squared error", [], 0.00703),
        ("copy_memory", 120, "cross-entropy", [110], 0.00433),
    ],
)
def test_a_printed_task_has_these_facts(
    name: str, length: int | None, loss: str, sources: list[int], solved: float
) -> None:
    (task,) = json_rows(f"tasks {name}")
    assert task["length"] == length
    assert task["loss"] == loss
    assert task["sources"] == sources
    assert round(task["solved"], 5) == solved


@pytest.mark.parametrize("name", NAMES)
def test_data_is_a_pure_function_of_seed_version_and_epoch(name: str) -> None:
    config = EchoConfig(task=name, total_series_length=3000, truncated_backprop_length=10)
    batch = batch_of(config, 2, 3)
    same_data = replace(config, state_size=9, optimizer="adam", init="glorot")
    for same in (batch_of(config, 2, 3), batch_of(same_data, 2, 3)):
        for array in ("x", "y", "scored"):
            expected = getattr(batch, array)
            assert_array_equal(getattr(same, array), expected, strict=True)
    another_seed = batch_of(replace(config, seed=8), 2, 3)
    for place in ((3, 2), (3, 3), (2, 2)):
        other = batch_of(config, *place)
        assert (other.x != batch.x).mean() > 0.05
    assert (another_seed.x != batch.x).mean() > 0.05


LAGS = {"lag": 1, "far_lag": 2}
COPIED = {"blank": 2, "items": 2, "symbols": 4}
PULSES = {"bits": 2, "pulse": 0.5}
ADDED = [[0.4558468, 1], [0.6027619, 0], [0.9281097, 1]]
PULSED = [[1, -1], [1, -1], [1, 0], [-1, 0]]
HELD = [[1, -1], [1, -1], [1, -1], [-1, -1]]


@pytest.mark.parametrize(
    ("name", "settings", "x", "y"),
    [
        ("echo", {"echo_step": 2}, [1, 0, 1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0, 1, 1]),
        ("two_coins", LAGS, [1, 0, 1, 1, 0, 1, 0, 1], [0, 1, 0, 1, 1, 1, 1, 0]),
        ("delayed_xor", LAGS, [1, 0, 1, 1, 0, 1, 0, 1], [1, 1, 1, 1, 0, 1, 1, 1]),
        ("temporal_order", {"length": 10}, [6, 4, 2, 1, 3, 5, 1, 2, 0, 7], [1]),
        ("copy_memory", COPIED, [3, 2, 0, 5, 0, 0], [0, 0, 0, 0, 3, 2]),
        ("parity", {"length": 5}, [1, 0, 1, 0, 1], [1, 1, 0, 0, 1]),
        ("group", {"length": 5}, [3, 2, 4, 2, 5], [3, 1, 5, 4, 1]),
        ("adding", {"length": 3}, ADDED, [[1.3839566]]),
        ("flip_flop", PULSES, PULSED, HELD),
    ],
)
def test_the_bits_of_each_task_stay(
    name: str, settings: dict[str, Any], x: list[Any], y: list[Any]
) -> None:
    """A run that is resumed draws the data that it drew before; ``y`` are the last targets, those
    that are scored."""
    steps = max(4, len(x))
    config = EchoConfig(
        seed=0, batch_size=1, total_series_length=steps, truncated_backprop_length=1
    )
    batch = batch_of(config.with_fields({"task": name, **settings}))
    unscored = len(x) - len(y)
    assert_allclose(batch.x[0], x, rtol=1e-6)
    assert_allclose(batch.y[0, unscored:], y, rtol=1e-6)
    assert not batch.y[0, :unscored].any()
    assert batch.scored[0].tolist() == [False] * unscored + [True] * len(y)


def test_records_leave_out_lengths_and_scoring_that_are_as_they_were_before() -> None:
    """So that branches keep their digests."""
    settings = {"length_from": 3, "scoring": "last"}
    for name, values in (("before", {}), ("now", settings)):
        config = EchoConfig.from_fields({"task": "parity", **values})
        RunRecorder.begin(Path(name), config).close()
        assert echornn.read(name).config == config
        record = json.loads(Path(name, "run.json").read_text())["config"]
        assert {key: record[key] for key in settings if key in record} == values


def test_the_template_is_a_task_with_these_levels() -> None:
    write(answered("tasks", "--template").stdout, "my_task.py")
    (majority,) = json_rows("tasks my_task.py:Majority")
    losses = values(majority["levels"], "loss")
    assert losses == pytest.approx([0.6931, 0.5623, 0.3466, 0.0], abs=5e-5)
    assert majority["sources"] == [0, 2, 4]
    task = EchoConfig.from_fields({"task": "my_task.py:Majority", "lag": 3}).the_task
    batch = task.draw(np.random.default_rng(1), 4, 50)
    sums = batch.x[:, 6:] + batch.x[:, 3:-3] + batch.x[:, :-6]
    assert_array_equal(batch.y[:, 6:], sums >= 2)
    assert batch.scored.tolist() == [[False] * 6 + [True] * 44] * 4


LETTERS = {
    "reset": "r (reset",
    "candidate": "c (candidate",
    "update": "z (update",
    "forget": "f (forget",
    "input": "i (input",
    "value": "g (value",
    "output": "o (output",
    "keep": "k (keep",
}


def test_the_printed_cells_are_these() -> None:
    cells = printed("cell")
    lstm, lru = cells["lstm"], cells["lru"]
    names = "rnn gru lstm indrnn irnn mingru lru cornn gru_after diagonal diagonal_positive"
    assert [*cells] == names.split()
    keras = {name: cell["keras"] for name, cell in cells.items() if cell["keras"]}
    assert keras == {
        "rnn": "SimpleRNN",
        "gru": "GRU",
        "lstm": "LSTM",
        "irnn": "SimpleRNN",
        "gru_after": "GRU",
    }
    assert lstm["state"] == ["h", "c"]
    assert lstm["gates"] == ["input", "forget", "output"]
    assert lstm["unit_weights"] == lru["gates"] == []
    assert lru["state"] == ["h", "real", "imaginary"]
    assert lru["unit_weights"] == ["nu", "theta", "gamma"]
    assert lstm["held"] == lru["held"] == 2
    assert json_rows("cells lru") == [lru]
    assert "held: 1" in answered("cells", "mingru").stdout


def test_columns_of_a_matrix_are_in_the_order_that_is_said() -> None:
    for cell in json_rows("cells"):
        sentences = [line for line in cell["formulas"] if line.startswith("columns of ")]
        for sentence, product in zip(sentences, cell["products"], strict=True):
            _, _, order = sentence.partition(": ")
            places = [order.index(LETTERS.get(column, column)) for column in product["columns"]]
            assert places == sorted(places)


def test_the_template_is_a_cell_that_is_listed() -> None:
    write(answered("cells", "--template").stdout, "my_cell.py")
    (cell,) = json_rows("cells my_cell.py:MyCell")
    assert cell["state"] == ["h"]
    assert cell["gates"] == ["gate"]
    assert cell["held"] == 1

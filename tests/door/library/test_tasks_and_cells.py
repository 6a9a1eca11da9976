"""The tasks and cells of the program: what is printed of them, and the data, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.answered import answered, records
from tests.any_task import data_of

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
    "text",
]


def task_of(task: str, **settings: Any) -> Any:
    """The task with these settings."""
    return EchoConfig(task=task).with_fields(settings).the_task


@pytest.mark.parametrize(("blank", "loss"), [(100, 0.1733), (1000, 0.0204)])
def test_copying_costs_what_was_published_and_each_symbol_held_its_share(
    blank: int, loss: float
) -> None:
    losses = [level.loss for level in task_of("copy_memory", blank=blank).levels(5, blank + 20)]
    assert round(losses[1], 4) == loss
    np.testing.assert_allclose(np.diff(losses[1:]), -np.log(8) / (blank + 20))
    assert len(losses) == 12


def test_the_printed_tasks_are_these() -> None:
    tasks = records(answered("tasks", "--json"))
    assert [task["task"] for task in tasks] == NAMES
    coins = tasks[1]
    assert coins["length"] is None
    assert coins["loss"] == "cross-entropy"
    assert coins["sources"] == [3, 8]
    assert round(coins["solved"], 5) == 0.47071
    levels = [level["name"] for level in coins["levels"]]
    assert levels == ["chance", "knows t-8", "knows t-3", "knows both"]
    defaults = {setting["name"]: setting["default"] for setting in coins["settings"]}
    assert defaults == {"lag": 3, "far_lag": 8, "base": 0.5, "weight": 0.5, "far_weight": -0.25}
    assert records(answered("tasks", "two_coins", "--json")) == [coins]
    assert "chance" in answered("tasks", "echo").stdout


@pytest.mark.parametrize(
    ("name", "length", "loss", "sources", "solved"),
    [
        ("flip_flop", None, "squared error", [], 0.00703),
        ("copy_memory", 120, "cross-entropy", [110], 0.00433),
    ],
)
def test_a_printed_task_has_these_facts(
    name: str, length: int | None, loss: str, sources: list[int], solved: float
) -> None:
    (task,) = records(answered("tasks", name, "--json"))
    assert task["length"] == length
    assert task["loss"] == loss
    assert task["sources"] == sources
    assert round(task["solved"], 5) == solved


@pytest.mark.parametrize("name", NAMES)
def test_data_is_a_pure_function_of_seed_version_and_epoch(name: str) -> None:
    config = EchoConfig(task=name, total_series_length=3000, truncated_backprop_length=10)
    batch = data_of(config, 3, 2)
    data_of.cache_clear()
    elsewhere = config.with_fields({"state_size": 9, "optimizer": "adam", "init": "glorot"})
    for same in (data_of(config, 3, 2), data_of(elsewhere, 3, 2)):
        for array in ("x", "y", "scored"):
            expected = getattr(batch, array)
            np.testing.assert_array_equal(getattr(same, array), expected, strict=True)
    of_another_seed = data_of(config.with_fields({"seed": 8}), 3, 2)
    for other in (data_of(config, 2, 3), data_of(config, 3, 3), data_of(config, 2, 2)):
        assert (other.x != batch.x).mean() > 0.05
    assert (of_another_seed.x != batch.x).mean() > 0.05


LAGS = {"lag": 1, "far_lag": 2}
ADDED = [[0.4558468, 1], [0.6027619, 0], [0.9281097, 1]]
HELD = [[1, -1], [1, -1], [1, -1], [-1, -1]]


@pytest.mark.parametrize(
    ("name", "settings", "x", "y"),
    [
        ("echo", {"echo_step": 2}, [1, 0, 1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0, 1, 1]),
        ("two_coins", LAGS, [1, 0, 1, 1, 0, 1, 0, 1], [0, 1, 0, 1, 1, 1, 1, 0]),
        ("delayed_xor", LAGS, [1, 0, 1, 1, 0, 1, 0, 1], [1, 1, 1, 1, 0, 1, 1, 1]),
        ("temporal_order", {"length": 10}, [6, 4, 2, 1, 3, 5, 1, 2, 0, 7], [0] * 9 + [1]),
        (
            "copy_memory",
            {"blank": 2, "items": 2, "symbols": 4},
            [3, 2, 0, 5, 0, 0],
            [0] * 4 + [3, 2],
        ),
        ("parity", {"length": 5}, [1, 0, 1, 0, 1], [1, 1, 0, 0, 1]),
        ("adding", {"length": 3}, ADDED, [[0], [0], [1.3839566]]),
        ("flip_flop", {"bits": 2, "pulse": 0.5}, [[1, -1], [1, -1], [1, 0], [-1, 0]], HELD),
    ],
)
def test_the_bits_of_each_task_stay(
    name: str, settings: dict[str, Any], x: list[Any], y: list[Any]
) -> None:
    """A run that is resumed draws the data that it drew before."""
    sizes = {"batch_size": 1, "total_series_length": max(4, len(x)), "truncated_backprop_length": 1}
    batch = data_of(EchoConfig(seed=0).with_fields({"task": name, **settings, **sizes}))
    np.testing.assert_allclose(batch.x[0], x, rtol=1e-6)
    np.testing.assert_allclose(batch.y[0], y, rtol=1e-6)
    unscored = len(x) - 1 if name in ("temporal_order", "adding") else 0
    assert batch.scored[0].tolist() == [False] * unscored + [True] * (len(x) - unscored)


def test_the_template_is_a_task_with_these_levels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_task.py").write_text(answered("tasks", "--template").stdout, encoding="utf-8")
    (shown,) = records(answered("tasks", "my_task.py:Majority", "--json"))
    losses = [round(level["loss"], 4) for level in shown["levels"]]
    assert losses == [0.6931, 0.5623, 0.3466, 0.0]
    assert shown["sources"] == [0, 2, 4]
    task = task_of("my_task.py:Majority", lag=3)
    batch = task.draw(np.random.default_rng(1), 4, 50)
    sums = batch.x[:, 6:] + batch.x[:, 3:-3] + batch.x[:, :-6]
    np.testing.assert_array_equal(batch.y[:, 6:], sums >= 2)
    np.testing.assert_array_equal(batch.scored, np.broadcast_to(np.arange(50) >= 6, (4, 50)))


LETTERS = {
    "reset": "r (reset",
    "candidate": "c (candidate",
    "update": "z (update",
    "forget": "f (forget",
    "input": "i (input",
    "value": "g (value",
    "output": "o (output",
}


def test_the_printed_cells_are_these() -> None:
    cells = {cell["cell"]: cell for cell in records(answered("cells", "--json"))}
    assert [*cells] == ["rnn", "gru", "lstm", "indrnn", "irnn", "mingru", "lru", "cornn"]
    keras = [cell["keras"] for cell in cells.values() if cell["keras"]]
    assert keras == ["SimpleRNN", "GRU", "LSTM", "SimpleRNN"]
    assert cells["lstm"]["state"] == ["h", "c"]
    assert cells["lstm"]["gates"] == ["input", "forget", "output"]
    assert cells["lstm"]["unit_weights"] == cells["lru"]["gates"] == []
    assert cells["lru"]["state"] == ["h", "real", "imaginary"]
    assert cells["lru"]["unit_weights"] == ["nu", "theta", "gamma"]
    assert cells["lstm"]["held"] == cells["lru"]["held"] == 2
    assert records(answered("cells", "lru", "--json")) == [cells["lru"]]
    assert "held: 1" in answered("cells", "mingru").stdout


def test_the_printed_products_of_a_gru() -> None:
    (gru,) = records(answered("cells", "gru", "--json"))
    gates, candidate = gru["products"]
    assert (gates["weight"], gates["bias"], len(gates["columns"])) == ("W", "b", 2)
    assert (candidate["weight"], candidate["bias"], len(candidate["columns"])) == ("Wc", "bc", 1)
    assert gates["reads"] == candidate["reads"] == ["x", "h"]


def test_columns_of_a_matrix_are_in_the_order_that_is_said() -> None:
    for cell in records(answered("cells", "--json")):
        texts = [line for line in cell["formulas"] if line.startswith("columns of ")]
        for text, product in zip(texts, cell["products"], strict=True):
            _, _, text = text.partition(": ")
            places = [text.index(LETTERS.get(column, column)) for column in product["columns"]]
            assert places == sorted(places)


def test_the_template_is_a_cell_that_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_cell.py").write_text(answered("cells", "--template").stdout, encoding="utf-8")
    (cell,) = records(answered("cells", "my_cell.py:MyCell", "--json"))
    assert (cell["state"], cell["held"], cell["gates"]) == (["h"], 1, ["gate"])

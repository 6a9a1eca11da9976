"""The tasks and cells of the program: what is printed of them, and the data, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.answered import answered, records
from tests.any_task import data_of

NAMES = (
    *(
        "echo",
        "two_coins",
        "delayed_xor",
        "flip_flop",
        "temporal_order",
        "copy_memory",
        "adding",
        "parity",
    ),
    *("reber", "dyck_1", "anbn", "binary_addition", "cycle_navigation", "text"),
)


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
    shown = {one["task"]: one for one in records(answered("tasks", "--json"))}
    assert [*shown] == [*NAMES]
    for name, length, loss, sources, solved in (
        ("two_coins", None, "cross-entropy", [3, 8], 0.47071),
        ("flip_flop", None, "squared error", [], 0.00703),
        ("copy_memory", 120, "cross-entropy", [110], 0.00433),
    ):
        one = shown[name]
        assert (one["length"], one["loss"], one["sources"], round(one["solved"], 5)) == (
            length,
            loss,
            sources,
            solved,
        )
        assert records(answered("tasks", name, "--json")) == [one]
    assert [level["name"] for level in shown["two_coins"]["levels"]] == [
        "chance",
        "knows t-8",
        "knows t-3",
        "knows both",
    ]
    settings = [(one["name"], one["default"]) for one in shown["two_coins"]["settings"]]
    assert settings == [
        ("lag", 3),
        ("far_lag", 8),
        ("base", 0.5),
        ("weight", 0.5),
        ("far_weight", -0.25),
    ]
    assert "chance" in answered("tasks", "echo").stdout


@pytest.mark.parametrize("name", NAMES)
def test_data_is_a_pure_function_of_seed_version_and_epoch(name: str) -> None:
    config = EchoConfig(task=name, total_series_length=3000, truncated_backprop_length=10)
    batch = data_of(config, 3, 2)
    data_of.cache_clear()
    elsewhere = config.with_fields(
        {"state_size": 9, "optimizer": "adam", "learning_rate": 1e-3, "init": "glorot"}
    )
    for same in (data_of(config, 3, 2), data_of(elsewhere, 3, 2)):
        for one, two in ((same.x, batch.x), (same.y, batch.y), (same.scored, batch.scored)):
            assert one.dtype == two.dtype
            np.testing.assert_array_equal(one, two)
    others = (
        data_of(config, 2, 3),
        data_of(config, 3, 3),
        data_of(config, 2, 2),
        data_of(config.with_fields({"seed": 8}), 3, 2),
    )
    for other in others:
        assert (other.x != batch.x).mean() > 0.05


@pytest.mark.parametrize(
    ("name", "settings", "x", "y"),
    [
        ("echo", {"echo_step": 2}, [1, 0, 1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0, 1, 1]),
        ("two_coins", {"lag": 1, "far_lag": 2}, [1, 0, 1, 1, 0, 1, 0, 1], [0, 1, 0, 1, 1, 1, 1, 0]),
        (
            "delayed_xor",
            {"lag": 1, "far_lag": 2},
            [1, 0, 1, 1, 0, 1, 0, 1],
            [1, 1, 1, 1, 0, 1, 1, 1],
        ),
        (
            "temporal_order",
            {"length": 10},
            [6, 4, 2, 1, 3, 5, 1, 2, 0, 7],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
        (
            "copy_memory",
            {"blank": 3, "items": 2, "symbols": 4},
            [3, 2, 0, 0, 5, 0, 0],
            [0, 0, 0, 0, 0, 3, 2],
        ),
        ("parity", {"length": 5}, [1, 0, 1, 0, 1], [1, 1, 0, 0, 1]),
        (
            "adding",
            {"length": 3},
            [[0.4558468, 1], [0.6027619, 0], [0.9281097, 1]],
            [[0], [0], [1.3839566]],
        ),
        (
            "flip_flop",
            {"bits": 2, "pulse": 0.5},
            [[1, -1], [1, -1], [1, 0], [-1, 0]],
            [[1, -1], [1, -1], [1, -1], [-1, -1]],
        ),
    ],
)
def test_the_bits_of_each_task_stay(
    name: str, settings: dict[str, Any], x: list[Any], y: list[Any]
) -> None:
    """A run that is resumed draws the data that it drew before."""
    fields = {
        "task": name,
        **settings,
        "seed": 0,
        "batch_size": 1,
        "total_series_length": max(4, len(x)),
    }
    batch = data_of(EchoConfig().with_fields({**fields, "truncated_backprop_length": 1}))
    np.testing.assert_allclose(batch.x[0], x, rtol=1e-6)
    np.testing.assert_allclose(batch.y[0], y, rtol=1e-6)
    is_last = name in ("temporal_order", "adding")
    assert batch.scored[0].tolist() == [False] * (len(x) - 1) * is_last + [True] * (
        1 if is_last else len(x)
    )


def test_the_template_is_a_task_with_these_levels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_task.py").write_text(answered("tasks", "--template").stdout, encoding="utf-8")
    (shown,) = records(answered("tasks", "my_task.py:Majority", "--json"))
    assert [round(level["loss"], 4) for level in shown["levels"]] == [0.6931, 0.5623, 0.3466, 0.0]
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
    shown = {one["cell"]: one for one in records(answered("cells", "--json"))}
    assert [*shown] == ["rnn", "gru", "lstm", "indrnn", "irnn", "mingru", "lru", "cornn"]
    parts = {
        name: (one["state"], one["held"], one["gates"], one["unit_weights"])
        for name, one in shown.items()
    }
    assert parts["lstm"] == (["h", "c"], 2, ["input", "forget", "output"], [])
    assert parts["lru"] == (["h", "real", "imaginary"], 2, [], ["nu", "theta", "gamma"])
    products = [
        (one["weight"], one["bias"], *one["reads"], len(one["columns"]))
        for one in shown["gru"]["products"]
    ]
    assert products == [("W", "b", "x", "h", 2), ("Wc", "bc", "x", "h", 1)]
    assert [one["keras"] for one in shown.values() if one["keras"]] == [
        "SimpleRNN",
        "GRU",
        "LSTM",
        "SimpleRNN",
    ]
    assert records(answered("cells", "lru", "--json")) == [shown["lru"]]
    assert "held: 1" in answered("cells", "mingru").stdout
    for one in shown.values():  # what is said about the columns of a matrix is what they are
        said = [
            line.partition(": ")[2] for line in one["formulas"] if line.startswith("columns of ")
        ]
        for text, product in zip(said, one["products"], strict=True):
            places = [text.index(LETTERS.get(column, column)) for column in product["columns"]]
            assert places == sorted(places)


def test_the_template_is_a_cell_that_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_cell.py").write_text(answered("cells", "--template").stdout, encoding="utf-8")
    (shown,) = records(answered("cells", "my_cell.py:MyCell", "--json"))
    assert (shown["state"], shown["held"], shown["gates"]) == (["h"], 1, ["gate"])

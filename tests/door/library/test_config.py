"""EchoConfig: the tutorial's values, the gate that every value passes, and the sizes that follow
from them."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn import ConfigError, EchoConfig

TUTORIAL = {
    "num_epochs": 100,
    "total_series_length": 50_000,
    "truncated_backprop_length": 15,
    "state_size": 4,
    "num_classes": 2,
    "echo_step": 3,
    "batch_size": 5,
    "learning_rate": 0.3,
    "seed": 7,
    "stride": None,
    "cell": "rnn",
    "num_layers": 1,
    "dropout": 0.0,
    "optimizer": "adagrad",
    "clip_norm": None,
    "weight_decay": 0.0,
    "rate_penalty": 0.0,
    "init": "tutorial",
    "row_start": "previous_row",
    "forget_bias": 1.0,
    "rule": "tbptt",
    "device": "auto",
    "replicas": 1,
    "solved_below": None,
    "task": "echo",
}

OWN = """
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    inputs = outputs = Symbols(2)
    back: int = setting(2, "Steps back.", 0, 50)

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 2, (rows, steps + self.back), np.uint8)
        return Batch(x[:, self.back :], x[:, :steps], np.ones((rows, steps), np.bool_))
"""


def test_the_defaults_are_the_tutorials_by_its_names() -> None:
    assert EchoConfig().fields() == TUTORIAL
    assert EchoConfig(echo_step=4).fields() == {**TUTORIAL, "echo_step": 4}
    with pytest.raises(dataclasses.FrozenInstanceError):
        EchoConfig().echo_step = 4  # type: ignore[misc]


REFUSED: list[tuple[str, object, str]] = [
    ("state_size", 0, "1 or more"),
    *(("seed", value, "a whole number") for value in (1.5, True, "5", None)),
    ("seed", 2**128, "at most 340282366920938463463374607431768211455"),
    ("num_epochs", 10**12 + 1, "at most 1000000000000"),
    ("batch_size", 10**9, "at most 143165576"),
    ("total_series_length", 74, "at least batch_size * truncated_backprop_length = 75"),
    ("num_classes", 257, "2 to 256"),
    ("echo_step", 10_000, "0 to 9999"),
    *(
        ("learning_rate", value, "a finite number above 0")
        for value in (0.0, math.nan, "0.3", True)
    ),
    ("learning_rate", 1e-300, "1e-37 to 1e+38"),
    ("stride", 16, "1 to truncated_backprop_length = 15"),
    ("num_layers", 9, "1 to 8"),
    ("dropout", 0.5, "num_layers = 1"),
    ("optimizer", "lbfgs", "one of adagrad, sgd, rmsprop, adam"),
    (
        "cell",
        "transformer",
        "one of rnn, gru, lstm, indrnn, irnn, mingru, lru, cornn, or FILE.py:NAME",
    ),
    ("task", "nothing", "one of echo, two_coins, "),
]


@pytest.mark.parametrize(("field", "value", "allowed"), REFUSED)
def test_a_value_that_cannot_work_is_refused_in_a_line_with_name_value_and_what_is_allowed(
    field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        EchoConfig(**{field: value})  # type: ignore[arg-type]
    error, line = caught.value, str(caught.value)
    assert isinstance(error, ValueError)
    assert (error.field, error.value) == (field, value) or value != value
    assert line.startswith(f"{field} = {value!r}")
    assert allowed in line
    assert line.isprintable()


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"no_such_name": 4}, "no_such_name", "no_such_name = 4"),
        ({"lag": 4}, "lag", "echo_step, num_classes, row_start"),
        (
            {"task": "two_coins", "echo_step": 4},
            "echo_step",
            "lag, far_lag, base, weight, far_weight",
        ),
        ({"task": "copy_memory", "stride": 5}, "stride", "unset"),
        (
            {"task": "copy_memory", "batch_size": 500},
            "total_series_length",
            "steps of a trial = 60000",
        ),
        ({"seed": 2**128 - 2, "replicas": 3}, "seed", "each replica has its own"),
    ],
)
def test_names_that_are_not_known_and_values_that_do_not_go_together(
    values: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        EchoConfig.from_fields(values)
    assert caught.value.field == field
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"task": "two_coins", "lag": 5, "state_size": 8},
        {"cell": "lstm", "num_layers": 3, "dropout": 0.5, "replicas": 64, "rule": "rtrl"},
        {"task": "own", "back": 7},
    ],
)
def test_it_comes_back_from_text_and_changes_lead_from_each_to_each(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    is_own = changes.get("task") == "own"
    config = EchoConfig.from_fields(
        {**changes, **({"task": f"{tmp_path}/mine.py:Mine"} if is_own else {})}
    )
    assert EchoConfig.from_fields(config.fields()) == config == pickle.loads(pickle.dumps(config))
    if not is_own:
        assert EchoConfig.from_fields(json.loads(json.dumps(config.fields()))) == config
    for other in (
        EchoConfig(),
        EchoConfig(task="copy_memory"),
        EchoConfig(task="two_coins"),
        config,
    ):
        assert other.with_fields(other.changes_to(config)) == config
        assert config.with_fields(config.changes_to(other)) == other
        assert bool(config.changes_to(other)) == (config != other)


def test_changes_name_no_more_than_differs() -> None:
    assert EchoConfig(stride=5).changes_to(EchoConfig(learning_rate=0.1)) == {
        "learning_rate": 0.1,
        "stride": None,
    }
    coins = EchoConfig.from_fields({"task": "two_coins", "lag": 5})
    assert EchoConfig().changes_to(coins) == {"task": "two_coins", "lag": 5}
    assert coins.changes_to(EchoConfig()) == {"task": "echo"}


@pytest.mark.parametrize(
    ("changes", "row_length", "windows", "unused", "predictions"),
    [
        ({}, 10_000, 666, 50, 75),
        ({"stride": 5}, 10_000, 1998, 0, 75),
        ({"task": "copy_memory"}, 10_000, 83, 200, 600),
        ({"task": "two_coins", "truncated_backprop_length": 5, "stride": 2}, 10_000, 4998, 5, 25),
    ],
)
def test_sizes_that_follow(
    changes: dict[str, Any], row_length: int, windows: int, unused: int, predictions: int
) -> None:
    config = EchoConfig.from_fields(changes)
    sizes = (
        config.row_length,
        config.windows_per_epoch,
        config.unused_steps,
        config.predictions_per_window,
    )
    assert sizes == (row_length, windows, unused, predictions)


@given(st.integers(1, 400), st.integers(1, 30), st.integers(1, 12), st.none() | st.integers(1, 30))
def test_windows_lie_in_the_row_and_no_further_one_fits(
    total: int, length: int, rows: int, stride: int | None
) -> None:
    try:
        config = EchoConfig(
            total_series_length=total,
            truncated_backprop_length=length,
            batch_size=rows,
            stride=stride,
            echo_step=0,
        )
    except ConfigError:
        return
    end = (config.windows_per_epoch - 1) * config.window_stride + length
    assert config.windows_per_epoch >= 1
    assert end <= total // rows < end + config.window_stride
    assert config.unused_steps == total - rows * end


def test_networks_side_by_side_have_seeds_one_after_the_other() -> None:
    several = EchoConfig(replicas=3, seed=9)
    assert [several.of(index) for index in range(3)] == [
        EchoConfig(seed=seed) for seed in (9, 10, 11)
    ]
    with pytest.raises(IndexError):
        several.of(3)

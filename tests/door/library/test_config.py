"""EchoConfig: the tutorial's values, the gate that every value passes, and the sizes that follow
from them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn import ConfigError, EchoConfig
from tests.door.library.own_texts import TASK

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
    "chrono": None,
    "spectral_radius": None,
    "start_state": "carried",
    "rule": "tbptt",
    "device": "auto",
    "replicas": 1,
    "solved_below": None,
    "weights": "",
    "task": "echo",
}


def test_the_defaults_are_the_tutorials_by_its_names() -> None:
    assert EchoConfig().fields() == TUTORIAL
    assert EchoConfig(echo_step=4).fields() == {**TUTORIAL, "echo_step": 4}
    with pytest.raises(dataclasses.FrozenInstanceError):
        EchoConfig().echo_step = 4  # type: ignore[misc]


REFUSED: list[tuple[str, object, str]] = [
    ("state_size", 0, "1 or more"),
    ("seed", 1.5, "a whole number"),
    ("seed", True, "a whole number"),
    ("seed", 2**128, "at most 340282366920938463463374607431768211455"),
    ("batch_size", 10**9, "at most 143165576"),
    ("total_series_length", 74, "at least batch_size * truncated_backprop_length = 75"),
    ("num_classes", 257, "2 to 256"),
    ("learning_rate", 0.0, "a finite number above 0"),
    ("learning_rate", math.nan, "a finite number above 0"),
    ("learning_rate", 1e-300, "1e-37 to 1e+38"),
    ("stride", 16, "1 to truncated_backprop_length = 15"),
    ("dropout", 0.5, "num_layers = 1"),
    ("cell", "transformer", "one of rnn, gru, lstm, "),
    ("chrono", 10, "unset, as rnn has no gate that keeps its state"),
    ("chrono", 2, "3 or more, or unset"),
    ("spectral_radius", 0.0, "above 0 to 100, or unset"),
    ("start_state", "random", "one of carried, zero"),
    ("no_such_name", 4, "the settings of the task echo are"),
    ("lag", 4, "echo_step, num_classes, row_start"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), REFUSED)
def test_a_value_that_cannot_work_is_refused_in_a_line_with_name_value_and_what_is_allowed(
    field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        EchoConfig.from_fields({field: value})
    line = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == field
    assert caught.value.value is value
    assert line.startswith(f"{field} = {value!r}")
    assert allowed in line
    assert line.isprintable()


NOT_TOGETHER: list[tuple[dict[str, Any], str, str]] = [
    ({"task": "copy_memory", "stride": 5}, "stride", "unset"),
    ({"task": "copy_memory", "batch_size": 500}, "total_series_length", "of a trial = 60000"),
    ({"cell": "lru", "spectral_radius": 0.9}, "spectral_radius", "lru has no recurrent product"),
    ({"seed": 2**128 - 2, "replicas": 3}, "seed", "each replica has its own"),
]


@pytest.mark.parametrize(("values", "field", "allowed"), NOT_TOGETHER)
def test_values_that_do_not_go_together_are_refused(
    values: dict[str, Any], field: str, allowed: str
) -> None:
    with pytest.raises(ConfigError, match=allowed) as caught:
        EchoConfig.from_fields(values)
    assert caught.value.field == field


COINS = EchoConfig.from_fields({"task": "two_coins", "lag": 5, "state_size": 8})
LAYERS = EchoConfig(cell="lstm", num_layers=3, dropout=0.5, replicas=64, rule="rtrl")


@pytest.fixture
def own(tmp_path: Path) -> EchoConfig:
    """With a task of the user's own."""
    file = tmp_path / "mine.py"
    file.write_text(TASK)
    return EchoConfig.from_fields({"task": f"{file}:Mine", "lag": 7})


def test_it_comes_back_from_its_fields_and_pickled(own: EchoConfig) -> None:
    assert EchoConfig.from_fields(own.fields()) == own
    for config in (COINS, LAYERS):
        assert EchoConfig.from_fields(json.loads(json.dumps(config.fields()))) == config
    for config in (COINS, own):
        assert pickle.loads(pickle.dumps(config)) == config


def test_changes_lead_from_each_to_each(own: EchoConfig) -> None:
    configs = [EchoConfig(), EchoConfig(task="copy_memory"), COINS, LAYERS, own]
    for config, other in itertools.product(configs, repeat=2):
        changes = config.changes_to(other)
        assert config.with_fields(changes) == other
        assert bool(changes) == (config != other)


def test_changes_name_no_more_than_differs() -> None:
    strided, slower = EchoConfig(stride=5), EchoConfig(learning_rate=0.1)
    assert strided.changes_to(slower) == {"learning_rate": 0.1, "stride": None}
    coins = EchoConfig.from_fields({"task": "two_coins", "lag": 5})
    assert EchoConfig().changes_to(coins) == {"task": "two_coins", "lag": 5}
    assert coins.changes_to(EchoConfig()) == {"task": "echo"}


@pytest.mark.parametrize(
    ("fields", "windows", "unused", "predictions"),
    [
        ({}, 666, 50, 75),
        ({"stride": 5}, 1998, 0, 75),
        ({"task": "copy_memory"}, 83, 200, 600),
        ({"task": "two_coins", "truncated_backprop_length": 5, "stride": 2}, 4998, 5, 25),
    ],
)
def test_sizes_that_follow(
    fields: dict[str, Any], windows: int, unused: int, predictions: int
) -> None:
    config = EchoConfig.from_fields(fields)
    assert config.row_length == 10_000
    assert config.windows_per_epoch == windows
    assert config.unused_steps == unused
    assert config.predictions_per_window == predictions


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
    windows = config.windows_per_epoch
    assert windows >= 1
    end = (windows - 1) * config.window_stride + length
    assert end <= total // rows < end + config.window_stride
    assert config.unused_steps == total - rows * end

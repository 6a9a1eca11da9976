"""EchoConfig: the tutorial's values, and the invalid values that it refuses."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn import ConfigError, EchoConfig
from echornn.config import Optimizer


def test_defaults_are_the_tutorials() -> None:
    config = EchoConfig()
    assert (config.num_epochs, config.total_series_length, config.truncated_backprop_length) == (100, 50_000, 15)
    assert (config.state_size, config.num_classes, config.echo_step, config.batch_size) == (4, 2, 3, 5)
    assert (config.optimizer, config.learning_rate, config.init, config.row_start) == (
        "adagrad",
        0.3,
        "tutorial",
        "previous_row",
    )


def test_sizes_that_follow_from_the_tutorials_values() -> None:
    config = EchoConfig()
    assert config.row_length == 10_000
    assert config.windows_per_epoch == 666
    assert config.unused_steps == 50  # 10 columns of 5 rows
    assert config.predictions_per_window == 75
    assert config.window_stride == 15


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("num_epochs", 0, "1 or more"),
        ("total_series_length", 0, "1 or more"),
        ("total_series_length", 74, "at least batch_size * truncated_backprop_length = 75"),
        ("truncated_backprop_length", 0, "1 or more"),
        ("truncated_backprop_length", -3, "1 or more"),
        ("state_size", 0, "1 or more"),
        ("num_classes", 1, "2 to 256"),
        ("num_classes", 257, "2 to 256"),
        ("echo_step", -1, "0 to 9999"),
        ("echo_step", 10_000, "0 to 9999"),
        ("batch_size", 0, "1 or more"),
        ("learning_rate", 0.0, "a finite number above 0"),
        ("learning_rate", -0.1, "a finite number above 0"),
        ("learning_rate", math.nan, "a finite number above 0"),
        ("learning_rate", math.inf, "a finite number above 0"),
        ("learning_rate", "0.3", "a finite number above 0"),
        ("learning_rate", True, "a finite number above 0"),
        ("seed", -1, "0 or more"),
        ("seed", 1.5, "a whole number"),
        ("batch_size", True, "a whole number"),
        ("batch_size", "5", "a whole number"),
        ("batch_size", None, "a whole number"),
        ("stride", 0, "1 to truncated_backprop_length = 15"),
        ("stride", 16, "1 to truncated_backprop_length = 15"),
        ("optimizer", "lbfgs", f"one of {', '.join(get_args(Optimizer))}"),
        ("init", "zeros", "one of tutorial, glorot"),
        ("row_start", "random", "one of previous_row, zero"),
        ("device", "tpu", "one of auto, cpu, gpu"),
        ("device", [], "one of auto, cpu, gpu"),
        ("num_epochs", 10**12 + 1, "at most 1000000000000"),
        ("total_series_length", 2**31, "at most 2147483647"),
        ("truncated_backprop_length", 2**31, "at most 2147483647"),
        ("state_size", 2**31, "at most 2147483647"),
        ("echo_step", 2**31, "at most 2147483647"),
        ("batch_size", 2**31, "at most 2147483647"),
        ("batch_size", 10**9, "at most 143165576"),
        ("stride", 2**31, "at most 2147483647"),
        ("seed", 2**128, "at most 340282366920938463463374607431768211455"),
        ("learning_rate", 1e300, "1e-37 to 1e+38, since weights are float32"),
        ("learning_rate", 1e-300, "1e-37 to 1e+38, since weights are float32"),
    ],
)
def test_refusal_names_field_value_and_what_is_allowed(field: str, value: object, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EchoConfig(**{field: value})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert f"{field} = {value!r} cannot be used" in str(caught.value)
    assert allowed in str(caught.value)


ABSURD = {"long": 10**310, "endless": 10**5000, "minus": -(10**310), "text": "x" * 5000, "escapes": "\x1b[2J" * 2000}


@pytest.mark.parametrize("value", ABSURD.values(), ids=ABSURD.keys())
@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(EchoConfig)])
def test_whatever_is_given_the_refusal_is_one_short_line(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{field} = ") as caught:
        EchoConfig(**{field: value})  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 3 * 80, "three lines of a terminal"


@given(st.sampled_from([field.name for field in dataclasses.fields(EchoConfig)]), st.integers() | st.floats())
def test_any_number_is_taken_or_refused_and_one_taken_has_sizes_that_fit(field: str, value: float) -> None:
    try:
        config = EchoConfig(**{field: value})  # type: ignore[arg-type]
    except ConfigError:
        return
    assert 0 < np.float32(config.learning_rate) < np.inf
    assert config.windows_per_epoch < 2**31
    assert config.predictions_per_window < 2**31


def test_an_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="seed"):
        EchoConfig(seed=-1)


def test_numpy_numbers_become_plain_ones() -> None:
    config = EchoConfig(batch_size=np.int64(4), learning_rate=np.float32(0.5))  # type: ignore[arg-type]
    assert type(config.batch_size) is int
    assert type(config.learning_rate) is float
    assert EchoConfig(learning_rate=1).learning_rate == 1.0


def test_every_field_has_help() -> None:
    text = inspect.getsource(EchoConfig)
    for field in dataclasses.fields(EchoConfig):
        after = text.split(f"    {field.name}: ", 1)[1].split("\n", 2)[1]
        assert after.strip().startswith('"""'), f"{field.name} has no docstring"


@given(
    total=st.integers(1, 400),
    length=st.integers(1, 30),
    batch=st.integers(1, 12),
    stride=st.none() | st.integers(1, 30),
)
def test_windows_lie_in_the_row_and_no_further_one_fits(
    total: int, length: int, batch: int, stride: int | None
) -> None:
    try:
        config = EchoConfig(
            total_series_length=total,
            truncated_backprop_length=length,
            batch_size=batch,
            stride=stride,
            echo_step=0,
        )
    except ConfigError:
        return
    end = (config.windows_per_epoch - 1) * config.window_stride + length
    assert config.windows_per_epoch >= 1
    assert end <= total // batch < end + config.window_stride
    assert config.unused_steps == total - batch * end


def test_the_fields_in_which_another_configuration_differs_have_its_values() -> None:
    one, other = EchoConfig(stride=5), EchoConfig(learning_rate=0.1, num_epochs=3)
    assert list(one.changes_to(other).items()) == [("num_epochs", 3), ("learning_rate", 0.1), ("stride", None)]
    assert one.changes_to(EchoConfig(stride=5)) == {}
    assert dataclasses.replace(one, **one.changes_to(other)) == other

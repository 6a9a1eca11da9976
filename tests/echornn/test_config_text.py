"""The fields of a configuration as text, and the differences of two configurations."""

from __future__ import annotations

from typing import Any

import pytest

from echornn.config import EchoConfig
from echornn.config_text import changes_text, fields_text


def test_fields_with_their_values() -> None:
    assert fields_text({"cell": "lstm", "learning_rate": 1e-05}) == "cell lstm, learning_rate 1e-05"
    assert fields_text({"stride": None, "echo_step": ""}) == "stride unset, echo_step unset"
    assert fields_text({}) == ""


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({}, {}, ""),
        ({}, {"seed": 8, "learning_rate": 0.1}, "learning_rate 0.1, seed 8"),
        ({"stride": 5}, {}, "stride unset"),
        ({}, {"replicas": 64}, "64 networks of seeds 7 to 70"),
        ({}, {"replicas": 2000, "seed": 9, "cell": "gru"}, "2,000 networks of seeds 9 to 2008, cell gru"),
        ({"replicas": 64}, {"seed": 9}, "seed 9 alone"),
    ],
)
def test_how_two_configurations_differ(before: dict[str, Any], after: dict[str, Any], text: str) -> None:
    assert changes_text(EchoConfig(**before), EchoConfig(**after)) == text


def test_fields_that_are_left_out() -> None:
    after = EchoConfig(replicas=64, seed=9, echo_step=5)
    assert changes_text(EchoConfig(), after, without={"replicas"}) == "echo_step 5, seed 9"
    assert changes_text(EchoConfig(), after, without={"seed", "replicas"}) == "echo_step 5"
    assert changes_text(EchoConfig(), after, without={"echo_step"}) == "64 networks of seeds 9 to 72"

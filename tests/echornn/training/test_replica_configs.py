"""Replicas that can be trained side by side, and the fields for which others are refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import MAX_SEED, ConfigError, EchoConfig
from echornn.training.replica_configs import REPLICA_FIELDS, require_one_structure, with_seeds

OTHER: dict[str, Any] = {
    "num_epochs": 7, "total_series_length": 40_000, "truncated_backprop_length": 14, "state_size": 5, "num_classes": 3,
    "echo_step": 4, "batch_size": 4, "learning_rate": 0.1, "seed": 9, "stride": 5, "cell": "gru", "num_layers": 3,
    "dropout": 0.5, "optimizer": "adam", "init": "glorot", "row_start": "zero", "rule": "rtrl", "device": "cpu",
    "replicas": 2, "task": "two_coins",
}  # fmt: skip
"""For each field a value other than the one in `BASE`."""

BASE = EchoConfig(num_layers=2, dropout=0.1)


def test_every_field_is_either_a_replicas_own_or_common_to_all() -> None:
    assert set(OTHER) == {field.name for field in fields(EchoConfig)}
    for name, value in OTHER.items():
        configs = [BASE, BASE, replace(BASE, **{name: value})]
        if name in REPLICA_FIELDS:
            require_one_structure(configs)
            continue
        with pytest.raises(ConfigError, match=rf"^{name} = .* cannot be used: .* replica\b") as caught:
            require_one_structure(configs)
        assert (caught.value.field, caught.value.value) == (name, value)


@given(st.integers(-10, 10**7))
def test_so_many_replicas_are_allowed_or_refused_by_name(replicas: int) -> None:
    if 1 <= replicas <= 1_000_000:
        assert EchoConfig(replicas=replicas).of(replicas - 1) == EchoConfig(seed=EchoConfig().seed + replicas - 1)
        return
    with pytest.raises(ConfigError, match=f"^replicas = {replicas} cannot be used: 1 to 1000000$"):
        EchoConfig(replicas=replicas)


@pytest.mark.parametrize("replicas", [True, 2.0, "64", None])
def test_replicas_are_a_whole_number(replicas: Any) -> None:
    with pytest.raises(ConfigError, match=r"^replicas = "):
        EchoConfig(replicas=replicas)


def test_seeds_follow_each_other_as_far_as_there_are_any() -> None:
    assert [config.seed for config in with_seeds(EchoConfig(seed=5), 3)] == [5, 6, 7]
    with_seeds(EchoConfig(seed=MAX_SEED), 1)
    with pytest.raises(ConfigError, match=r"^seed = \d+.* cannot be used: at most \d+, so that each replica"):
        with_seeds(EchoConfig(seed=MAX_SEED), 2)


def test_no_configurations_are_no_population() -> None:
    with pytest.raises(ConfigError, match=r"^replicas = 0 cannot be used"):
        require_one_structure([])


def test_one_alone_is_itself_and_what_is_not_there_is_refused() -> None:
    alone = EchoConfig()
    assert alone.of(0) is alone
    for replica in (-1, 3):
        with pytest.raises(IndexError, match=f"^replica {replica} does not exist: 0 to 2$"):
            EchoConfig(replicas=3).of(replica)

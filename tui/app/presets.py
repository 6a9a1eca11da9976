"""Presets: named changes of a few fields. All other fields keep their values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from echornn.config import EchoConfig

Changes = Mapping[str, Any]
"""Names of fields of `EchoConfig`, and their new values."""

NOT_OF_THE_TUTORIAL = frozenset({"seed", "replicas", "device", "num_epochs", "task"})
"""Fields that say how long, where and how often to train rather than what to train; the tutorial preset keeps them."""

TUTORIAL = {name: value for name, value in vars(EchoConfig()).items() if name not in NOT_OF_THE_TUTORIAL}

WITH_ROOM = {"truncated_backprop_length": 15, "state_size": 16, "init": "glorot"}

PRESETS: Mapping[str, Changes] = MappingProxyType(
    {
        "glorot": {"init": "glorot"},
        "echo 14, within T 15": {"task": "echo", "echo_step": 14, **WITH_ROOM},
        "echo 15, beyond T 15": {"task": "echo", "echo_step": 15, **WITH_ROOM},
        "LSTM": {"cell": "lstm", "init": "glorot"},
        "three LSTM layers": {"cell": "lstm", "num_layers": 3, "init": "glorot"},
        "three layers, dropout 0.5": {"cell": "lstm", "num_layers": 3, "dropout": 0.5, "init": "glorot"},
        "as in the tutorial": TUTORIAL,
    }
)
"""The changes of each preset."""


def differing(changes: Changes, config: EchoConfig) -> dict[str, Any]:
    """The changes that would alter the configuration: field name to new value, without fields that already have it."""
    return {name: value for name, value in changes.items() if config.fields().get(name) != value}

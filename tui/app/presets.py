"""Presets: named changes of a few fields; all other fields stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from echornn.config import EchoConfig

Changes = Mapping[str, Any]
"""Fields of `EchoConfig`, and the value that each takes."""

NOT_OF_THE_TUTORIAL = frozenset({"seed", "replicas", "device", "num_epochs"})
"""Fields about how long, where and how often something is tried, not what: going back to the tutorial keeps them."""

TUTORIAL = {name: value for name, value in vars(EchoConfig()).items() if name not in NOT_OF_THE_TUTORIAL}

PRESETS: Mapping[str, Changes] = MappingProxyType(
    {
        "glorot": {"init": "glorot"},
        "echo 14, within T 15": {"echo_step": 14, "truncated_backprop_length": 15, "state_size": 16, "init": "glorot"},
        "echo 15, beyond T 15": {"echo_step": 15, "truncated_backprop_length": 15, "state_size": 16, "init": "glorot"},
        "LSTM": {"cell": "lstm", "init": "glorot"},
        "three LSTM layers": {"cell": "lstm", "num_layers": 3, "init": "glorot"},
        "three layers, dropout 0.5": {"cell": "lstm", "num_layers": 3, "dropout": 0.5, "init": "glorot"},
        "as in the tutorial": TUTORIAL,
    }
)
"""The changes of each preset."""


def differing(changes: Changes, config: EchoConfig) -> dict[str, Any]:
    """The fields of a change whose values differ from the configuration."""
    return {name: value for name, value in changes.items() if getattr(config, name) != value}

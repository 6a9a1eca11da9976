"""Experiments worth a look, by name; those with fields that this version does not have are left out."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from echornn.config import EchoConfig

CHANGES: dict[str, dict[str, Any]] = {
    "the tutorial": {},
    "glorot start: no plateau": {"init": "glorot"},
    "echo at the cliff: 14 of 15": {"echo_step": 14, "state_size": 16, "init": "glorot"},
    "echo over the cliff: 15 of 15": {"echo_step": 15, "state_size": 16, "init": "glorot"},
    "LSTM": {"cell": "lstm", "init": "glorot"},
    "three LSTM layers": {"cell": "lstm", "num_layers": 3, "init": "glorot"},
    "three layers, dropout 0.5": {"cell": "lstm", "num_layers": 3, "dropout": 0.5, "init": "glorot"},
}
"""What differs from the tutorial in each preset."""


@cache
def presets() -> dict[str, EchoConfig]:
    """The presets that this version can train, by name."""
    names = {field.name for field in dataclasses.fields(EchoConfig)}
    return {name: EchoConfig(**changes) for name, changes in CHANGES.items() if set(changes) <= names}

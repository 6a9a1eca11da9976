"""The command that trains a configuration again."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.runs.branch import changes


def command_of(config: EchoConfig) -> str:
    """``echornn-tui`` with the flags of the fields that are not the defaults."""
    different = {name: new for name, (_, new) in changes(EchoConfig(), config).items() if new is not None}
    return " ".join(["echornn-tui", *(f"--{name.replace('_', '-')} {value}" for name, value in different.items())])

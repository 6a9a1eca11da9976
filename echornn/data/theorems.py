"""Finds what theory says about the cell and the task of a configuration."""

from __future__ import annotations

from echornn.cells.theorem import Theorem
from echornn.config import EchoConfig
from echornn.config_fields import TASK


def theorem(config: EchoConfig) -> Theorem | None:
    """The theorem that no network of this cell solves this task for inputs of every length; None if there is none."""
    task = config.value(TASK)
    return next((one for one in config.the_cell.theorems if one.task == task), None)


def theorem_text(config: EchoConfig) -> str:
    """The theorem as text; empty if there is none. It is about all lengths, and not about the one that is trained."""
    known = theorem(config)
    return f"no {config.cell} solves every length: {known.because} ({known.source})" if known else ""

"""Trainers that share compiled loops with all other tests in the process: each compilation takes seconds."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.training.programs import Programs
from echornn.training.trainer import Trainer

PROGRAMS = Programs()
"""Takes a loop back as soon as its trainer is gone."""


def make_trainer(config: EchoConfig) -> Trainer:
    """A new trainer, whose loop may have been another's."""
    return Trainer(config, PROGRAMS)

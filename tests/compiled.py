"""Trainers that share compiled loops with all tests of the process, since each compilation takes seconds.

Tests for which sizes do not matter use `SMALL`, and release a trainer before making the next: two trainers alive at the
same time need two loops.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network import private_xla
from echornn.training.bptt import TrainingLoop
from echornn.training.population import Population
from echornn.training.programs import Programs, Structure, structure
from echornn.training.trainer import Trainer


class SharedPrograms(Programs):
    """Compiled programs that look for released trainers before compiling a structure again."""

    def __init__(self) -> None:
        super().__init__()
        self._made: set[tuple[Structure, str]] = set()

    def borrow(self, config: EchoConfig, device: str) -> TrainingLoop:
        kind = structure(config), device
        if kind in self._made and not self._like(config, device):
            gc.collect()
        self._made.add(kind)
        return super().borrow(config, device)


PROGRAMS = SharedPrograms()

SMALL = EchoConfig(num_epochs=4, total_series_length=4 * 44, batch_size=4, truncated_backprop_length=3, echo_step=2)
"""14 windows per epoch, 2 unused columns; few time steps per window, so that compiling is quick."""


def make_population(config: EchoConfig) -> Population:
    """A population of all replicas, for a session, with the programs of those before it."""
    return Population(config, programs=PROGRAMS)


def trainer_of(config: EchoConfig, programs: SharedPrograms) -> Trainer:
    """A new trainer, which may use a loop that a released trainer with these programs used."""
    return Trainer(config, programs)


def make_trainer(config: EchoConfig) -> Trainer:
    """The same with the programs of all tests."""
    return trainer_of(config, PROGRAMS)


@contextmanager
def plain() -> Iterator[SharedPrograms]:
    """Programs without XLA: the same results, without compilation."""
    plainly = partial(tf.function, autograph=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf, "function", lambda traced, jit_compile, autograph: plainly(traced))
        for only_of_xla in ("_slice", "_update_slice", "_reduce_window"):
            patch.setattr(private_xla, only_of_xla, None)
        yield SharedPrograms()

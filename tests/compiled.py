"""Trainers that share compiled loops with all other tests in the process: each compilation takes seconds.

A test that does not hang on the sizes takes `SMALL`, and lets go of one trainer before it makes the next: two that are
alive at once need two loops.
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
from echornn.training.programs import Programs, structure
from echornn.training.trainer import Trainer


class SharedPrograms(Programs):
    """Looks for trainers that are gone before it makes a second loop of a structure."""

    def __init__(self) -> None:
        super().__init__()
        self._made: set[tuple[EchoConfig, str]] = set()

    def borrow(self, config: EchoConfig, device: str) -> TrainingLoop:
        kind = structure(config), device
        if kind in self._made and not self._like(config, device):
            gc.collect()
        self._made.add(kind)
        return super().borrow(config, device)


PROGRAMS = SharedPrograms()

SMALL = EchoConfig(num_epochs=4, total_series_length=4 * 44, batch_size=4, truncated_backprop_length=3, echo_step=2)
"""14 windows an epoch, 2 columns unused; of few steps a window: they compile sooner."""


def make_population(config: EchoConfig) -> Population:
    """A population of all replicas, for a session, with the programs of those before it."""
    return Population(config, programs=PROGRAMS)


def make_trainer(config: EchoConfig) -> Trainer:
    """A new trainer, whose loop may have been another's."""
    return Trainer(config, PROGRAMS)


@contextmanager
def plain() -> Iterator[SharedPrograms]:
    """Programs of plain operations, which come to the same numbers as XLA's and need no compilation."""
    plainly = partial(tf.function, autograph=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf, "function", lambda traced, jit_compile, autograph: plainly(traced))
        for only_of_xla in ("_slice", "_update_slice", "_reduce_window"):
            patch.setattr(private_xla, only_of_xla, None)
        yield SharedPrograms()

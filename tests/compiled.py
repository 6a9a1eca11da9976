"""Trainers that share compiled loops with all tests of the process, since each compilation takes
seconds.

Tests for which sizes do not matter use `SMALL`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network import affine as private_xla
from echornn.training.population import Population, Trainer
from echornn.training.programs import Programs

SharedPrograms = Programs

PROGRAMS = SharedPrograms()

SMALL = EchoConfig(
    num_epochs=4, total_series_length=4 * 44, batch_size=4, truncated_backprop_length=3, echo_step=2
)
"""14 windows per epoch, 2 unused columns; few time steps per window, so that compiling is quick."""


def make_population(config: EchoConfig) -> Population:
    """A population of all replicas, for a session, with the programs of those before it."""
    return Population(config, programs=PROGRAMS)


def trainer_of(config: EchoConfig, programs: SharedPrograms) -> Trainer:
    """A new trainer with these programs."""
    return Trainer(config, programs)


def make_trainer(config: EchoConfig) -> Trainer:
    """The same with the programs of all tests."""
    return trainer_of(config, PROGRAMS)


@contextmanager
def plain() -> Iterator[SharedPrograms]:
    """Programs without XLA: the same results, without compilation."""
    function = tf.function

    def plain_function(traced: Any, jit_compile: bool = True, autograph: bool = False) -> Any:
        return function(traced, autograph=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf, "function", plain_function)
        patch.setattr(private_xla, "xla", PlainOperations)
        programs = SharedPrograms()
        patch.setattr(sys.modules[__name__], "PROGRAMS", programs)
        yield programs


class PlainOperations:
    """The operations of `private_xla` without XLA."""

    xla_dynamic_slice = staticmethod(tf.slice)

    @staticmethod
    def xla_dynamic_update_slice(whole: tf.Tensor, part: tf.Tensor, begin: tf.Tensor) -> tf.Tensor:
        indices = tf.meshgrid(*map(tf.range, part.shape), indexing="ij")
        return tf.tensor_scatter_nd_update(whole, tf.stack(indices, -1) + begin, part)

    @staticmethod
    def xla_reduce_window(
        tensor: tf.Tensor, start: tf.Tensor, window: tf.Tensor, *_: Any, **__: Any
    ) -> tf.Tensor:
        half = int(tf.get_static_value(window)[0])
        sums = tf.reduce_sum(tensor[:half], axis=0), tf.reduce_sum(tensor[half:], axis=0)
        return start + tf.stack(sums)

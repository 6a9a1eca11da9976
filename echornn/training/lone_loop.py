"""Trains a single network, whose values stay in the variables of its compiled loop."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.training.bptt import LoopOutput, call_numbers, dropout_key
from echornn.training.programs import Programs
from echornn.training.runner import Call, Values, fresh
from echornn.training.shards import Shards


class LoneLoop:
    """Trains one network. No values are passed in or out of a call, so a call costs less than one of `ShardThreads`.

    Attributes:
        shards: the division of the replicas into shards.
        devices: TensorFlow's name of the device of each call.

    Args:
        config: the network's configuration.
        device: TensorFlow's name of the device.
        programs: lends the compiled loop, and takes it back when this object is deleted.
    """

    def __init__(self, config: EchoConfig, device: str, programs: Programs) -> None:
        self.shards = Shards.of(config, 1, 1)
        self.devices = [device]
        self._config = config
        self._device = device
        self._loop = programs.borrow(config, device)
        weakref.finalize(self, programs.give_back, config, device, self._loop)

    @property
    def compilations(self) -> int:
        """How many times a loop has been traced and compiled."""
        return self._loop.compilations

    def train(self, call: Call, init_index: int) -> LoopOutput:
        """Train every replica.

        Returns:
            NumPy arrays with replicas as the last axis; losses and errors of the windows that were trained.
        """
        before = call.block.first_epoch * self._config.windows_per_epoch
        numbers = np.array(
            call_numbers(call.first, call.windows, before, dropout_key(self._config, init_index)), np.int32
        )
        with tf.device(self._device):
            x, y, scored = call.block.of_call(0)
            trained = self._loop(x, y, tf.constant(numbers), *scored)
        losses, errors, *shown = (one.numpy()[..., np.newaxis] for one in trained)
        return LoopOutput(losses[: call.windows], errors[: call.windows], *shown)

    @property
    def values(self) -> Values:
        """A copy of everything that training changes."""
        return Values(
            {name: variable.numpy()[np.newaxis] for name, variable in self._loop.model.weights.items()},
            tuple(np.asarray(variable.numpy())[np.newaxis] for variable in self._loop.optimizer_variables),
            self._loop.carried_state.numpy()[np.newaxis],
            {name: variable.numpy()[np.newaxis] for name, variable in self._loop.influence.items()},
        )

    @property
    def fresh_optimizer(self) -> tuple[npt.NDArray[Any], ...]:
        """The optimizer's variables at the start, [replicas, ...]."""
        return fresh(self._loop.fresh_optimizer, [self._config])

    def load(self, values: Values) -> None:
        """Continue from these values."""
        each = [*values.weights.values(), *values.optimizer, values.carried_state, *values.influence.values()]
        for variable, value in zip(self._loop.changing, each, strict=True):
            variable.assign(value[0])

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these configurations from now on, with their learning rates, by the same compiled program."""
        (self._config,) = configs
        self._loop.optimizer.learning_rate.assign(self._config.learning_rate)

"""Stores compiled training loops and selected devices by structure, so that no structure is compiled twice."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from echornn.config import ECHO, TASK, EchoConfig
from echornn.network.model import EchoRNN, initial_weights
from echornn.tasks.task import Numbers, Symbols, form_of
from echornn.training.bptt import TrainingLoop
from echornn.training.device import place
from echornn.training.optimizers import make_optimizer
from echornn.training.process import prepare
from echornn.training.seen import NO_DEVICES, Devices, program_of
from echornn.training.shards import Shards, ShardsInTurn
from echornn.training.threads import MAX_WINDOWS_PER_CALL, epochs_in_a_block

MAPPINGS_USED_AT_MOST = 0.8
"""The share of the system's memory mappings that compiled loops may use."""


class OutOfMappingsError(RuntimeError):
    """Memory mappings are running out. Raised before a compilation, because native code would abort the process."""


class Programs:
    """Lends compiled training loops to trainers, and takes them back when a trainer is deleted.

    Every compilation keeps memory until the process ends, even if everything is deleted: 27 MiB and 230 memory mappings
    for the tutorial's cell, 37 MiB and 360 for an LSTM (measured over 40 structures of each, TensorFlow 2.21; Linux
    allows 65 530 mappings). So no loop is ever dropped, and a compilation that comes too close to the limit is refused.

    There is no lock, because finalizers return the loops, and the garbage collector may run finalizers at any point of
    any thread, even within `borrow`. Instead, each step on the table, whose keys are plain values, is atomic.

    Args:
        devices: the devices on which another process trained networks, for each program.
    """

    def __init__(self, devices: Devices = NO_DEVICES) -> None:
        self._devices = devices
        self._idle: dict[tuple[object, ...], deque[Any]] = {}
        self._placed: dict[EchoConfig, str] = {}

    def place(self, config: EchoConfig, replicas: int, train: Callable[[str, int], None]) -> str:
        """The device for networks of this structure. It is selected only once (see `echornn.training.device.place`), so
        that windows that are trained again have the same bits, even if a second measurement would select another
        device.

        Args:
            replicas: the number of replicas.
        """
        prepare(config, replicas)
        program = replace(program_of(config), replicas=replicas)
        if program not in self._placed:
            self._placed[program] = place(config, train, self._devices.get(program))
        return self._placed[program]

    def borrow(self, config: EchoConfig, device: str) -> TrainingLoop:
        """A compiled loop for a single network of this structure. Its variables still have the values of its last
        trainer.

        Args:
            config, device: the configuration to train, and the device.

        Raises:
            OutOfMappingsError: a loop would have to be compiled, and too many memory mappings are in use.
        """
        try:
            loop: TrainingLoop = self._like(config, device).pop()
        except IndexError:
            refuse_when_mappings_run_out()
            loop = _made(config, device, 0, MAX_WINDOWS_PER_CALL)
        return loop

    def give_back(self, config: EchoConfig, device: str, loop: TrainingLoop) -> None:
        """Take back a loop whose trainer has been deleted."""
        self._like(config, device).append(loop)

    def borrow_turns(self, config: EchoConfig, device: str, shards: Shards) -> ShardsInTurn:
        """A loop for a population, which trains shards of many networks one after the other. See `borrow`."""
        try:
            turns: ShardsInTurn = self._like(config, device, *kind(config, shards)).pop()
        except IndexError:
            refuse_when_mappings_run_out()
            loop = _made(config, device, shards.places, shards.windows_per_call)
            with tf.device(device):
                turns = ShardsInTurn(loop, shards.room)
        return turns

    def give_back_turns(self, config: EchoConfig, device: str, shards: Shards, turns: ShardsInTurn) -> None:
        """Take back the loop of a population that has been deleted."""
        self._like(config, device, *kind(config, shards)).append(turns)

    def _like(self, config: EchoConfig, device: str, *of_many: int) -> deque[Any]:
        return self._idle.setdefault((structure(config), device, *of_many), deque())


def _made(config: EchoConfig, device: str, replicas: int, windows: int) -> TrainingLoop:
    """A new loop that is not yet compiled.

    Args:
        config, device: the configuration to train, and the device.
        replicas: the number of networks side by side; 0 for a single network without an axis of replicas.
        windows: the most windows that one call trains.
    """
    with tf.device(device):
        weights = initial_weights(config)
        if replicas:
            weights = {name: np.stack([value] * replicas, axis=-1) for name, value in weights.items()}
        model, optimizer = EchoRNN(config, weights), make_optimizer(config, replicas)
        optimizer.build(list(model.weights.values()))
        return TrainingLoop(model, optimizer, replicas, windows)


def kind(config: EchoConfig, shards: Shards) -> tuple[int, int, int]:
    """The properties, besides the structure, on which the program for several networks depends: replicas side by side,
    shards per call, and epochs of data per block.
    """
    return shards.places, shards.room, epochs_in_a_block(config, shards.replicas)


class Structure(NamedTuple):
    """Everything that changes a compiled loop."""

    config: EchoConfig
    """The configuration with the echo as its task, and a fixed value in each field that does not change the loop."""
    inputs: Symbols | Numbers
    outputs: Symbols | Numbers
    trial: int | None
    """The time steps of a trial; None for a stream."""
    scores_every_step: bool


def structure(config: EchoConfig) -> Structure:
    """The structure of a configuration. Tasks of the same form are trained by the same loop."""
    plain, task = config, config.the_task
    if task.echoed_lag is None:
        length = config.truncated_backprop_length
        plain = config.with_fields({TASK: ECHO, "echo_step": 0, "truncated_backprop_length": length})
    return Structure(replace(program_of(plain), device="auto"), *form_of(task), task.scores_every_step)


def refuse_when_mappings_run_out() -> None:
    """Raise `OutOfMappingsError` if a compilation comes too close to the system's limit."""
    if (share := share_of_mappings()) > MAPPINGS_USED_AT_MOST:
        raise OutOfMappingsError(
            f"compiled programs use {share:.0%} of this process's memory mappings: start the program again to go on"
        )


def share_of_mappings() -> float:
    """The share of the allowed memory mappings that this process uses; 0 if the system does not report it."""
    with contextlib.suppress(OSError), open("/proc/self/maps", "rb") as lines:
        return sum(1 for _ in lines) / int(Path("/proc/sys/vm/max_map_count").read_text())
    return 0.0

"""Keeps compiled training loops and chosen devices by structure, so that going back to one compiles nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.model import EchoRNN, initial_weights
from echornn.training.bptt import MAX_WINDOWS_PER_CALL, TrainingLoop
from echornn.training.data_block import epochs_in_a_population_block
from echornn.training.device import Placement, place
from echornn.training.optimizers import make_optimizer
from echornn.training.process import prepare
from echornn.training.shares import Shares
from echornn.training.trained_on import NO_DEVICES, Devices, program_of
from echornn.training.turns import Turns

MAPPINGS_USED_AT_MOST = 0.8
"""Share of the system's memory mappings that compiled loops may take."""


class OutOfMappingsError(RuntimeError):
    """One more compilation could abort the process: native code cannot report that it ran out of mappings."""


class Programs:
    """Gives compiled training loops to trainers, and takes them back when a trainer is gone.

    Every compilation keeps memory until the process ends, whatever is deleted: 27 MiB and 230 memory mappings for the
    tutorial's cell, 37 MiB and 360 for an LSTM (measured over 40 structures of each, TensorFlow 2.21; Linux allows
    65 530 mappings). So none is ever dropped, and the one that would come too close to the limit is refused.

    There is no lock: loops come back from finalizers, which the garbage collector may run at any point of any thread,
    also within `borrow`. Each step on the table, whose keys are plain values, is one that nothing can interrupt.

    Args:
        devices: where networks of each program were trained before, by another process.
    """

    def __init__(self, devices: Devices = NO_DEVICES) -> None:
        self._devices = devices
        self._idle: dict[tuple[object, ...], deque[Any]] = {}
        self._placed: dict[EchoConfig, Placement] = {}

    def place(self, config: EchoConfig, replicas: int, train: Callable[[str, int], None]) -> Placement:
        """Where networks of this structure are trained: chosen once (see `echornn.training.device.place`), so that what
        is trained again comes to the same bits, whatever a second measurement would say.

        Args:
            replicas: how many; 0 for a single network.
        """
        prepare(config, replicas)
        program = replace(program_of(config), replicas=max(1, replicas))
        if program not in self._placed:
            self._placed[program] = place(config, train, self._devices.get(program))
        return self._placed[program]

    def borrow(self, config: EchoConfig, device: str) -> TrainingLoop:
        """A loop for a network of this structure; its variables have the values of the trainer that had it before.

        Args:
            config, device: what to train, and where.

        Raises:
            OutOfMappingsError: it must be compiled, and too many memory mappings are taken.
        """
        try:
            loop: TrainingLoop = self._like(config, device).pop()
        except IndexError:
            refuse_when_mappings_run_out()
            loop = _made(config, device, 0, MAX_WINDOWS_PER_CALL)
        return loop

    def give_back(self, config: EchoConfig, device: str, loop: TrainingLoop) -> None:
        """Take back a loop whose trainer is gone."""
        self._like(config, device).append(loop)

    def borrow_turns(self, config: EchoConfig, device: str, shares: Shares) -> Turns:
        """The same for many networks: a loop that trains their shares one after the other."""
        try:
            turns: Turns = self._like(config, device, *kind(config, shares)).pop()
        except IndexError:
            refuse_when_mappings_run_out()
            loop = _made(config, device, shares.places, shares.windows_per_call)
            with tf.device(device):
                turns = Turns(loop, shares.room)
        return turns

    def give_back_turns(self, config: EchoConfig, device: str, shares: Shares, turns: Turns) -> None:
        """Take back the loop of a population that is gone."""
        self._like(config, device, *kind(config, shares)).append(turns)

    def _like(self, config: EchoConfig, device: str, *of_many: int) -> deque[Any]:
        return self._idle.setdefault((*astuple(structure(config)), device, *of_many), deque())


def _made(config: EchoConfig, device: str, replicas: int, windows: int) -> TrainingLoop:
    """A loop, not yet compiled.

    Args:
        config, device: what to train, and where.
        replicas: how many networks side by side; 0 for a single network, which has no axis of replicas.
        windows: how many one call trains at most.
    """
    with tf.device(device):
        weights = initial_weights(config)
        if replicas:
            weights = {name: np.stack([value] * replicas, axis=-1) for name, value in weights.items()}
        model, optimizer = EchoRNN(config, weights), make_optimizer(config, replicas)
        optimizer.build(list(model.weights.values()))
        return TrainingLoop(model, optimizer, replicas, windows)


def kind(config: EchoConfig, shares: Shares) -> tuple[int, int, int]:
    """What a program for many networks depends on besides their structure: replicas side by side, shares in a call, and
    epochs of data in a block."""
    return shares.places, shares.room, epochs_in_a_population_block(config, shares.replicas)


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration with every field that does not change the compiled loop set to a fixed value."""
    return replace(program_of(config), device="auto")


def refuse_when_mappings_run_out(
    mappings: Path = Path("/proc/self/maps"), limit: Path = Path("/proc/sys/vm/max_map_count")
) -> None:
    """Check that memory mappings are left for another compilation; if the system does not say, they are.

    Raises:
        OutOfMappingsError: too many memory mappings are taken.
    """
    taken, most = mappings_taken(mappings, limit)
    if taken > MAPPINGS_USED_AT_MOST * most:
        raise OutOfMappingsError(
            f"{taken} of {most} memory mappings are taken by compiled training loops: start the program again to go on"
        )


def mappings_taken(
    mappings: Path = Path("/proc/self/maps"), limit: Path = Path("/proc/sys/vm/max_map_count")
) -> tuple[int, int]:
    """How many memory mappings this process has, and may have; (0, 1) if the system does not say."""
    try:
        most = int(limit.read_text())
        with mappings.open() as lines:
            return sum(1 for _ in lines), most
    except (OSError, ValueError):
        return 0, 1

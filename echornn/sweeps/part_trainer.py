"""Trains the parts of a sweep in populations, which shrink as networks are finished."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from echornn.config import Device, EchoConfig
from echornn.data.solved import RECENT_WINDOWS
from echornn.network.shapes import is_trained_alone
from echornn.progress import Floats
from echornn.state import PopulationState
from echornn.sweeps.folder import ended
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Began, News, Part, Trained
from echornn.training.device import bytes_needed, is_measured, usable_bytes
from echornn.training.population import Population
from echornn.training.programs import Programs
from echornn.training.structure import Structure, structure

FIRST_WINDOWS, MORE = 64, 0.25
"""Windows until the first check for finished networks; then the share of the windows so far until each next check."""

MOST_SECONDS = 0.5
"""The most seconds of training between two checks."""

SIZES = (8, 16, 32, 64, 128)
"""The sizes of populations; only a few, since each needs its own program. Larger ones are multiples of the last."""

FIXED = 32
"""The fixed cost of a window of networks side by side, in units of one network; see `echornn.training.shards`."""

SECONDS_TO_MAKE = 3.0
"""About the seconds to make a smaller population: so long may idle lanes cost before it is made."""


class PartTrainer:
    """Trains parts in one process, and keeps its compiled programs."""

    def __init__(self) -> None:
        self._programs = Programs()
        self._devices: dict[Structure, Device] = {}

    def train(self, part: Part) -> Iterator[News]:
        """Train a part, and yield news about it.

        A network's result does not depend on which other networks train beside it. Their number changes only the
        rounding: for another size, the compiler may sum in another order, and training amplifies the difference. After
        `use_one_thread`, populations of 3 to 64 tutorial networks gave the same bits.

        Raises:
            ConfigError: there is not enough memory, or a device is missing.
            OutOfMappingsError: this process has compiled too many programs.
        """
        configs = part.configs
        while configs:
            fitting = that_fit(configs, part.room)
            yield from self._train_together(configs[:fitting], part.until)
            configs = configs[fitting:]

    def _train_together(self, configs: Sequence[EchoConfig], until: Until) -> Iterator[News]:
        like = structure(configs[0])
        device = self._devices.get(like) or known_device(configs[0])
        if device is not None:
            yield _began(device)
        placed = [replace(one, device=device or one.device) for one in configs]
        population = self._make(placed, size_of(placed[0], len(placed)))
        if device is None:
            device = self._devices[like] = "gpu" if population.device == "gpu" else "cpu"  # measured only once
            yield _began(device)
            placed = [replace(one, device=device) for one in configs]
        lanes = list(range(len(configs)))
        going = set(lanes)
        recent: Floats = np.zeros((0, len(configs)), np.float32)
        seconds = np.zeros(len(configs))
        trained, rate, idle = 0, 0.0, 0.0
        while True:
            windows = max(FIRST_WINDOWS, int(trained * MORE))
            if rate:
                windows = max(1, min(windows, int(rate * MOST_SECONDS)))
            begun = time.perf_counter()
            progress = population.advance(windows)
            took = time.perf_counter() - begun
            windows = len(progress.losses)
            rate = windows / max(took, 1e-6)
            trained += windows
            losses: Floats = np.concatenate([recent, progress.losses[:, : len(lanes)]])
            recent = losses[-RECENT_WINDOWS:]
            solved_at = population.solved_at.tolist()
            seconds[list(going)] += took / len(going)
            results = []
            for lane, number in enumerate(lanes):
                if number in going:
                    result = ended(
                        losses[:, lane], trained, solved_at[lane], until, population.finished, float(seconds[number])
                    )
                    if result is not None:
                        going.remove(number)
                        results.append((configs[number], result))
            yield Trained(windows, took, tuple(results))
            if not going:
                return
            size = size_of(placed[0], len(going))
            idle += took * (1 - _cost(placed[0], size) / _cost(placed[0], population.replicas))
            if size < population.replicas and idle > SECONDS_TO_MAKE:
                kept = [lane for lane, number in enumerate(lanes) if number in going]
                lanes, recent, idle = [lanes[lane] for lane in kept], recent[:, kept], 0.0
                state = population.state
                # release them before the next population is made, which may use their program and memory
                del population, progress
                population = self._make([placed[number] for number in lanes], size, state, kept)

    def _make(
        self,
        configs: Sequence[EchoConfig],
        size: int,
        state: PopulationState | None = None,
        kept: Sequence[int] = (),
    ) -> Population:
        """A population of these networks, filled up with copies of the last one; with ``state``, continued from its
        ``kept`` lanes.
        """
        filled = [*configs, *[configs[-1]] * (size - len(configs))]
        # the other processors are for other workers
        population = Population(filled, programs=self._programs, at_once=1)
        if state is not None:
            narrowed = state.only([*kept, *[kept[-1]] * (size - len(kept))])
            population.restore(replace(narrowed, configs=tuple(filled)))
        population.compile()
        return population


def known_device(config: EchoConfig) -> Device | None:
    """The device that trains networks of this structure; None if it has to be measured."""
    if is_measured(config):
        return None
    return "cpu" if config.device == "auto" else config.device


def _began(device: Device) -> Began:
    return Began(f"{device} of {platform.node()}, process {os.getpid()}")


def size_of(config: EchoConfig, networks: int) -> int:
    """The size of the population for ``networks`` networks of this structure."""
    if is_trained_alone(config):
        return networks
    largest = SIZES[-1]
    return next((size for size in SIZES if size >= networks), -(-networks // largest) * largest)


def that_fit(configs: Sequence[EchoConfig], room: float) -> int:
    """How many of these networks can train together in this share of the free memory, at least one: if even one does
    not fit, making its population raises the error.
    """
    free, fitting = room * usable_bytes(), len(configs)
    while fitting > 1 and bytes_needed(configs[0], size_of(configs[0], fitting), 1) > free:
        fitting //= 2
    return fitting


def _cost(config: EchoConfig, size: int) -> float:
    """The cost of a window of a population, in units of one network."""
    return size if is_trained_alone(config) else FIXED + size

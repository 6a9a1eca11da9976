"""Trains the parts of a sweep, in populations that get smaller as their networks are finished."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from echornn.config import Device, EchoConfig
from echornn.population_state import PopulationState
from echornn.progress import Floats
from echornn.sweeps.ended import ended
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Began, News, Part, Trained
from echornn.tasks.solved import RECENT_WINDOWS
from echornn.training.device import is_measured
from echornn.training.free_memory import free_bytes
from echornn.training.memory import population_bytes_needed
from echornn.training.population import Population
from echornn.training.programs import Programs, kind, structure
from echornn.training.shards import Shards, is_trained_alone

FIRST_WINDOWS, MORE = 64, 0.25
"""Windows before the first check for finished networks; then the share of the windows so far until each next check."""

MOST_SECONDS = 0.5
"""The most seconds of training between two checks."""

SIZES = (8, 16, 32, 64, 128)
"""The sizes of populations: few, since each needs its own program. More networks take multiples of the last size."""

FIXED = 32
"""The fixed cost of a window of networks side by side, in networks (see `echornn.training.shards`)."""

SECONDS_TO_MAKE = {True: 0.1, False: 3.0}
"""Seconds to make a population with an existing program (True), or without (False): guesses until it is measured."""


class PartTrainer:
    """Trains parts in one process; keeps its compiled programs, and the time that making them took.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._programs = Programs()
        self._devices: dict[EchoConfig, Device] = {}
        self._made: set[tuple[EchoConfig, tuple[int, ...]]] = set()
        self._seconds_to_make: dict[tuple[EchoConfig, bool], float] = {}

    def train(self, part: Part) -> Iterator[News]:
        """Train a part, and yield its news.

        A network's result does not depend on which others train beside it. It depends on their number only by rounding:
        the compiler may sum in another order for another size, and training amplifies that. After `use_one_thread`,
        populations of 3 to 64 tutorials gave the same bits.

        Raises:
            ConfigError: the networks need more memory than there is, or a device that is missing.
            OutOfMappingsError: this process has compiled too much.
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
            device = self._devices[like] = "gpu" if population.device == "gpu" else "cpu"  # measured once
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
            begun = self._clock()
            progress = population.advance(windows)
            took = self._clock() - begun
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
            if size < population.replicas and idle > self._price(like, size):
                kept = [lane for lane, number in enumerate(lanes) if number in going]
                lanes, recent, idle = [lanes[lane] for lane in kept], recent[:, kept], 0.0
                state = population.state
                del population, progress  # before the next is made, which may reuse its program and memory
                population = self._make([placed[number] for number in lanes], size, state, kept)

    def _make(
        self,
        configs: Sequence[EchoConfig],
        size: int,
        state: PopulationState | None = None,
        kept: Sequence[int] = (),
    ) -> Population:
        """A population of these networks, filled up with copies of the last one; with ``state``, from the ``kept`` part
        of it.
        """
        begun, like = self._clock(), structure(configs[0])
        filled = [*configs, *[configs[-1]] * (size - len(configs))]
        # the other processors are for other workers
        population = Population(filled, programs=self._programs, at_once=1)
        if state is not None:
            population.restore(_narrowed(state, [*kept, *[kept[-1]] * (size - len(kept))], filled))
        population.compile()
        self._seconds_to_make[like, _program(like, size) in self._made] = self._clock() - begun
        self._made.add(_program(like, size))
        return population

    def _price(self, like: EchoConfig, size: int) -> float:
        """Seconds that it will take to make a population of this size.

        Idle lanes are kept until they have cost as much: so they never cost more than twice the optimum.
        """
        known = _program(like, size) in self._made
        return self._seconds_to_make.get((like, known), SECONDS_TO_MAKE[known])


def known_device(config: EchoConfig) -> Device | None:
    """The device that trains networks of this structure; None if that has to be measured."""
    if is_measured(config):
        return None
    return "cpu" if config.device == "auto" else config.device


def _began(device: Device) -> Began:
    return Began(f"{device} of {platform.node()}, process {os.getpid()}")


def size_of(config: EchoConfig, networks: int) -> int:
    """The size of the population for so many networks of this structure."""
    if is_trained_alone(config):
        return networks
    largest = SIZES[-1]
    return next((size for size in SIZES if size >= networks), -(-networks // largest) * largest)


def _program(like: EchoConfig, size: int) -> tuple[EchoConfig, tuple[int, ...]]:
    """The program that is compiled for a population of this structure and size."""
    return like, kind(like, Shards.of(like, size, 1))


def that_fit(configs: Sequence[EchoConfig], room: float) -> int:
    """How many of these networks can be trained together in this share of the free memory. It is at least one: if even
    one does not fit, its population raises the error.
    """
    free = free_bytes()
    fitting = len(configs)
    if free is not None:
        while fitting > 1 and population_bytes_needed(configs[0], size_of(configs[0], fitting)) > room * free:
            fitting //= 2
    return fitting


def _cost(config: EchoConfig, size: int) -> float:
    """The cost of a window of a population, in networks."""
    return size if is_trained_alone(config) else FIXED + size


def _narrowed(state: PopulationState, lanes: Sequence[int], configs: Sequence[EchoConfig]) -> PopulationState:
    """The state of a population with only these lanes of the present one."""
    solved = replace(state.solved, at=state.solved.at[lanes], recent=state.solved.recent[:, lanes])
    return replace(
        state,
        configs=tuple(configs),
        weights={name: values[lanes] for name, values in state.weights.items()},
        carried_state=state.carried_state[lanes],
        optimizer=tuple(values[lanes] for values in state.optimizer),
        solved=solved,
    )

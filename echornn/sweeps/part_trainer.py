"""Trains the parts of a sweep in populations, which shrink as networks are finished."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from echornn.config import Device, EchoConfig
from echornn.network.shapes import is_trained_alone
from echornn.progress import Floats
from echornn.solved import RECENT_WINDOWS
from echornn.state import PopulationState
from echornn.sweeps.grid import Until
from echornn.sweeps.results import Result
from echornn.sweeps.sweep import Began, News, Part, TrainedWindows
from echornn.training.memory import bytes_needed, usable_bytes
from echornn.training.population import Population
from echornn.training.programs import Programs

# Until the first check for finished networks; then a share of the windows so far
FIRST_WINDOWS, MORE = 64, 0.25
MOST_SECONDS = 0.5  # of training between two checks
# Of populations; only a few, since each needs its own program; no part has more networks
SIZES = 8, 16, 32, 64
# The fixed cost of a window in a small population, in units of one network, with what it costs
# around it
FIXED = 32
# About those of making a smaller population: so long may idle lanes cost before it is made
SECONDS_TO_MAKE = 3.0


class PartTrainer:
    """Trains parts in one process, and keeps its compiled programs.

    A network's result does not depend on which others train beside it. Their number may change the
    rounding, since for another size the compiler may sum in another order; populations of 3 to 64
    tutorial networks gave the same bits.
    """

    def __init__(self) -> None:
        self._programs = Programs()

    def train(self, part: Part) -> Iterator[News]:
        configs = part.configs
        while configs:
            fitting, free = len(configs), part.memory_share * usable_bytes()
            while fitting > 1 and bytes_needed(configs[0], size_of(configs[0], fitting), 1) > free:
                fitting //= 2
            yield from self._train_together(configs[:fitting], part.until)
            configs = configs[fitting:]

    def _train_together(self, configs: Sequence[EchoConfig], until: Until) -> Iterator[News]:
        one, population = configs[0], self._make(configs)
        # Not measured again for a smaller population
        device: Device = "gpu" if population.device == "gpu" else "cpu"
        placed = [replace(each, device=device) for each in configs]
        yield Began(f"{device} of {platform.node()}, process {os.getpid()}")
        # The network in each lane; copies in the lanes after these do not count
        lanes = list(range(len(configs)))
        going = set(lanes)
        recent: Floats = np.zeros((0, len(configs)), np.float32)
        seconds = np.zeros(len(configs))
        trained, windows, idle = 0, FIRST_WINDOWS, 0.0
        while True:
            begun = time.perf_counter()
            progress = population.advance(windows)
            took = time.perf_counter() - begun
            windows = len(progress.losses)
            trained += windows
            losses: Floats = np.concatenate([recent, progress.losses[:, : len(lanes)]])
            recent = losses[-RECENT_WINDOWS:]
            solved_at = population.solved_at.tolist()
            seconds[list(going)] += took / len(going)
            results = []
            for lane, number in enumerate(lanes):
                if number in going:
                    ended = population.finished, float(seconds[number])
                    result = _ended(losses[:, lane], trained, solved_at[lane], until, *ended)
                    if result is not None:
                        going.remove(number)
                        results.append((configs[number], result))
            yield TrainedWindows(took, tuple(results))
            if not going:
                return
            size = size_of(one, len(going))
            idle += took * (1 - _cost(one, size) / _cost(one, population.replicas))
            if size < population.replicas and idle > SECONDS_TO_MAKE:
                kept = [lane for lane, number in enumerate(lanes) if number in going]
                lanes, recent, idle = [lanes[lane] for lane in kept], recent[:, kept], 0.0
                state = population.state
                # release them before the next population is made, which may use their program and
                # memory
                del population, progress
                population = self._make([placed[number] for number in lanes], state, kept)
            most = int(windows / max(took, 1e-6) * MOST_SECONDS)
            windows = max(1, min(most, max(FIRST_WINDOWS, int(trained * MORE))))

    def _make(
        self,
        configs: Sequence[EchoConfig],
        state: PopulationState | None = None,
        kept: Sequence[int] = (),
    ) -> Population:
        """A population of these networks and copies of the last; with a state, continued from its
        ``kept`` lanes."""
        copies = size_of(configs[0], len(configs)) - len(configs)
        filled = [*configs, *[configs[-1]] * copies]
        # Other processors are for other workers
        population = Population(filled, programs=self._programs, at_once=1)
        if state is not None:
            population.restore(
                replace(state.only([*kept, *[kept[-1]] * copies]), configs=tuple(filled))
            )
        population.compile()
        return population


def size_of(config: EchoConfig, networks: int) -> int:
    return (
        networks if is_trained_alone(config) else next(size for size in SIZES if size >= networks)
    )


def _cost(config: EchoConfig, size: int) -> float:
    return size if is_trained_alone(config) else FIXED + size


def _ended(
    losses: Floats, last: int, solved_at: int, until: Until, finished: bool, seconds: float
) -> Result | None:
    """The result of a network after the ``last`` window, from 1; None if it has to continue. A loss
    that is not finite ends it: it never recovers. The ``losses``, float32 [n], are the unchecked
    ones and `RECENT_WINDOWS` before them.
    """
    before = last - len(losses)
    if solved_at and until == "solved":
        return Result(solved_at, _mean(losses[: solved_at - before]), solved_at, seconds)
    broken = np.flatnonzero(~np.isfinite(losses))
    if broken.size:
        return Result(
            solved_at or None, float(losses[broken[0]]), before + int(broken[0]) + 1, seconds
        )
    return Result(solved_at or None, _mean(losses), last, seconds) if finished else None


def _mean(losses: Floats) -> float:
    return float(losses[-RECENT_WINDOWS:].mean(dtype=np.float64))

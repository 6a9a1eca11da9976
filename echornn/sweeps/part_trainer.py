"""Trains the parts of a sweep in populations, which shrink as networks are finished."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from echornn.config import Device, EchoConfig
from echornn.levels import RECENT_WINDOWS
from echornn.network.shapes import is_trained_alone
from echornn.probes.automaton import automata
from echornn.progress import Floats
from echornn.state import PopulationState
from echornn.sweeps.grid import Until
from echornn.sweeps.results import Result, TrainedNetwork
from echornn.sweeps.sweep import Began, News, Part, TrainedWindows
from echornn.training.memory import bytes_needed, usable_bytes
from echornn.training.population import Population
from echornn.training.programs import Programs

# Until the first check for finished networks; then a share of the windows so far
FIRST_WINDOWS, MORE = 64, 0.25
DATA_SEED = 0  # of the words on which automata are tried: the same for all networks
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
            first, count = configs[0], len(configs)
            free = part.memory_share * usable_bytes()
            while count > 1 and bytes_needed(first, size_of(first, count), 1) > free:
                count //= 2
            yield from self._train_together(replace(part, configs=configs[:count]))
            configs = configs[count:]

    def _train_together(self, part: Part) -> Iterator[News]:
        configs = part.configs
        population = self._make(configs)
        # Not measured again for a smaller population
        device: Device = "gpu" if population.device == "gpu" else "cpu"
        placed = [replace(config, device=device) for config in configs]
        yield Began(f"{device} of {platform.node()}, process {os.getpid()}")
        lanes = Lanes(part)
        windows, idle = FIRST_WINDOWS, 0.0
        while True:
            begun = time.perf_counter()
            losses = population.advance(windows).losses
            took = time.perf_counter() - begun
            yield TrainedWindows(took, lanes.ended(losses, population, took))
            if not lanes.going:
                return
            size = size_of(configs[0], len(lanes.going))
            needed = _cost(configs[0], size) / _cost(configs[0], population.replicas)
            idle += took * (1 - needed)
            if size < population.replicas and idle > SECONDS_TO_MAKE:
                kept = lanes.keep_going()
                idle = 0.0
                state = population.state
                # release it before the next population is made, which may use its program and
                # memory
                del population, losses
                population = self._make([placed[number] for number in lanes.numbers], state, kept)
            most = int(windows / max(took, 1e-6) * MOST_SECONDS)
            windows = max(FIRST_WINDOWS, int(lanes.trained * MORE))
            windows = max(1, min(most, windows))
            if part.until == "automaton":
                windows = min(windows, lanes.examined_next - lanes.trained)

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
            lanes = state.only([*kept, *[kept[-1]] * copies])
            population.restore(replace(lanes, configs=tuple(filled)))
        population.compile()
        return population


class Lanes:
    """The network that each lane of a population trains, and how far it is; copies in the lanes
    behind these do not count."""

    def __init__(self, part: Part) -> None:
        count = len(part.configs)
        self.numbers = list(range(count))  # of the network in each lane, from 0
        self.going = set(self.numbers)  # networks that have not ended
        self.trained = 0  # windows
        # Networks are examined at fixed windows: where they end must not depend on how fast they
        # are trained, or beside which others
        self.examined_next = FIRST_WINDOWS
        self._part = part
        self._recent: Floats = np.zeros((0, count), np.float32)
        self._seconds = np.zeros(count)

    def ended(
        self, losses: Floats, population: Population, took: float
    ) -> tuple[TrainedNetwork, ...]:
        """The networks that have ended in the newest windows, losses float32 [windows, lanes]."""
        self.trained += len(losses)
        unchecked: Floats = np.concatenate([self._recent, losses[:, : len(self.numbers)]])
        self._recent = unchecked[-RECENT_WINDOWS:]
        self._seconds[list(self.going)] += took / len(self.going)
        is_finished, solved_at = population.finished, population.solved_at.tolist()
        until, configs = self._part.until, self._part.configs
        right = self._right_lanes(population)
        results: dict[int, Result] = {}  # by lane
        for lane, number in enumerate(self.numbers):
            if number not in self.going:
                continue
            end = is_finished or lane in right, float(self._seconds[number])
            result = _ended(unchecked[:, lane], self.trained, solved_at[lane], until, *end)
            if result is not None:
                if lane in right:
                    result = replace(result, right_at=self.trained)
                self.going.remove(number)
                results[lane] = result
        weights = population.weights if results and self._part.keeps_weights else None

        networks = []
        for lane, result in results.items():
            own = None
            if weights is not None:
                own = {name: array[lane] for name, array in weights.items()}
            networks.append(TrainedNetwork(configs[self.numbers[lane]], result, own))
        return tuple(networks)

    def _right_lanes(self, population: Population) -> list[int]:
        """Those of networks that have solved the task, and are found to be its machine here."""
        is_due = population.finished or self.trained >= self.examined_next
        if self._part.until != "automaton" or not is_due:
            return []
        self.examined_next = self.trained + max(FIRST_WINDOWS, int(self.trained * MORE))
        solved = np.flatnonzero(population.solved_at[: len(self.numbers)])
        going = [lane for lane in solved.tolist() if self.numbers[lane] in self.going]
        if not going:
            return []
        machines = automata(population.state.only(going), DATA_SEED)
        assert machines is not None  # the sweep has seen that the task has one
        return [lane for lane, is_right in zip(going, machines.is_right, strict=True) if is_right]

    def keep_going(self) -> list[int]:
        """Keep only lanes of networks that have not ended; returns which these were."""
        kept = [lane for lane, number in enumerate(self.numbers) if number in self.going]
        self.numbers = [self.numbers[lane] for lane in kept]
        self._recent = self._recent[:, kept]
        return kept


def size_of(config: EchoConfig, networks: int) -> int:
    if is_trained_alone(config):
        return networks
    return min(size for size in SIZES if size >= networks)


def _cost(config: EchoConfig, size: int) -> float:
    return size if is_trained_alone(config) else FIXED + size


def _ended(
    losses: Floats, last: int, solved_at: int, until: Until, is_finished: bool, seconds: float
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
        place = int(broken[0])
        return Result(solved_at or None, float(losses[place]), before + place + 1, seconds)
    if is_finished:
        return Result(solved_at or None, _mean(losses), last, seconds)
    return None


def _mean(losses: Floats) -> float:
    return float(losses[-RECENT_WINDOWS:].mean(dtype=np.float64))

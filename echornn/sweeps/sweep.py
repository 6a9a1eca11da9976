"""Runs a sweep: gives parts to the workers of an engine, and stores the results, until all results
are known."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Protocol

from echornn.config import FIELDS, TASK, ConfigError, EchoConfig
from echornn.data import load_own_task
from echornn.files.recorded_values import shortened
from echornn.sweeps.grid import Grid, Until, with_seeds_from
from echornn.sweeps.requests import point_of
from echornn.sweeps.results import GridPoint, Result, TrainedNetwork
from echornn.sweeps.store import Store
from echornn.tasks.task import form_of, machine_of
from echornn.training.structure import REPLICA_FIELDS

LEAST, MOST = 8, 64  # networks of a part, if its structure has so many
# A point is given up after parts with it have failed this many times, the last time alone
DEATHS = 3
LOOK_SECONDS = 0.2  # the longest wait for news before looking whether to end


@dataclass(frozen=True)
class Part:
    """Networks of one structure, each once, which one worker trains in this share of its machine's
    free memory."""

    number: int
    configs: tuple[EchoConfig, ...]
    until: Until
    memory_share: float = 1.0
    keeps_weights: bool = False

    @property
    def structure(self) -> Hashable:
        return structure_of(self.configs[0])


@dataclass(frozen=True)
class Began:
    """A worker has begun a part, on this device, machine and process."""

    where: str


@dataclass(frozen=True)
class TrainedWindows:
    """Networks have trained some windows, in these seconds of a compiled loop; with those that have
    ended."""

    seconds: float
    ended: tuple[TrainedNetwork, ...] = ()


@dataclass(frozen=True)
class Done:
    """All networks of a part are trained."""


@dataclass(frozen=True)
class Lost:
    """A part could not be completed; the reason is a phrase."""

    reason: str


News = Began | TrainedWindows | Done | Lost
"""News about a part; the last one is `Done` or `Lost`."""


class EngineError(RuntimeError):
    """No worker can train at all; the message has the reason."""


class Engine(Protocol):
    """Workers, each of which trains one part at a time, in a share of its machine's free memory."""

    workers: int
    memory_share: float

    # The names of workers without a part, also of those that will be started
    def idle(self) -> Sequence[str]: ...
    def start(self, part: Part, worker: str) -> None: ...
    # Since the last call; with numbers of parts
    def news(self, seconds: float) -> Sequence[tuple[int, News]]: ...
    def close(self) -> None: ...  # also workers that are training; no process of ours remains


def structure_of(config: EchoConfig) -> Hashable:
    """What all networks of a part have in common, so that they can be trained side by side."""
    form = config.value(TASK), form_of(config.the_task)
    return form, tuple(getattr(config, name) for name in FIELDS if name not in REPLICA_FIELDS)


class Sweep:
    """A run of one grid.

    Results that are already in its folder (see `Store`) are not computed again; if weights are to
    be kept, networks whose weights are not there are trained again.

    Any thread may read its numbers.
    """

    def __init__(self, folder: Path, grid: Grid, keeps_weights: bool = False) -> None:
        self.grid = grid
        self.keeps_weights = keeps_weights
        self.asked_to_end = Event()  # any thread sets it, and `run` returns
        self.notes: list[str] = []  # about parts that had to be tried again, newest last
        # Networks with a result, those of them that solved it, given up
        self.known = self.solved = self.abandoned = 0
        self.failed: set[EchoConfig] = set()  # the points given up
        self.loop_seconds = 0.0  # of all workers in compiled loops
        self.where: set[str] = set()  # device, machine and process of each part that was begun
        if grid.until == "automaton":  # a grid that is only read runs no text of the user's own
            for first in grid.points.possible:
                load_own_task(first)
                if machine_of(first.the_task) is None:
                    allowed = f"solved or all for {first.value(TASK)}, which has no machine"
                    raise ConfigError("until", grid.until, allowed)
        self._store = Store(folder, grid)
        known = _results_by_config(self._store.results.points)
        if keeps_weights:
            known = {config: known[config] for config in known if self._store.has_weights(config)}
        earlier = _results_by_config(self._store.results.earlier)
        wanted: list[EchoConfig] = []
        for first in grid.points.possible:
            wanted += with_seeds_from(first, grid.seeds)
        # In the order of the grid; a dict, since a set has none
        self._missing = dict.fromkeys(config for config in wanted if config not in known)
        # By another version
        self.trained_before = sum(config in earlier for config in self._missing)
        self.trainings = len(wanted)
        for config in wanted:
            if config in known:
                self._count(known[config])
        self._queue: list[Part] = []
        self._numbers = itertools.count()
        self._under_way: dict[int, Part] = {}
        self._structures: dict[str, Hashable] = {}  # that each worker has trained last
        self._tries: Counter[EchoConfig] = Counter()

    @property
    def is_finished(self) -> bool:
        return self.known + self.abandoned >= self.trainings

    def parts(self, workers: int, memory_share: float = 1.0) -> list[Part]:
        """The networks without a result, in parts of one structure, so small that there is one for
        each worker."""
        groups: defaultdict[Hashable, list[EchoConfig]] = defaultdict(list)
        for config in self._missing:
            groups[structure_of(config)].append(config)
        size = min(MOST, max(LEAST, -(-len(self._missing) // workers)))
        parts = []
        for group in groups.values():
            for first in range(0, len(group), size):
                configs = tuple(group[first : first + size])
                number = next(self._numbers)
                share_and_weights = memory_share, self.keeps_weights
                parts.append(Part(number, configs, self.grid.until, *share_and_weights))
        return parts

    def run(self, engine: Engine, watch: Callable[[], None] = lambda: None) -> None:
        """Train all networks without a result, until all are done or `asked_to_end` is set; then
        close the engine.

        ``watch`` is called a few times a second.
        """
        try:
            self._queue = self.parts(engine.workers, engine.memory_share)
            while (self._queue or self._under_way) and not self.asked_to_end.is_set():
                for worker in engine.idle():
                    if self._queue:
                        engine.start(self._next_part(worker), worker)
                for number, news in engine.news(LOOK_SECONDS):
                    self._hear(number, news)
                watch()
        finally:
            engine.close()

    def close(self) -> None:
        self._store.close()

    def _next_part(self, worker: str) -> Part:
        """A part for a worker: of the structure it has compiled, or else of one that the fewest
        others train."""
        compiled = self._structures.get(worker)
        trained = Counter(part.structure for part in self._under_way.values())

        def rank(part: Part) -> tuple[bool, int]:
            return part.structure != compiled, trained[part.structure]

        part = min(self._queue, key=rank)
        self._queue.remove(part)
        self._structures[worker] = part.structure
        self._under_way[part.number] = part
        return part

    def _hear(self, number: int, news: News) -> None:
        match news:
            case Began(where):
                self.where.add(where)
            case TrainedWindows(seconds, ended):
                self.loop_seconds += seconds
                # A part that was given up too early may send a result twice
                new = [network for network in ended if network.config in self._missing]
                self._store.put(new)
                for network in new:
                    del self._missing[network.config]
                    self._count(network.result)
            case Done():
                self._end(number, "its results did not arrive")
            case Lost(reason):
                self._end(number, reason)

    def _count(self, result: Result) -> None:
        self.known += 1
        if result.solved_at is not None:
            self.solved += 1

    def _end(self, number: int, reason: str) -> None:
        """Record that a part has ended.

        Its unfinished networks are tried again, each point in a part of its own.
        """
        part = self._under_way.pop(number, None)
        if part is None:
            return
        reason = shortened(" ".join(reason.split()))  # TensorFlow's errors contain whole tensors
        points: defaultdict[EchoConfig, list[EchoConfig]] = defaultdict(list)
        for config in part.configs:
            if config in self._missing:
                points[point_of(config)].append(config)
        for point, left in points.items():
            self._tries[point] += 1
            if self._tries[point] >= DEATHS and len(points) == 1:
                self._give_up(point, left, reason)
                continue
            self.notes.append(f"{len(left)} of {len(part.configs)} networks: {reason}")
            again = replace(part, number=next(self._numbers), configs=tuple(left))
            self._queue.insert(0, again)

    def _give_up(self, point: EchoConfig, left: Sequence[EchoConfig], reason: str) -> None:
        self._store.fail(point, reason)
        self.failed.add(point)
        self.abandoned += len(left)
        for config in left:
            del self._missing[config]


def _results_by_config(points: Iterable[GridPoint]) -> dict[EchoConfig, Result]:
    results = {}
    for point in points:
        for seed, result in point.results.items():
            results[replace(point.config, seed=seed)] = result
    return results

"""Runs a sweep: gives parts to workers, and stores the results, until all results are known."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from echornn.config import EchoConfig
from echornn.files.recorded_values import shortened
from echornn.sweeps.engine import Engine
from echornn.sweeps.folder import Result, point_of
from echornn.sweeps.grid import Grid, with_seeds_from
from echornn.sweeps.part import Began, Done, Lost, News, Part, Trained
from echornn.sweeps.plan import halves, parts_of, structure_of
from echornn.sweeps.status import Status
from echornn.sweeps.store import Store

DEATHS = 3
"""A part with a single point is given up after it has failed this many times."""

LOOK_SECONDS = 0.2
"""The longest wait for news before `run` checks whether it should end."""

LEAST_SECONDS = 1.0
"""The seconds of training from which on a speed is reported."""


@dataclass
class UnderWay:
    """A part that a worker is training.

    Attributes:
        left: the networks of the part without a result.
    """

    part: Part
    left: set[EchoConfig]


class Sweep:
    """A run of one grid. Results that are already in its folder are not computed again.

    Attributes:
        grid: what to train.
        status: the progress; any thread may read it.
        notes: messages about parts that had to be tried again, newest last.
        trained_before: how many of the networks to train were already trained by another program version.
        asked_to_end: an event; when any thread sets it, `run` returns.

    Args:
        folder: as in `Store`.
        grid: as in `Store`.
        clock: a monotonic clock, in seconds.

    Raises:
        RunError, OSError: as in `Store`.
    """

    def __init__(self, folder: Path, grid: Grid, clock: Callable[[], float] = time.monotonic) -> None:
        self.grid = grid
        self.asked_to_end = Event()
        self.notes: list[str] = []
        self._store = Store(folder, grid)
        self._clock, self._begun, self._finished = clock, clock(), 0
        self._missing: dict[EchoConfig, None] = {}
        results: list[tuple[EchoConfig, Result]] = []
        known = {
            replace(point.config, seed=seed): result
            for point in self._store.results.points
            for seed, result in point.results.items()
        }
        for first in grid.points.possible:
            for config in with_seeds_from(first, grid.seeds):
                if config in known:
                    results.append((config, known[config]))
                else:
                    self._missing[config] = None
        older = {replace(point.config, seed=seed) for point in self._store.results.earlier for seed in point.results}
        self.trained_before = sum(config in older for config in self._missing)
        self.status = Status(len(results) + len(self._missing))
        self._count([result for _, result in results])
        self._queue: list[Part] = []
        self._numbers = 0
        self._under_way: dict[int, UnderWay] = {}
        self._seen: dict[str, set[Hashable]] = {}
        self._tries: Counter[tuple[EchoConfig, ...]] = Counter()

    @property
    def structures(self) -> int:
        """The least number of programs to compile."""
        return len(set(map(structure_of, self._missing)))

    def run(self, engine: Engine, watch: Callable[[Status], None] = lambda status: None) -> None:
        """Train all networks without a result, until all are done or `asked_to_end` is set; then close the engine.

        Args:
            watch: called with the status a few times a second.

        Raises:
            EngineError: no worker can train at all.
            OSError: results cannot be written.
        """
        try:
            self._begun = self._clock()
            self._queue = parts_of(list(self._missing), self.grid.until, engine.workers, engine.room)
            self._numbers = len(self._queue)
            while (self._queue or self._under_way) and not self.asked_to_end.is_set():
                for worker in engine.idle():
                    if self._queue:
                        self._start(engine, worker)
                for number, news in engine.news(LOOK_SECONDS):
                    self._hear(number, news)
                self._look()
                watch(self.status)
        finally:
            engine.close()

    def close(self) -> None:
        """Release the folder, so that another process can use it."""
        self._store.close()

    def _start(self, engine: Engine, worker: str) -> None:
        """Give a part to a worker: preferably of a structure for which it has a compiled program, then of the structure
        that the fewest other workers train.
        """
        seen = self._seen.setdefault(worker, set())
        at = Counter(structure_of(one.part.configs[0]) for one in self._under_way.values())

        def preference(number: int) -> tuple[bool, int, int]:
            """The sort key of parts for this worker, the smallest first."""
            like = structure_of(self._queue[number].configs[0])
            return like not in seen, at[like], number

        part = self._queue.pop(min(range(len(self._queue)), key=preference))
        seen.add(structure_of(part.configs[0]))
        self._under_way[part.number] = UnderWay(part, set(part.configs))
        engine.start(part, worker)

    def _hear(self, number: int, news: News) -> None:
        one = self._under_way.get(number)
        match news:
            case Began(where):
                places = (*(place for place in self.status.where if place != where), where)
                self.status = replace(self.status, where=places)
            case Trained(_, seconds, results):
                self.status = replace(self.status, loop_seconds=self.status.loop_seconds + seconds)
                new = [(config, result) for config, result in results if config in self._missing]
                self._store.put(new)
                for config, _ in new:
                    del self._missing[config]
                if one is not None:
                    one.left.difference_update(config for config, _ in new)
                self._finished += len(new)
                self._count([result for _, result in new])
            case Done():
                if one is not None:
                    self._end(one, "its results did not arrive")
            case Lost(reason):
                if one is not None:
                    self._end(one, reason)

    def _end(self, one: UnderWay, reason: str) -> None:
        """Record that a part has ended. Its unfinished networks are tried again; after the second failure, in two
        halves.
        """
        reason = shortened(" ".join(reason.split()))  # TensorFlow's errors contain whole tensors
        del self._under_way[one.part.number]
        left = tuple(config for config in one.part.configs if config in self._missing)
        if not left:
            return
        points = [point_of(config) for config in left]
        self._tries[left] += 1
        tries = self._tries[left]
        alone = len(set(points)) == 1
        if alone and tries >= DEATHS:
            self._give_up(left, reason)
            return
        self.notes.append(f"{_of(left)}: {reason}")
        pieces = halves(left, points) if tries > 1 and not alone else [left]
        for piece in reversed(pieces):
            self._queue.insert(0, replace(one.part, number=self._numbers, configs=piece))
            self._numbers += 1

    def _give_up(self, configs: Sequence[EchoConfig], reason: str) -> None:
        self._store.fail(configs[0], reason)
        for config in configs:
            del self._missing[config]
        point = point_of(configs[0])
        if all(point_of(config) != point for config, _ in self.status.failed):  # not yet known from another part
            self.status = replace(self.status, failed=(*self.status.failed, (configs[0], reason)))
        self.status = replace(self.status, abandoned=self.status.abandoned + len(configs))

    def _count(self, results: Sequence[Result]) -> None:
        solved = sum(result.solved_at is not None for result in results)
        status = self.status
        self.status = replace(status, known=status.known + len(results), solved=status.solved + solved)

    def _look(self) -> None:
        """Update the status: speed and remaining time, judged by the networks finished so far."""
        seconds = self._clock() - self._begun
        rate = self._finished / seconds if seconds >= LEAST_SECONDS else 0.0
        left = len(self._missing) / rate if rate else None
        under_way = sum(len(one.left) for one in self._under_way.values())
        self.status = replace(self.status, rate=rate, seconds_left=left, under_way=under_way)


def _of(configs: Sequence[EchoConfig]) -> str:
    return "1 network" if len(configs) == 1 else f"{len(configs)} networks"

"""Runs a sweep: gives parts to workers, and stores the results, until all results are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from echornn.config import EchoConfig
from echornn.files.recorded_values import shortened
from echornn.sweeps.engine import Engine
from echornn.sweeps.folder import Result, Status, point_of
from echornn.sweeps.grid import Grid, with_seeds_from
from echornn.sweeps.part import Began, Done, Lost, News, Part, Trained
from echornn.sweeps.plan import parts_of, structure_of
from echornn.sweeps.store import Store

DEATHS = 3
"""A point is given up after parts with it have failed this many times, the last time alone."""

LOOK_SECONDS = 0.2
"""The longest wait for news before `run` checks whether it should end."""


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

    Raises:
        RunError, OSError: as in `Store`.
    """

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.grid = grid
        self.asked_to_end = Event()
        self.notes: list[str] = []
        self._store = Store(folder, grid)
        known = {
            replace(point.config, seed=seed): result
            for point in self._store.results.points
            for seed, result in point.results.items()
        }
        wanted = [config for first in grid.points.possible for config in with_seeds_from(first, grid.seeds)]
        self._missing = {config: None for config in wanted if config not in known}
        older = {replace(point.config, seed=seed) for point in self._store.results.earlier for seed in point.results}
        self.trained_before = sum(config in older for config in self._missing)
        self.status = Status(len(wanted))
        self._count([known[config] for config in wanted if config in known])
        self._queue: list[Part] = []
        self._numbers = 0
        self._under_way: dict[int, Part] = {}
        self._seen: dict[str, set[Hashable]] = {}
        self._tries: Counter[EchoConfig] = Counter()

    def parts(self, workers: int, room: float = 1.0) -> list[Part]:
        """The parts to train with ``workers`` workers."""
        return parts_of(list(self._missing), self.grid.until, workers, room)

    def run(self, engine: Engine, watch: Callable[[Status], None] = lambda status: None) -> None:
        """Train all networks without a result, until all are done or `asked_to_end` is set; then close the engine.

        Args:
            watch: called with the status a few times a second.

        Raises:
            EngineError: no worker can train at all.
            OSError: results cannot be written.
        """
        try:
            self._queue = self.parts(engine.workers, engine.room)
            self._numbers = len(self._queue)
            while (self._queue or self._under_way) and not self.asked_to_end.is_set():
                for worker in engine.idle():
                    if self._queue:
                        self._start(engine, worker)
                for number, news in engine.news(LOOK_SECONDS):
                    self._hear(number, news)
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
        at = Counter(structure_of(part.configs[0]) for part in self._under_way.values())

        def preference(part: Part) -> tuple[bool, int]:
            like = structure_of(part.configs[0])
            return like not in seen, at[like]

        part = min(self._queue, key=preference)
        self._queue.remove(part)
        seen.add(structure_of(part.configs[0]))
        self._under_way[part.number] = part
        engine.start(part, worker)

    def _hear(self, number: int, news: News) -> None:
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
                self._count([result for _, result in new])
            case Done():
                self._end(number, "its results did not arrive")
            case Lost(reason):
                self._end(number, reason)

    def _end(self, number: int, reason: str) -> None:
        """Record that a part has ended. Its unfinished networks are tried again, each point in a part of its own."""
        part = self._under_way.pop(number, None)
        if part is None:
            return
        reason = shortened(" ".join(reason.split()))  # TensorFlow's errors contain whole tensors
        points: dict[EchoConfig, list[EchoConfig]] = {}
        for config in part.configs:
            if config in self._missing:
                points.setdefault(point_of(config), []).append(config)
        for point, left in points.items():
            self._tries[point] += 1
            if self._tries[point] >= DEATHS and len(points) == 1:
                self._give_up(left, reason)
                continue
            self.notes.append(f"{len(left)} of {len(part.configs)} networks: {reason}")
            self._queue.insert(0, replace(part, number=self._numbers, configs=tuple(left)))
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

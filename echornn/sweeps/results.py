"""The results of a sweep: of a training, of a point with its seeds, and of several points
together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import TASK, EchoConfig
from echornn.diagnosis.seed_stats import wilson
from echornn.levels import can_be_solved, lost_level
from echornn.progress import Floats
from echornn.sweeps.grid import Value

Values = tuple[Value | None, ...]
"""The values of a point, in the order of the axes; None is an unset stride, or a setting that the
task lacks."""


@dataclass(frozen=True)
class Result:
    """The result of one training, which may end as soon as the task is solved; windows count from
    1."""

    solved_at: int | None
    final_loss: float  # the mean of the last 50 windows, NaN or infinite if the network diverged
    windows: int
    seconds: float  # this network's share of the time in its process's compiled loop
    # The window at which it was found to be the task's machine, if it was examined for that
    right_at: int | None = None

    @property
    def rank(self) -> tuple[float, float]:
        """When it solved the task, and its final loss: infinite if it never did, or diverged."""
        loss = math.inf
        if math.isfinite(self.final_loss):
            loss = self.final_loss
        return self.solved_at or math.inf, loss


class TrainedNetwork(NamedTuple):
    """A network whose training has ended."""

    config: EchoConfig
    result: Result
    # By name, float32 [rows, columns], if they are kept: those after the window at which the
    # worker saw that it had ended, a few windows later than `Result.windows`
    weights: Mapping[str, Floats] | None = None


@dataclass(frozen=True, eq=False)
class GridPoint:
    """A configuration of the grid, with its lowest seed, and the results of its seeds."""

    config: EchoConfig
    # Of the training of each requested seed, ascending; see `echornn.sweeps.folder`
    keys: Mapping[int, str]
    key: str
    # The number of the program version that trains all of its seeds; newer ones have larger numbers
    version: int
    results: Mapping[int, Result] = field(default_factory=dict)
    failed: str | None = None  # why it could not be trained

    @property
    def missing(self) -> list[int]:
        return [seed for seed in self.keys if seed not in self.results]

    @cached_property
    def task(self) -> object:
        return self.config.value(TASK)

    @cached_property
    def solved_at(self) -> list[int]:
        windows = (result.solved_at for result in self.results.values())
        return sorted(window for window in windows if window is not None)

    @cached_property
    def lost(self) -> int:
        """How many networks have solved the task, but no longer do in their last windows."""
        level = lost_level(self.config)
        solved = [result for result in self.results.values() if result.solved_at is not None]
        return sum(not result.final_loss <= level for result in solved)  # NaN is lost too

    @property
    def right(self) -> int:
        """How many have become the task's machine; those that were not examined have not."""
        return sum(result.right_at is not None for result in self.results.values())

    @property
    def half_solved(self) -> float:
        half = -(-len(self.keys) // 2)
        if len(self.solved_at) < half:
            return math.inf
        return self.solved_at[half - 1]

    @cached_property
    def loss(self) -> float:
        """The median of the final losses, the smaller of two middle ones; infinite if most
        diverged."""
        return statistics.median_low(result.rank[1] for result in self.results.values())

    @cached_property
    def best(self) -> tuple[float, float, int]:
        """The rank and the seed of the first network to solve the task, or else of that with the
        lowest loss."""
        ranks = [(*result.rank, seed) for seed, result in self.results.items()]
        return min(ranks, default=(math.inf, math.inf, 0))


@dataclass(frozen=True, eq=False)
class MapCell:
    """The results of one point of a sweep, or of several that are combined: sums, and medians over
    the points.

    Networks that solve the task finish early; those that never do finish last. So shares and
    windows refer to all requested seeds, not only to finished seeds: they are lower or upper bounds
    until all are finished.
    """

    places: tuple[Values, ...]
    # Those that can be trained; of several program versions, only the newest counts
    points: tuple[GridPoint, ...]
    impossible: tuple[str, ...] = ()  # why others cannot be
    of_others: int = 0  # results by other versions, which are not counted

    @classmethod
    def together(cls, places: tuple[Values, ...], cells: Mapping[Values, MapCell]) -> MapCell:
        points: list[GridPoint] = []
        reasons: list[str] = []
        for place in places:
            if place in cells:
                points += cells[place].points
                reasons += cells[place].impossible
        newest = max((point.version for point in points), default=0)
        counted = tuple(point for point in points if point.version == newest)
        others = [len(point.results) for point in points if point.version != newest]
        return cls(places, counted, tuple(reasons), sum(others))

    @property
    def is_pooled(self) -> bool:
        """Whether it has several points, which differ in more than seeds; there is no interval
        then."""
        return len(self.points) > 1

    @property
    def asked(self) -> int:
        """The requested trainings: finished, given up, and not finished yet."""
        return sum(len(point.keys) for point in self.points)

    @property
    def finished(self) -> int:
        return sum(len(point.results) for point in self.points)

    @property
    def failed(self) -> int:
        return sum(len(point.missing) for point in self.points if point.failed is not None)

    @property
    def missing(self) -> int:
        return self.asked - self.finished - self.failed

    @property
    def solved(self) -> int:
        return sum(len(point.solved_at) for point in self.points)

    @property
    def uncounted(self) -> int:
        """The points of which nothing counts as solved."""
        return sum(not can_be_solved(point.config) for point in self.points)

    @property
    def can_be_solved(self) -> bool:
        """Whether any point can; one without points could."""
        return not self.points or self.uncounted < len(self.points)

    @property
    def lost(self) -> int:
        return sum(point.lost for point in self.points)

    @property
    def right(self) -> int:
        return sum(point.right for point in self.points)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that solved the task (Wilson 1927).

        The lower end assumes that no unfinished training solves the task, the upper end that all
        do.
        """
        unfinished = self.asked - self.finished
        low, _ = wilson(self.solved, self.asked)
        _, high = wilson(self.solved + unfinished, self.asked)
        return low, high

    @property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved the task; None if fewer
        have solved it.

        Unlike a median over the trainings that solved the task, it does not improve when others
        fail.
        """
        if not self.points:
            return None
        middle = statistics.median(point.half_solved for point in self.points)
        return round(middle) if math.isfinite(middle) else None

    @property
    def loss(self) -> float:
        """The median of the final losses; infinite if most diverged, NaN without results, or if the
        tasks differ."""
        trained = [point for point in self.points if point.results]
        if len({point.task for point in trained}) != 1:
            return math.nan
        return statistics.median(point.loss for point in trained)

    @property
    def best_point(self) -> GridPoint | None:
        """The point of the best seed; None without finite results."""
        point = min(self.points, key=lambda point: point.best, default=None)
        if point is None or min(point.best[:2]) == math.inf:
            return None
        return point

    @property
    def best(self) -> EchoConfig | None:
        """That of the best point's best seed; the first without results, None if no point can be
        trained."""
        point = self.best_point
        if point is not None:
            return replace(point.config, seed=point.best[-1])
        if self.points:
            return self.points[0].config
        return None

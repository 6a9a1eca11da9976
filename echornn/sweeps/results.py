"""The results of a sweep: of a training, of a point with its seeds, and of several points
together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from echornn.config import TASK, EchoConfig
from echornn.diagnosis.seed_stats import wilson
from echornn.levels import can_be_solved, lost_level
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

    @property
    def rank(self) -> tuple[float, float]:
        return self.solved_at or math.inf, self.final_loss if math.isfinite(
            self.final_loss
        ) else math.inf


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
        return sorted(one.solved_at for one in self.results.values() if one.solved_at is not None)

    @cached_property
    def lost(self) -> int:
        """How many networks have solved the task, but no longer do in their last windows."""
        level = lost_level(self.config)
        return sum(
            one.solved_at is not None and not one.final_loss <= level
            for one in self.results.values()
        )

    @property
    def half_solved(self) -> float:
        half = -(-len(self.keys) // 2)
        return self.solved_at[half - 1] if len(self.solved_at) >= half else math.inf

    @cached_property
    def loss(self) -> float:
        """The median of the final losses, the smaller of two middle ones; infinite if most
        diverged."""
        return statistics.median_low(one.rank[1] for one in self.results.values())

    @cached_property
    def best(self) -> tuple[float, float, int]:
        """The rank and the seed of the first network to solve the task, or else of that with the
        lowest loss."""
        return min(
            ((*one.rank, seed) for seed, one in self.results.items()),
            default=(math.inf, math.inf, 0),
        )


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
    def together(cls, places: tuple[Values, ...], known: Mapping[Values, MapCell]) -> MapCell:
        cells = [known[place] for place in places if place in known]
        points = [point for cell in cells for point in cell.points]
        version = max((point.version for point in points), default=0)
        return cls(
            places,
            tuple(point for point in points if point.version == version),
            tuple(reason for cell in cells for reason in cell.impossible),
            sum(len(point.results) for point in points if point.version != version),
        )

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
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that solved the task (Wilson 1927).

        The lower end assumes that no unfinished training solves the task, the upper end that all
        do.
        """
        most = self.asked - self.finished + self.solved
        return wilson(self.solved, self.asked)[0], wilson(most, self.asked)[1]

    @property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved the task; None if fewer
        have solved it.

        Unlike a median over the trainings that solved the task, it does not improve when others
        fail.
        """
        middle = _median(point.half_solved for point in self.points)
        return round(middle) if math.isfinite(middle) else None

    @property
    def loss(self) -> float:
        """The median of the final losses; infinite if most diverged, NaN without results, or if the
        tasks differ."""
        known = [point for point in self.points if point.results]
        return (
            _median(point.loss for point in known)
            if len({point.task for point in known}) == 1
            else math.nan
        )

    @property
    def best_point(self) -> GridPoint | None:
        """The point of the best seed; None without finite results."""
        point = min(self.points, key=lambda point: point.best, default=None)
        return None if point is None or min(point.best[:2]) == math.inf else point

    @property
    def best(self) -> EchoConfig | None:
        """That of the best point's best seed; the first without results, None if no point can be
        trained."""
        point = self.best_point
        if point is not None:
            return replace(point.config, seed=point.best[-1])
        return self.points[0].config if self.points else None


def _median(values: Iterable[float]) -> float:
    found = list(values)
    return math.nan if not found or any(map(math.isnan, found)) else statistics.median(found)

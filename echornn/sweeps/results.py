"""The results of a sweep: of a training, of a point with its seeds, of a cell of the map; and the shades of cells."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from echornn.config import TASK, EchoConfig
from echornn.data.levels import lost_level, way_from_chance
from echornn.diagnosis.seed_stats import wilson
from echornn.sweeps.grid import Value
from echornn.tasks.task import Numbers, Symbols

Values = tuple[Value | None, ...]
"""The values of a point, in the order of the axes; None is an unset stride, or a setting that the task lacks."""

LEAST_LOSS, LEAST_SHOWN = 1e-6, 1e-9
"""Losses below these have the same shade, and are shown as 0."""


@dataclass(frozen=True)
class Result:
    """The result of one training, which may end as soon as the task is solved; windows count from 1.

    The final loss is the mean of the last 50 windows, NaN or infinite if the network diverged. The seconds are this
    network's share of the time in its process's compiled loop.
    """

    solved_at: int | None
    final_loss: float
    windows: int
    seconds: float

    @property
    def rank(self) -> tuple[float, float]:
        """A sort key that puts better results first."""
        return self.solved_at or math.inf, self.final_loss if math.isfinite(self.final_loss) else math.inf


@dataclass(frozen=True, eq=False)
class GridPoint:
    """A configuration of the grid, with its lowest seed, and the results of its seeds.

    Attributes:
        keys: the key of the training of each requested seed, ascending; see `echornn.sweeps.folder`.
        key: the key of the point.
        version: the number of the program version that trains all of its seeds; newer ones have larger numbers.
        failed: the reason why it could not be trained; None if it could, or still may.
    """

    config: EchoConfig
    keys: Mapping[int, str]
    key: str
    version: int
    results: Mapping[int, Result] = field(default_factory=dict)
    failed: str | None = None

    @property
    def missing(self) -> list[int]:
        """The requested seeds without a result."""
        return [seed for seed in self.keys if seed not in self.results]

    @cached_property
    def task(self) -> object:
        return self.config.value(TASK)

    @cached_property
    def solved_at(self) -> list[int]:
        """The windows at which the task was solved, ascending."""
        return sorted(one.solved_at for one in self.results.values() if one.solved_at is not None)

    @cached_property
    def lost(self) -> int:
        """How many networks have solved the task, but no longer do in their last windows."""
        level = lost_level(self.config)
        return sum(one.solved_at is not None and not one.final_loss <= level for one in self.results.values())

    @property
    def half_solved(self) -> float:
        half = -(-len(self.keys) // 2)
        return self.solved_at[half - 1] if len(self.solved_at) >= half else math.inf

    @cached_property
    def loss(self) -> float:
        """The median of the final losses, the smaller of two middle ones; infinite if most diverged."""
        return statistics.median_low(one.rank[1] for one in self.results.values())

    @cached_property
    def way(self) -> float:
        """The median share of the way from chance to the last level of the ladder, 0 to 1; NaN without a ladder."""
        ways = [way_from_chance(self.config, one.final_loss) for one in self.results.values()]
        return math.nan if any(map(math.isnan, ways)) else statistics.median_high(ways)

    @cached_property
    def best(self) -> tuple[float, float, int]:
        """The rank and the seed of the first network to solve the task, or else of that with the lowest loss."""
        return min(((*one.rank, seed) for seed, one in self.results.items()), default=(math.inf, math.inf, 0))


class Measure(StrEnum):
    """A number that cells can show."""

    SUCCESS = "success"
    """The share of seeds that solved the task."""
    WINDOWS = "windows"
    """The window by which half of the seeds had solved the task."""
    LOSS = "loss"
    """The median of the final losses, each in the unit of its task."""


@dataclass(frozen=True, eq=False)
class Cell:
    """The results of one point of a sweep, or of several that are combined: sums, and medians over the points.

    Networks that solve the task finish early; those that never do finish last. So shares and windows refer to all
    requested seeds, not only to finished seeds: they are lower or upper bounds until all are finished.

    Attributes:
        places: the values of its points.
        points: those that can be trained; of several program versions, only the newest counts.
        impossible: why others cannot be.
        of_others: the number of results by other versions, which are not counted.
    """

    places: tuple[Values, ...]
    points: tuple[GridPoint, ...]
    impossible: tuple[str, ...] = ()
    of_others: int = 0

    @classmethod
    def together(cls, places: tuple[Values, ...], known: Mapping[Values, Cell]) -> Cell:
        """The points with these values that are known."""
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
        """Whether it has several points, which differ in more than seeds; there is no interval then."""
        return len(self.points) > 1

    @property
    def asked(self) -> int:
        """The number of requested trainings: finished, given up, and not finished yet."""
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
    def lost(self) -> int:
        return sum(point.lost for point in self.points)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that solved the task (Wilson 1927).

        The lower end assumes that no unfinished training solves the task, the upper end that all do.
        """
        most = self.asked - self.finished + self.solved
        return wilson(self.solved, self.asked)[0], wilson(most, self.asked)[1]

    @property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved the task; None if fewer have solved it.

        Unlike a median over the trainings that solved the task, it does not improve when others fail.
        """
        middle = _median(point.half_solved for point in self.points)
        return round(middle) if math.isfinite(middle) else None

    @property
    def loss(self) -> float:
        """The median of the final losses; infinite if most diverged, NaN without results, or if the tasks differ."""
        known = [point for point in self.points if point.results]
        return _median(point.loss for point in known) if len({point.task for point in known}) == 1 else math.nan

    @property
    def way(self) -> float:
        """The median of `GridPoint.way`, which can be compared between tasks."""
        return _median(point.way for point in self.points if point.results)

    @property
    def best_point(self) -> GridPoint | None:
        """The point of the best seed; None without finite results."""
        point = min(self.points, key=lambda point: point.best, default=None)
        return None if point is None or min(point.best[:2]) == math.inf else point

    @property
    def best(self) -> EchoConfig | None:
        """The configuration, with its seed, that solved the task first or else had the lowest loss; the first
        configuration if there are no results, None if no point can be trained.
        """
        point = self.best_point
        if point is not None:
            return replace(point.config, seed=point.best[-1])
        return self.points[0].config if self.points else None

    def value(self, measure: Measure) -> float:
        """The value of a measure; NaN without results, infinite if too few networks solved the task for a value."""
        if not self.finished:
            return math.nan
        match measure:
            case Measure.SUCCESS:
                return self.solved / self.asked
            case Measure.WINDOWS:
                return math.inf if self.half_solved is None else self.half_solved
            case Measure.LOSS:
                return self.loss

    @property
    def numbers(self) -> dict[str, int | float | None]:
        """The counts as CSV has them; None is not known."""
        low, high = self.interval if self.finished and not self.is_pooled else (None, None)
        return {
            "points": len(self.points),
            "trained": self.finished,
            "solved": self.solved,
            "success": self.solved / self.asked if self.finished else None,
            "low": low,
            "high": high,
            "half_solved": self.half_solved,
            "median_loss": None if math.isnan(self.loss) else self.loss,
            "failed": self.failed,
            "missing": self.missing,
        }


def _median(values: Iterable[float]) -> float:
    """The median; NaN if there are no values, or one is NaN."""
    found = list(values)
    return math.nan if not found or any(map(math.isnan, found)) else statistics.median(found)


def words_of(measure: Measure, losses: Collection[str]) -> str:
    """The meaning of a measure, for these kinds of losses: "cross-entropy, nats", "squared error", or both."""
    match measure:
        case Measure.SUCCESS:
            return "seeds that solved it, %"
        case Measure.WINDOWS:
            return "window by which half had solved it"
        case Measure.LOSS if len(losses) > 1:
            return "median final loss, in the unit of each task"
        case _:
            return f"median final {Numbers.loss if Numbers.loss in losses else f'loss, {Symbols.unit}'}"


@dataclass(frozen=True)
class Scale:
    """Maps values of a measure to shades; better values have higher shades.

    Attributes:
        best, worst: the finite values at the ends; NaN if there are none. Between them shades are spaced
            logarithmically, except for shares.
        of_tasks: whether losses of several tasks are shown. They have no common scale: `Cell.way` has the shades.
    """

    measure: Measure
    best: float = 1.0
    worst: float = 0.0
    of_tasks: bool = False

    @classmethod
    def of(cls, points: Sequence[GridPoint], measure: Measure) -> Scale:
        """The scale for the values of these points."""
        of_tasks = measure is Measure.LOSS and len({point.task for point in points if point.results}) > 1
        if measure is Measure.SUCCESS or of_tasks:
            return cls(measure, of_tasks=of_tasks)
        least = 1.0 if measure is Measure.WINDOWS else LEAST_LOSS
        values = (Cell((), (point,)).value(measure) for point in points)
        floored = [max(least, value) for value in values if math.isfinite(value)] or [math.nan]
        return cls(measure, min(floored), max(floored))

    @property
    def is_share(self) -> bool:
        """Whether the values are shares, whose shades are spaced evenly."""
        return self.measure is Measure.SUCCESS or self.of_tasks

    def value(self, cell: Cell) -> float:
        """The value that the shade of a cell shows."""
        return cell.way if self.of_tasks else cell.value(self.measure)

    def share(self, value: float) -> float:
        """The position of a value between worst (0) and best (1); -1 for an infinite value; NaN stays NaN."""
        if math.isinf(value):
            return -1.0
        if self.is_share or math.isnan(value):
            return value
        if self.best == self.worst:
            return 1.0
        share = math.log(self.worst / max(value, self.best)) / math.log(self.worst / self.best)
        return min(1.0, max(0.0, share))

    def level(self, value: float) -> int:
        """The shade, from 0 (worst) to 4 (best). For success 0 means none and 4 means all; for losses of several tasks
        0 means chance, or not known; for the others 0 means an infinite value.
        """
        share = self.share(value)
        if self.measure is Measure.SUCCESS:
            return 0 if share <= 0 else 4 if share >= 1 else 1 + int(share * 3)
        if self.of_tasks and not share > 0:
            return 0
        return 0 if share < 0 else 1 + min(3, int(share * 4))

    @property
    def legend(self) -> tuple[tuple[int, str], ...]:
        """The shades, the best first, each with its meaning."""
        never = "diverged" if self.measure is Measure.LOSS else "not half solved"
        if self.of_tasks:
            texts = ["3/4 of the way to the last level, or more", "1/2", "1/4", "less", "chance"]
        elif self.measure is Measure.SUCCESS:
            texts = ["all", "2/3 or more", "1/3 or more", "fewer", "none solved"]
        elif math.isnan(self.best):
            return ((0, never),)
        elif self.best == self.worst:
            return (4, short_text(self.best, self.measure)), (0, never)
        else:
            ratio = self.worst / self.best
            edges = [short_text(self.best * ratio ** (step / 4), self.measure) for step in range(5)]
            texts = [*(f"{better} to {worse}" for better, worse in itertools.pairwise(edges)), never]
        return tuple(zip((4, 3, 2, 1, 0), texts, strict=True))


def short_text(value: float, measure: Measure) -> str:
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is NaN."""
    if not math.isfinite(value):
        return "" if math.isnan(value) else "-"
    match measure:
        case Measure.SUCCESS:  # 0 and 100 % only for exactly none and all
            return f"{round(100 * value) if value in (0, 1) else min(99, max(1, round(100 * value)))}"
        case Measure.WINDOWS:
            for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
                if value >= 0.9995 * size:
                    return f"{value / size:.1f}{letter}" if value < 99.95 * size else f"{value / size:.0f}{letter}"
            return str(round(value))
        case Measure.LOSS:
            if value < 0.0095:
                return "0" if value < LEAST_SHOWN else f"{value:.0e}".replace("e-0", "e-")
            if value < 999.5:
                return f"{value:.2f}" if value < 0.995 else f"{value:.1f}"
            return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")

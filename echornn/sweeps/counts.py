"""Counts and statistics over the seeds of points of a sweep, and how a map shows them: as numbers and as shades."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from echornn.diagnosis.seed_stats import wilson
from echornn.tasks.task import Numbers, Symbols

LEAST_LOSS, LEAST_TOLD = 1e-6, 1e-9
"""Losses below these have the same shade, and are shown as 0."""


class SeedResult(NamedTuple):
    """The result of one seed at a point.

    Attributes:
        solved_at: the window, from 1, at which the task was solved; None if it was not.
        final_loss: mean loss of the last windows, in nats or squared error; NaN or infinite if the network diverged.
        lost: whether the network solved the task but no longer does in its last windows.
        way: the share of the distance from chance to the last rung of the task's ladder that this loss has covered, 0
            to 1; NaN if the task has no ladder.
    """

    seed: int
    solved_at: int | None
    final_loss: float
    lost: bool = False
    way: float = math.nan

    @property
    def finite_loss(self) -> float:
        """The loss; infinite if the network diverged."""
        return self.final_loss if math.isfinite(self.final_loss) else math.inf

    @property
    def rank(self) -> tuple[float, float, int]:
        """A sort key that puts better results first: by the window at which the task was solved, then by the loss."""
        return self.solved_at or math.inf, self.finite_loss, self.seed


@dataclass(frozen=True)
class SeedCounts:
    """Counts and statistics over the seeds of one or several points.

    Networks that solve the task finish early; those that never do finish last. So shares and windows refer to all
    requested seeds, not only to finished seeds: they are lower or upper bounds until all are finished.

    Attributes:
        trained: the results of all points and seeds.
        failed, missing: the trainings that were given up, and those that are not finished yet.
        left_out: the number of points that cannot be trained.
        points: the counts of each trainable point, if there are several; empty for a single point.
        version: the number of the program version that trains them; newer versions have larger numbers.
        of_others: the number of results by other versions, which are not counted here.
        task: the task, since losses of different tasks are not compared; empty if there are several.
    """

    trained: tuple[SeedResult, ...] = ()
    failed: int = 0
    missing: int = 0
    left_out: int = 0
    points: tuple[SeedCounts, ...] = ()
    version: int = 0
    of_others: int = 0
    task: str = ""

    @classmethod
    def together(cls, all_counts: Iterable[SeedCounts]) -> SeedCounts:
        """The sum of counts; if they have several versions, only of the newest."""
        every = list(all_counts)
        if len(every) == 1:
            return every[0]
        points = tuple(one for one in every if one.asked)
        version = max((one.version for one in points), default=0)
        counted = tuple(one for one in points if one.version == version)
        tasks = {one.task for one in counted}
        return cls(
            tuple(result for one in counted for result in one.trained),
            sum(one.failed for one in counted),
            sum(one.missing for one in counted),
            sum(one.left_out for one in every),
            counted if len(points) > 1 else (),
            version,
            sum(one.finished for one in points if one.version != version),
            tasks.pop() if len(tasks) == 1 else "",
        )

    @property
    def is_pooled(self) -> bool:
        """Whether these are counts of several points, which differ in more than seeds; there is no interval then."""
        return bool(self.points)

    @property
    def finished(self) -> int:
        return len(self.trained)

    @cached_property
    def solved(self) -> int:
        return sum(one.solved_at is not None for one in self.trained)

    @cached_property
    def lost(self) -> int:
        return sum(one.lost for one in self.trained)

    @property
    def asked(self) -> int:
        """The number of requested trainings."""
        return self.finished + self.failed + self.missing

    @property
    def success(self) -> float:
        """The share of all requested trainings that have solved the task so far, 0 to 1; NaN without results."""
        return self.solved / self.asked if self.trained else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927); 0 to 1 without results.

        The lower end assumes that no unfinished training solves the task, the upper end that all do.
        """
        if not self.trained:
            return 0.0, 1.0
        return wilson(self.solved, self.asked)[0], wilson(self.asked - self.finished + self.solved, self.asked)[1]

    @cached_property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved the task; an upper bound while some are
        unfinished. None if fewer have solved it. For several points, it is the median of their values.

        Unlike a median over the trainings that solved the task, it does not improve when others fail.
        """
        if self.points:
            middle = statistics.median(math.inf if one.half_solved is None else one.half_solved for one in self.points)
            return None if math.isinf(middle) else round(middle)
        at = sorted(one.solved_at for one in self.trained if one.solved_at is not None)
        half = -(-self.asked // 2)
        return at[half - 1] if self.trained and len(at) >= half else None

    @cached_property
    def loss(self) -> float:
        """The median of the final losses (the smaller of two middle losses); infinite if most diverged, NaN without
        results. For several points, it is the median of their values; NaN if their tasks differ.
        """
        if not self.trained:
            return math.nan
        if not self.points:
            return sorted(one.finite_loss for one in self.trained)[(self.finished - 1) // 2]
        known = [one for one in self.points if one.trained]
        return statistics.median(one.loss for one in known) if len({one.task for one in known}) == 1 else math.nan

    @cached_property
    def way(self) -> float:
        """The median of `SeedResult.way`, which can be compared between tasks; NaN without results, and if a task has
        no ladder. For several points, it is the median of their values.
        """
        ways = [one.way for one in self.points if one.trained] if self.points else [one.way for one in self.trained]
        if not ways or any(map(math.isnan, ways)):
            return math.nan
        return statistics.median(ways) if self.points else statistics.median_high(ways)

    @cached_property
    def best(self) -> SeedResult | None:
        """The first seed to solve the task, or else the seed with the lowest loss; None if no loss is finite."""
        found = min(self.trained, key=lambda one: one.rank, default=None)
        return found if found is not None and min(found.rank[:2]) < math.inf else None


class Measure(StrEnum):
    """A number that cells can show."""

    SUCCESS = "success"
    """The share of seeds that solved the task."""
    WINDOWS = "windows"
    """The window by which half of the seeds had solved the task."""
    LOSS = "loss"
    """The median of the final losses, each in the unit of its task."""


def words_of(measure: Measure, losses: Collection[str]) -> str:
    """The meaning of a measure, for these kinds of losses: "cross-entropy, nats", "squared error", or both."""
    match measure:
        case Measure.SUCCESS:
            return "seeds that solved it, %"
        case Measure.WINDOWS:
            return "window by which half had solved it"
        case Measure.LOSS:
            if len(losses) > 1:
                return "median final loss, in the unit of each task"
            loss = "".join(losses)
            return f"median final {loss}" if loss == Numbers.loss else f"median final loss, {Symbols.unit}"


def value_of(counts: SeedCounts, measure: Measure) -> float:
    """The value of a measure for a cell; NaN without results, infinite if too few networks solved it for a value."""
    if not counts.trained:
        return math.nan
    match measure:
        case Measure.SUCCESS:
            return counts.success
        case Measure.WINDOWS:
            return math.inf if counts.half_solved is None else counts.half_solved
        case Measure.LOSS:
            return counts.loss


@dataclass(frozen=True)
class Scale:
    """Maps values of a measure to shades; better values have higher shades.

    Attributes:
        best, worst: the finite values at the ends; NaN if there are none. Between them shades are spaced
            logarithmically, except for shares.
        of_tasks: whether losses of several tasks are shown. They have no common scale, so their shades are those of
            `SeedCounts.way`.
    """

    measure: Measure
    best: float
    worst: float
    of_tasks: bool = False

    @classmethod
    def of(cls, all_counts: Collection[SeedCounts], measure: Measure) -> Scale:
        """The scale for the values of these cells."""
        of_tasks = measure is Measure.LOSS and len({counts.task for counts in all_counts if counts.trained}) > 1
        if measure is Measure.SUCCESS or of_tasks:
            return cls(measure, 1.0, 0.0, of_tasks)
        least = 1.0 if measure is Measure.WINDOWS else LEAST_LOSS
        values = (value_of(counts, measure) for counts in all_counts)
        floored = [max(least, value) for value in values if math.isfinite(value)] or [math.nan]
        return cls(measure, min(floored), max(floored))

    @property
    def is_share(self) -> bool:
        """Whether the values are shares, whose shades are spaced evenly."""
        return self.measure is Measure.SUCCESS or self.of_tasks

    def value(self, counts: SeedCounts) -> float:
        """The value that the shade of a cell shows."""
        return counts.way if self.of_tasks else value_of(counts, self.measure)

    def share(self, value: float) -> float:
        """The position of a value between worst (0) and best (1); -1 for an infinite value; NaN stays NaN."""
        if math.isinf(value):
            return -1.0
        if self.is_share or math.isnan(value):
            return value
        if self.best == self.worst:
            return 1.0
        span = math.log(self.worst / self.best)
        return min(1.0, max(0.0, math.log(self.worst / max(value, self.best)) / span))

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
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is NaN.

    Shares are in rounded percent; 0 and 100 only for exactly none and all.
    """
    if not math.isfinite(value):
        return "" if math.isnan(value) else "-"
    match measure:
        case Measure.SUCCESS:
            return f"{round(100 * value) if value in (0, 1) else min(99, max(1, round(100 * value)))}"
        case Measure.WINDOWS:
            return _short_count(round(value))
        case Measure.LOSS:
            return _short_loss(value)


def _short_count(windows: int) -> str:
    for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if windows >= 0.9995 * size:
            scaled = windows / size
            return f"{scaled:.1f}{letter}" if scaled < 99.95 else f"{scaled:.0f}{letter}"
    return str(windows)


def _short_loss(loss: float) -> str:
    """A loss with two significant digits, if possible."""
    if loss < 0.0095:
        return "0" if loss < LEAST_TOLD else f"{loss:.0e}".replace("e-0", "e-")
    if loss < 0.995:
        return f"{loss:.2f}"
    return f"{loss:.1f}" if loss < 999.5 else f"{loss:.0e}".replace("e+0", "e").replace("e+", "e")

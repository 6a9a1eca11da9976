"""Counts and statistics over the seeds of one point of a sweep, or of several points."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from echornn.diagnosis.seed_stats import wilson


class SeedResult(NamedTuple):
    """The result of one seed at a point.

    Attributes:
        seed: the seed of weights and data.
        solved_at: the window, from 1, at which the echo was solved; None if it was not.
        final_loss: mean loss of the last windows, in nats or squared error; NaN or infinite if the network diverged.
        lost: whether the network solved the echo but no longer does in its last windows.
        way: the share of the distance from chance to the last rung of the task's ladder that this loss has covered, 0
            to 1; NaN if the task has no ladder.
    """

    seed: int
    solved_at: int | None
    final_loss: float
    lost: bool = False
    way: float = math.nan

    @property
    def rank(self) -> tuple[float, float, int]:
        """A sort key that puts better results first: by the window at which the echo was solved, then by the loss."""
        return self.solved_at or math.inf, self.final_loss if math.isfinite(self.final_loss) else math.inf, self.seed


@dataclass(frozen=True)
class SeedCounts:
    """Counts and statistics over the seeds of one or several points.

    Networks that solve the echo finish early; those that never do finish last. So shares and windows refer to all
    requested seeds, not only to finished seeds: they are lower or upper bounds until all are finished.

    Attributes:
        trained: the results of all points and seeds.
        failed: the number of trainings that were given up.
        missing: the number of trainings that are not finished yet.
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
        all_of_them = list(all_counts)
        if len(all_of_them) == 1:
            return all_of_them[0]
        points = tuple(counts for counts in all_of_them if counts.asked)
        version = max((counts.version for counts in points), default=0)
        counted = tuple(counts for counts in points if counts.version == version)
        tasks = {counts.task for counts in counted}
        return cls(
            tuple(one for counts in counted for one in counts.trained),
            sum(counts.failed for counts in counted),
            sum(counts.missing for counts in counted),
            sum(counts.left_out for counts in all_of_them),
            counted if len(points) > 1 else (),
            version,
            sum(counts.of_others for counts in all_of_them)
            + sum(counts.finished for counts in points if counts.version != version),
            tasks.pop() if len(tasks) == 1 else "",
        )

    @property
    def is_pooled(self) -> bool:
        """Whether these are counts of several points, which differ in more than seeds; there is no interval then."""
        return bool(self.points)

    @property
    def known(self) -> list[SeedCounts]:
        """The counts of the points with a result; for a single point, these counts."""
        return [point for point in self.points or (self,) if point.trained]

    @property
    def finished(self) -> int:
        """The number of results."""
        return len(self.trained)

    @cached_property
    def solved(self) -> int:
        """The number of results in which the echo was solved."""
        return sum(one.solved_at is not None for one in self.trained)

    @cached_property
    def lost(self) -> int:
        """The number of results in which the echo was solved and lost again."""
        return sum(one.lost for one in self.trained)

    @property
    def asked(self) -> int:
        """The number of requested trainings: finished, given up, and not finished yet."""
        return self.finished + self.failed + self.missing

    @property
    def success(self) -> float:
        """The share of all requested trainings that have solved the echo so far, 0 to 1; NaN without results."""
        return self.solved / self.asked if self.trained else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927); 0 to 1 without results.

        The lower end assumes that no unfinished training solves the echo, the upper end that all do.
        """
        if not self.trained:
            return 0.0, 1.0
        return wilson(self.solved, self.asked)[0], wilson(self.asked - self.finished + self.solved, self.asked)[1]

    @cached_property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved the echo; an upper bound while some are
        unfinished. None if fewer have solved it.

        Unlike a median over the trainings that solved the echo, it does not improve when others fail. For several
        points, it is the median of their values.
        """
        if self.points:
            theirs = [math.inf if point.half_solved is None else point.half_solved for point in self.points]
            middle = statistics.median(theirs)
            return None if math.isinf(middle) else round(middle)
        at = sorted(one.solved_at for one in self.trained if one.solved_at is not None)
        half = -(-self.asked // 2)
        return at[half - 1] if self.trained and len(at) >= half else None

    @cached_property
    def loss(self) -> float:
        """The median of the final losses (the smaller of two middle losses); infinite if most diverged, NaN without
        results.

        For several points, it is the median of their values; NaN if their tasks differ.
        """
        if self.points:
            if len({point.task for point in self.known}) > 1:
                return math.nan
            return statistics.median([point.loss for point in self.known]) if self.trained else math.nan
        if not self.trained:
            return math.nan
        losses = sorted(one.final_loss if math.isfinite(one.final_loss) else math.inf for one in self.trained)
        return losses[(self.finished - 1) // 2]

    @cached_property
    def way(self) -> float:
        """The median of `SeedResult.way`, which can be compared between tasks; NaN without results, and if a task has
        no ladder. For several points, it is the median of their values.
        """
        ways = [point.way for point in self.known] if self.points else [one.way for one in self.trained]
        if not ways or any(map(math.isnan, ways)):
            return math.nan
        return statistics.median(ways) if self.points else sorted(ways)[len(ways) // 2]

    @cached_property
    def best(self) -> SeedResult | None:
        """The first seed to solve the echo, or else the seed with the lowest loss; None if no loss is finite."""
        finite = [one for one in self.trained if one.solved_at is not None or math.isfinite(one.final_loss)]
        return min(finite, key=lambda one: one.rank, default=None)

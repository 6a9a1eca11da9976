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
    """The result of one seed.

    Attributes:
        seed: the seed of weights and data.
        solved_at: the window, from 1, at which the echo was solved; None if it was not.
        final_loss: mean loss of its last windows, nats; not finite if it diverged.
        lost: whether it solved the echo, and no longer does in its last windows.
    """

    seed: int
    solved_at: int | None
    final_loss: float
    lost: bool = False

    @property
    def rank(self) -> tuple[float, float, int]:
        """A sort key; smaller is better: when it was solved, then the loss."""
        return self.solved_at or math.inf, self.final_loss if math.isfinite(self.final_loss) else math.inf, self.seed


@dataclass(frozen=True)
class SeedCounts:
    """Counts and statistics over the seeds of a point, or over several points of a cell.

    Networks that solve the echo finish early, and those that never do finish last. So shares and windows refer to all
    requested seeds, not only to those with a result: they are lower or upper bounds until all are known.

    Attributes:
        trained: the results, one for each point and seed.
        failed: trainings that were given up.
        missing: trainings yet to come.
        left_out: the number of points that cannot be trained.
        points: the counts of each point that can be trained, if there are several; empty for a single point.
        version: the number of the program's version that trains them; newer versions have larger numbers.
        of_others: results of other versions, which are not counted here.
    """

    trained: tuple[SeedResult, ...] = ()
    failed: int = 0
    missing: int = 0
    left_out: int = 0
    points: tuple[SeedCounts, ...] = ()
    version: int = 0
    of_others: int = 0

    @classmethod
    def together(cls, all_counts: Iterable[SeedCounts]) -> SeedCounts:
        """All of these together; if they have several versions, only those of the newest."""
        all_of_them = list(all_counts)
        if len(all_of_them) == 1:
            return all_of_them[0]
        points = tuple(counts for counts in all_of_them if counts.asked)
        version = max((counts.version for counts in points), default=0)
        counted = tuple(counts for counts in points if counts.version == version)
        return cls(
            tuple(one for counts in counted for one in counts.trained),
            sum(counts.failed for counts in counted),
            sum(counts.missing for counts in counted),
            sum(counts.left_out for counts in all_of_them),
            counted if len(points) > 1 else (),
            version,
            sum(counts.of_others for counts in all_of_them)
            + sum(counts.finished for counts in points if counts.version != version),
        )

    @property
    def is_pooled(self) -> bool:
        """Whether it covers several points: then differences are not only due to seeds, and there is no interval."""
        return bool(self.points)

    @property
    def known(self) -> list[SeedCounts]:
        """The points with a result; these counts themselves, unless they cover several points."""
        return [point for point in self.points or (self,) if point.trained]

    @property
    def finished(self) -> int:
        """The number of results."""
        return len(self.trained)

    @cached_property
    def solved(self) -> int:
        """How many of them solved the echo."""
        return sum(one.solved_at is not None for one in self.trained)

    @cached_property
    def lost(self) -> int:
        """How many of those that solved it lost it again by the end."""
        return sum(one.lost for one in self.trained)

    @property
    def asked(self) -> int:
        """The number of requested trainings: done, given up, and to come."""
        return self.finished + self.failed + self.missing

    @property
    def is_whole(self) -> bool:
        """Whether all requested results are known: only then can it be compared."""
        return self.finished == self.asked

    @property
    def success(self) -> float:
        """The share of all requested trainings that are known to have solved it, 0 to 1; NaN if there is no result."""
        return self.solved / self.asked if self.trained else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927); 0 to 1 if there is no result.

        The low end assumes that none of the unknown ones has solved it, the high end that all have.
        """
        if not self.trained:
            return 0.0, 1.0
        return wilson(self.solved, self.asked)[0], wilson(self.asked - self.finished + self.solved, self.asked)[1]

    @cached_property
    def half_solved(self) -> int | None:
        """The window by which half of all requested trainings had solved it; while some are unknown, an upper bound.
        None if fewer are known to have solved it.

        Unlike a median over those that solved it, it does not improve if others fail. For several points it is the
        median of their values.
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
        """Median of the known final losses, nats, of two the smaller; infinite if most diverged, NaN if there is no
        result.

        For several points it is the median of their values.
        """
        if self.points:
            return statistics.median([point.loss for point in self.known]) if self.trained else math.nan
        if not self.trained:
            return math.nan
        losses = sorted(one.final_loss if math.isfinite(one.final_loss) else math.inf for one in self.trained)
        return losses[(self.finished - 1) // 2]

    @cached_property
    def best(self) -> SeedResult | None:
        """The first seed to solve it, or else the one with the lowest loss; None if no loss is finite."""
        finite = [one for one in self.trained if one.solved_at is not None or math.isfinite(one.final_loss)]
        return min(finite, key=lambda one: one.rank, default=None)

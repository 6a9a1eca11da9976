"""What the losses so far show, in a few numbers: the newest losses, means of blocks, when the echo was solved or
lost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from echornn.analysis import rates
from echornn.analysis.reviews import Reviews
from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.levels import guessing_errors, solved_level
from echornn.tasks.solved import RECENT_WINDOWS as RECENT_WINDOWS
from echornn.tasks.solved import Crossings, Levels, crossings, first_below


@dataclass(frozen=True)
class Earlier:
    """The task that these weights had solved before it was changed.

    Attributes:
        config: the configuration of that task.
        solved_at: number along the path, from 1, of the window at which that was solved.
        changed_at: windows along the path at the change.
    """

    config: EchoConfig
    solved_at: int
    changed_at: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the losses show since the weights or the task last changed, without keeping all losses.

    Attributes:
        windows: how many were trained since then.
        recent: float32 [up to RECENT_WINDOWS], the newest losses, oldest first; fewer where they are forgotten.
        solved_at: number along the path, from 1, of the window at which the mean of `RECENT_WINDOWS` first fell below
            `solved_level`; None where it never did.
        reviews: all of them in blocks, since any term of training last changed, the learning rate too.
        before: what was solved before the task was changed; None where nothing was, or the weights are new.
        renewed: windows along the path at which new data was asked for, of what was solved then; None where it was not.
        tried: the fields that were edited where the newest terms began; empty where they began otherwise.
        lost_at: number along the path, from 1, of the window at which it was lost again, see
            `echornn.tasks.solved.crossings`; None where it was not, or was solved anew since.
        too_large: the largest learning rate that these weights were trained at before, of those too large for the
            optimizer; 0 where none was.
    """

    windows: int = 0
    recent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    solved_at: int | None = None
    reviews: Reviews = field(default_factory=Reviews)
    before: Earlier | None = None
    renewed: int | None = None
    tried: tuple[str, ...] = ()
    lost_at: int | None = None
    too_large: float = 0.0

    @property
    def mean(self) -> float:
        """Mean of the recent losses in nats; NaN where there are none, or one is."""
        return float(self.recent.mean(dtype=np.float64)) if self.recent.size else math.nan

    def after(
        self, losses: Floats, config: EchoConfig, trained: int | None = None, errors: Floats | None = None
    ) -> Evidence:
        """The evidence after these losses, float32 [n], of the windows that come next.

        Args:
            trained: windows along the path before them; as many as there is evidence of, unless given.
            errors: float32 [n], their wrong predictions per prediction, 0 to 1; those of guessing, unless given.
        """
        trained = self.windows if trained is None else trained
        errors = np.full(len(losses), guessing_errors(config), np.float32) if errors is None else errors
        joined = np.concatenate([self.recent, losses])
        solved_at = self.solved_at
        if solved_at is None and joined.size >= RECENT_WINDOWS:
            first = first_below(joined, solved_level(config))
            solved_at = None if first is None else trained - self.recent.size + first + RECENT_WINDOWS
        return replace(
            self,
            windows=self.windows + len(losses),
            recent=joined[-RECENT_WINDOWS:].copy(),
            solved_at=solved_at,
            reviews=self.reviews.after(losses, errors),
            lost_at=int(self.crossings(losses, config, trained, solved_at).after(self._each_lost_at)[0]) or None,
        )

    def crossings(self, losses: Floats, config: EchoConfig, trained: int, solved_at: int | None) -> Crossings:
        """At which of these windows, which come next, the echo was lost or solved again; see `after`.

        Args:
            solved_at: as in `Evidence`, after them.
        """
        columns, solved = (self.recent[:, np.newaxis], losses[:, np.newaxis]), np.array([solved_at or 0])
        return crossings(self._each_lost_at, solved, *columns, trained + len(losses), Levels.of([config]))

    @property
    def _each_lost_at(self) -> npt.NDArray[np.int64]:
        return np.array([self.lost_at or 0])

    def under(self, config: EchoConfig, was: EchoConfig, trained: int) -> Evidence:
        """The evidence with which the same weights go on with another configuration, after so many windows along the
        path."""
        if config == replace(was, num_epochs=config.num_epochs):
            return self
        reviews, tried = Reviews(begun=trained), edited(was, config)
        large = was.learning_rate if self.reviews.windows and rates.is_large(was) else 0.0
        too_large = max(self.too_large, large)
        if config.same_task(was):
            return replace(self, reviews=reviews, tried=tried, too_large=too_large)
        solved = self.solved_at is not None and self.mean < 2 * solved_level(was)
        before = Earlier(was, self.solved_at, trained) if solved and self.solved_at is not None else self.before
        return Evidence(reviews=reviews, before=before, tried=tried, too_large=too_large)

    def with_new_data(self, trained: int) -> Evidence:
        """The evidence with which the same weights go on with other data, after so many windows along the path."""
        return self if self.solved_at is None else replace(self, renewed=trained)


def edited(was: EchoConfig, config: EchoConfig) -> tuple[str, ...]:
    """The fields that differ, without those that say how many networks are trained and with which seeds."""
    return tuple(name for name in was.changes_to(config) if name not in ("num_epochs", "seed", "replicas"))

"""The printed records about training: every 100 windows, and after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats
from echornn.history.windows import errors_of, losses_of, summed
from echornn.progress import Counts, Floats, PopulationProgress
from echornn.runs.run_dir import Run
from echornn.timeline.branch import index_in
from tui.cli.records import ladder_fields, seed_stats_fields
from tui.cli.rows import Record

LINE_EVERY = 100
"""The number of windows between two records, as in the tutorial."""


class EpochReport:
    """Turns progress into records: dictionaries about one window, or about a whole epoch.

    A window's record has the loss and the accuracy of the window, an epoch's record the means over the epoch. For
    several networks both have quantiles of the losses, and count the replicas that have solved the task by then.
    """

    def __init__(self, config: EchoConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._begun = clock()
        self._sums, self._windows, self._errors = np.zeros(config.replicas), 0, 0
        self._next: int | None = None
        self._is_whole = True

    def continues(self, progress: PopulationProgress, config: EchoConfig) -> bool:
        """Whether these windows of this configuration follow those reported last: viewers may change the configuration,
        or go elsewhere.
        """
        return config == self.config and self._next in (None, self._first(progress))

    def renewed(self, config: EchoConfig) -> EpochReport:
        """A report that begins with the next windows. The epoch in which they begin gets no record of its own."""
        report = EpochReport(config, self._clock)
        report._begun, report._is_whole = self._begun, False
        return report

    def _first(self, progress: PopulationProgress) -> int:
        """The number of the first of these windows since the first epoch's start, from 0."""
        return progress.epoch * self.config.windows_per_epoch + progress.window + 1 - len(progress.losses)

    def go_on_after(self, run: Run, at: int | None = None) -> None:
        """Take the current epoch's earlier windows from a run that is continued, so that they count in the epoch's
        record, as far as the present configuration has the same epochs.

        Args:
            at: the window of the run's path at which the run continues; by default its current position.
        """
        position = run.position_at(at)
        owner = run.owner(position)
        if owner is None or not owner.config.differs_only_live(self.config):
            return
        _, before = owner.epoch_and_window(position.window)
        for branch, _, _, windows in run.path(position, position.window - before):
            own = index_in(branch.config, self.config)
            which = slice(own, own + self.config.replicas)
            self._add(losses_of(windows)[:, which], errors_of(windows, branch.config)[:, which])

    def records(self, progress: PopulationProgress) -> Iterator[Record]:
        """The records about these windows, in order."""
        per_epoch, count = self.config.windows_per_epoch, len(progress.losses)
        first = self._first(progress)
        self._next = first + count
        self._is_whole = self._is_whole or first % per_epoch == 0
        in_epoch = np.arange(first, first + count) % per_epoch
        begin = 0
        for index in np.flatnonzero((in_epoch % LINE_EVERY == 0) | (in_epoch == per_epoch - 1)).tolist():
            epoch, window = divmod(first + index, per_epoch)
            if window % LINE_EVERY == 0:
                losses, errors = progress.losses[index].astype(np.float64), int(progress.errors[index].sum())
                fields = self._fields(progress, index, losses, 1, errors)
                yield {"event": "window", "epoch": epoch + 1, "window": window + 1, **fields}
            if window == per_epoch - 1:
                self._add(progress.losses[begin : index + 1], progress.errors[begin : index + 1])
                fields = self._fields(progress, index, self._sums, self._windows, self._errors)
                place = ladder_fields(self.config, fields.get("loss", fields.get("loss_50")))
                if self._is_whole:
                    seconds = self._clock() - self._begun
                    yield {"event": "epoch", "epoch": epoch + 1, **fields, **place, "seconds": seconds}
                self._is_whole = True
                self._sums, self._windows, self._errors = np.zeros(self.config.replicas), 0, 0
                begin = index + 1
        self._add(progress.losses[begin:], progress.errors[begin:])

    def _add(self, losses: Floats, errors: Counts) -> None:
        self._sums, self._windows = summed(self._sums, losses), self._windows + len(losses)
        self._errors += int(errors.sum())

    def _fields(
        self, progress: PopulationProgress, index: int, sums: npt.NDArray[np.float64], windows: int, errors: int
    ) -> Record:
        """The numbers about some windows, the last of which has this index, from the sums of their losses, [replicas],
        and their wrong predictions.
        """
        if self.config.replicas == 1:
            return {"loss": float(sums[0] / windows), "accuracy": self.config.accuracy(errors, windows)}
        along, newest = progress.trained - len(progress.losses) + index + 1, progress.losses[index]
        solved_at = np.where(progress.solved_at <= along, progress.solved_at, 0)
        diverged, never = ~np.isfinite(newest), np.zeros_like(solved_at)
        means = (sums / windows).astype(np.float32)
        return seed_stats_fields(SeedStats(solved_at, means, newest, diverged, along, never))

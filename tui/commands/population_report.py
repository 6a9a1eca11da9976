"""The printed records about the training of several networks: every 100 windows, and after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats
from echornn.history.kept_windows import losses_of
from echornn.history.loss_sums import LossSums
from echornn.progress import Floats, PopulationProgress
from echornn.runs.run_dir import Run
from tui.commands.epoch_report import LINE_EVERY, windows_of_the_epoch
from tui.commands.records import Record, seed_stats_fields


class PopulationReport:
    """Makes the records about several networks that train side by side; see `tui.commands.epoch_report.Report`.

    A window's record has the losses of the window, an epoch's record the mean losses of the epoch. Both count the
    replicas that have solved the task by then.
    """

    def __init__(self, config: EchoConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._begun = clock()
        self._epoch = LossSums.none(config.replicas)

    def go_on_after(self, run: Run, at: int | None = None) -> None:
        """See `Report.go_on_after`."""
        for _, windows in windows_of_the_epoch(run, self.config, at):
            self._epoch = self._epoch.after(losses_of(windows))

    def records(self, progress: PopulationProgress) -> Iterator[Record]:
        """See `Report.records`."""
        per_epoch, count = self.config.windows_per_epoch, len(progress.losses)
        first = progress.epoch * per_epoch + progress.window + 1 - count
        begin = 0
        for index in range(count):
            epoch, window = divmod(first + index, per_epoch)
            along = progress.trained - count + index + 1
            newest = progress.losses[index]
            if window % LINE_EVERY == 0:
                where = {"epoch": epoch + 1, "window": window + 1}
                yield {"event": "window", **where, **_fields(progress, along, newest, newest)}
            if window == per_epoch - 1:
                means = self._epoch.after(progress.losses[begin : index + 1]).means
                fields = _fields(progress, along, means, newest)
                yield {"event": "epoch", "epoch": epoch + 1, **fields, "seconds": self._clock() - self._begun}
                self._epoch, begin = LossSums.none(self.config.replicas), index + 1
        self._epoch = self._epoch.after(progress.losses[begin:])


def _fields(progress: PopulationProgress, along: int, means: Floats, newest: Floats) -> Record:
    """The numbers after ``along`` windows of the path."""
    solved_at = np.where(progress.solved_at <= along, progress.solved_at, 0)
    return seed_stats_fields(SeedStats(solved_at, means, newest, ~np.isfinite(newest), along, np.zeros_like(solved_at)))

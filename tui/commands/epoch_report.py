"""The printed records about the training of one network: every 100 windows, and after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats, PopulationProgress
from echornn.runs.run_dir import Run
from tui.commands.records import Record
from tui.commands.windows import Errors, losses_and_errors, own_replica

LINE_EVERY = 100
"""The number of windows between two records, as in the tutorial."""


class Report(Protocol):
    """Turns progress into records: dictionaries about one window, or about a whole epoch."""

    def go_on_after(self, run: Run, at: int | None = None) -> None:
        """Take the current epoch's earlier windows from a run that is continued, so that they count in the epoch's
        record.

        Args:
            at: the window of the run's path at which the run continues; by default its current position.
        """

    def records(self, progress: PopulationProgress) -> Iterator[Record]:
        """The records about these windows, in order."""


class EpochReport:
    """Makes the records about the training of one network; see `Report`."""

    def __init__(self, config: EchoConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._begun = clock()
        self._losses: list[float] = []
        self._errors = 0

    def go_on_after(self, run: Run, at: int | None = None) -> None:
        """See `Report.go_on_after`."""
        for config, losses, errors in windows_of_the_epoch(run, self.config, at):
            own = own_replica(config, self.config)
            self._losses += losses[:, own].tolist()
            self._errors += int(errors[:, own].sum())

    def records(self, progress: PopulationProgress) -> Iterator[Record]:
        """See `Report.records`."""
        per_epoch = self.config.windows_per_epoch
        number = progress.epoch * per_epoch + progress.window + 1 - len(progress.losses)
        for loss, errors in zip(progress.losses[:, 0].tolist(), progress.errors[:, 0].tolist(), strict=True):
            epoch, window = divmod(number, per_epoch)
            self._losses.append(loss)
            self._errors += errors
            number += 1
            if window % LINE_EVERY == 0:
                yield {
                    "event": "window",
                    "epoch": epoch + 1,
                    "window": window + 1,
                    "loss": loss,
                    "accuracy": self.config.accuracy(errors),
                }
            if window == per_epoch - 1:
                yield {
                    "event": "epoch",
                    "epoch": epoch + 1,
                    "loss": float(np.mean(self._losses)),
                    "accuracy": self.config.accuracy(self._errors, len(self._losses)),
                    "seconds": self._clock() - self._begun,
                }
                self._losses, self._errors = [], 0


def windows_of_the_epoch(run: Run, config: EchoConfig, at: int | None) -> Iterator[tuple[EchoConfig, Floats, Errors]]:
    """The recorded windows of the current epoch, as far as this configuration has the same epochs.

    Yields:
        For each range of windows: the configuration, the losses and the errors; see `losses_and_errors`.
    """
    moment = run.moment(at)
    owner = run.owner(moment)
    if owner is None or not owner.config.differs_only_live(config):
        return
    _, before = owner.position(moment.window)
    for branch, _, windows in run.path(moment, moment.window - before):
        yield branch.config, *losses_and_errors(windows, branch.config)

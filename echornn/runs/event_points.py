"""The values of a point in TensorBoard's curves: means over some windows; for several networks, quantiles of means."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.history.kept_windows import StoredWindows, errors_of, losses_of
from echornn.history.loss_sums import LossSums
from echornn.history.quantiles import quantiles
from echornn.progress import Counts, Floats, PopulationProgress

Curves = dict[str, float]
"""The values of a point by their tags."""

SHARES = (0.1, 0.5, 0.9)


class EventPoint:
    """Collects the windows of a point; the values do not depend on the sizes of the pieces in which windows arrive.

    Args:
        config: the configuration of the networks.
        solved: the number of networks that had solved the task before the first window.
    """

    def __init__(self, config: EchoConfig, solved: int = 0) -> None:
        self._config = config
        self._sums = LossSums.none(config.replicas)
        self._errors = 0.0
        self._solved = solved

    def take(self, progress: PopulationProgress, begin: int, end: int) -> None:
        """Add windows ``begin`` to ``end`` of a progress."""
        self._add(progress.losses[begin:end], progress.errors[begin:end])
        along = progress.trained - len(progress.losses) + end
        self._solved = int(np.count_nonzero((progress.solved_at > 0) & (progress.solved_at <= along)))

    def take_again(self, windows: StoredWindows) -> None:
        """Add windows from the run's log."""
        self._add(losses_of(windows), errors_of(windows, self._config))

    def _add(self, losses: Floats, errors: Counts) -> None:
        self._sums = self._sums.after(losses)
        if self._config.replicas == 1:
            self._errors += float(np.where(errors < 0, np.nan, errors).sum())

    def curves(self, windows: int) -> Curves:
        """The values of the point by tag; ``windows`` is the number of its windows.

        For a single network, its mean loss and, if it says symbols, its accuracy, 0 to 1. For several networks, the
        median and the 10 % and 90 % quantiles of their mean losses, and the share of those that have solved the task.
        """
        if self._config.replicas == 1:
            accuracy = self._config.accuracy(self._errors, windows)
            curves = {"loss": float(self._sums.sums[0] / windows), "accuracy": accuracy}
            return curves if self._config.has_classes else {"loss": curves["loss"]}
        low, middle, high = quantiles(self._sums.means[np.newaxis], SHARES)[:, 0].tolist()
        rate = self._solved / self._config.replicas
        return {"loss": middle, "loss_10": low, "loss_90": high, "success_rate": rate}

"""The values of a point in TensorBoard's curves: means over some windows; for several networks, quantiles of means."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.loss_sums import LossSums
from echornn.history.quantiles import quantiles
from echornn.progress import Floats, PopulationProgress
from echornn.runs.loss_log import losses_of

Curves = dict[str, float]
"""The values of a point by their tags."""

SHARES = (0.1, 0.5, 0.9)


class EventPoint(Protocol):
    """Collects the windows of a point; the values do not depend on the sizes of the pieces in which windows arrive."""

    def take(self, progress: PopulationProgress, begin: int, end: int) -> None:
        """Add windows ``begin`` to ``end`` of a progress."""

    def take_again(self, windows: npt.NDArray[Any]) -> None:
        """Add windows from the run's log (see `echornn.runs.loss_log.read_windows`)."""

    def curves(self, windows: int) -> Curves:
        """The values of the point by tag; ``windows`` is the number of its windows."""


class PointOfOne:
    """A point of one network: its mean loss and, if it says symbols, its accuracy, 0 to 1."""

    def __init__(self, config: EchoConfig) -> None:
        self._config = config
        self._losses = self._errors = 0.0

    def take(self, progress: PopulationProgress, begin: int, end: int) -> None:
        """See `EventPoint.take`."""
        self._take(progress.losses[begin:end, 0], progress.errors[begin:end, 0])

    def take_again(self, windows: npt.NDArray[Any]) -> None:
        """See `EventPoint.take_again`."""
        self._take(windows["loss"], np.where(windows["errors"] < 0, np.nan, windows["errors"]))

    def _take(self, losses: Floats, errors: npt.NDArray[Any]) -> None:
        self._losses = float(np.cumsum(np.concatenate([[self._losses], losses]), dtype=np.float64)[-1])
        self._errors += float(errors.sum(dtype=np.float64))

    def curves(self, windows: int) -> Curves:
        """See `EventPoint.curves`."""
        accuracy = {"accuracy": self._config.accuracy(self._errors, windows)} if self._config.has_classes else {}
        return {"loss": self._losses / windows, **accuracy}


class PointOfMany:
    """A point of several networks: the median and the 10 % and 90 % quantiles of their mean losses in nats, and the
    share of networks that have solved the task, 0 to 1.

    Args:
        solved: the number of networks that had solved the task before the first window.
    """

    def __init__(self, config: EchoConfig, solved: int = 0) -> None:
        self._sums = LossSums.none(config.replicas)
        self._solved = solved

    def take(self, progress: PopulationProgress, begin: int, end: int) -> None:
        """See `EventPoint.take`."""
        self._sums = self._sums.after(progress.losses[begin:end])
        along = progress.trained - len(progress.losses) + end
        self._solved = int(np.count_nonzero((progress.solved_at > 0) & (progress.solved_at <= along)))

    def take_again(self, windows: npt.NDArray[Any]) -> None:
        """See `EventPoint.take_again`."""
        self._sums = self._sums.after(losses_of(windows))

    def curves(self, windows: int) -> Curves:
        """See `EventPoint.curves`."""
        low, middle, high = quantiles(self._sums.means[np.newaxis], SHARES)[:, 0].tolist()
        rate = self._solved / len(self._sums.sums)
        return {"loss": middle, "loss_10": low, "loss_90": high, "success_rate": rate}


def point_of(config: EchoConfig, solved: int = 0) -> EventPoint:
    """A new point without windows.

    Args:
        solved: for several networks, how many have solved the task so far.
    """
    return PointOfOne(config) if config.replicas == 1 else PointOfMany(config, solved)

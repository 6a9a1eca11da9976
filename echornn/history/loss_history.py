"""The losses of one or several networks, stored so that any part of their curves is drawn in constant time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.history.path_history import PACKED, StoredWindows, error_rates_of, kept_type, losses_of
from echornn.history.pyramid import (
    ALL,
    FACTOR,
    KEPT_BUCKETS,
    OF_LOSSES,
    Buckets,
    Pyramid,
    PyramidLevel,
    Reducers,
    Which,
    Windows,
)
from echornn.history.quantiles import quantiles
from echornn.progress import Floats

LEVEL_BYTES = 1 << 24
"""Half the most bytes of a pyramid's level; a level may be larger if `LEAST_KEPT` buckets need more."""

LEAST_KEPT = 1 << 9
"""The least number of newest buckets in each level, with any number of replicas; enough to draw a whole run."""

BAND_KEPT = 1 << 16
"""The least number of newest buckets in each level of the quantiles."""

LOSSES_AT_ONCE = 1 << 20
"""The most losses that are added in one step."""


SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
"""The quantiles of a band, over the replicas, in this order."""

OF_BAND: Reducers = (np.fmin, np.add, np.add, np.add, np.fmax, np.fmax)
"""The functions that compute a bucket from smaller buckets: extremes, sums of the quantiles, and the number of replicas
that have solved the task at the end.
"""


def kept_buckets(replicas: int) -> int:
    """The least number of newest buckets in each level, for this number of replicas."""
    of_one = len(OF_LOSSES) * np.dtype(np.float32).itemsize * replicas
    return min(max(LEVEL_BYTES // of_one // FACTOR * FACTOR, LEAST_KEPT), KEPT_BUCKETS)


class LossHistory:
    """The losses and error rates of all windows of all replicas; with several replicas, also quantiles over them.

    Each level has a limited number of buckets (`kept_buckets`), so memory is limited. The finest level stores windows
    in the form of `echornn.history.path_history`. The other levels store double precision for a single network, and
    single precision for several.

    Args:
        config: the configuration of the replicas.
        buckets: the least number of newest buckets in each level; by default `kept_buckets`.
    """

    def __init__(self, config: EchoConfig, buckets: int | None = None) -> None:
        self._config = config
        self._at_once = buckets = kept_buckets(config.replicas) if buckets is None else buckets
        self._each = Pyramid(_FinestLevel(buckets, config), lambda: _level(buckets, config))
        self._all = Pyramid(_band_level(), _band_level) if config.replicas > 1 else None

    def __len__(self) -> int:
        return len(self._each)

    @property
    def replicas(self) -> int:
        """The number of replicas."""
        return self._config.replicas

    def add(self, windows: StoredWindows, solved_at: npt.NDArray[np.int64], before: int = 0) -> None:
        """Add stored windows, in order.

        Args:
            windows: [n, replicas]; see `echornn.history.path_history`.
            solved_at: int64 [replicas], the window along the path, from 1, at which each replica solved the task; 0 if
                it has not.
            before: the number of windows along the path before these.
        """
        at_once = min(self._at_once, max(1, LOSSES_AT_ONCE // self.replicas))
        for begin in range(0, len(windows), at_once):
            some = windows[begin : begin + at_once]
            if self._all is not None:
                solved = solved_after(solved_at, before + begin, len(some))
                band = np.append(quantiles(losses_of(some), SHARES), solved[np.newaxis], axis=0)
                band[: len(SHARES), (some == packed.LOST).all(axis=1)] = np.nan
                self._all.add(band)
            self._each.add(some[np.newaxis])

    def of(self, replica: int) -> ReplicaHistory:
        """The history of one replica; it grows with this history.

        Raises:
            IndexError: there is no replica with this number.
        """
        if not 0 <= replica < self.replicas:
            raise IndexError(f"replica = {replica} is not one of {self.replicas}")
        return ReplicaHistory(self, replica)

    def losses(self, first: int, last: int, which: Which = ALL) -> Floats | None:
        """The losses from window ``first`` to ``last``, float32 [n, replicas]; None if only wider buckets are still
        stored.
        """
        return self._finest(0, first, last, which)

    def error_rates(self, first: int, last: int, which: Which = ALL) -> Floats | None:
        """The error rates from window ``first`` to ``last``, 0 to 1, float32 [n, replicas]; None as in `losses`."""
        return self._finest(3, first, last, which)

    def _finest(self, number: int, first: int, last: int, which: Which) -> Floats | None:
        windows = self._each.windows(first, last, which)
        return None if windows is None else windows[number].astype(np.float32, copy=False)

    def newest(self, first: int, last: int) -> Floats:
        """The losses as from `losses`; if only wider buckets are still stored, their mean over these windows, [1,
        replicas].
        """
        losses = self.losses(first, last)
        if losses is not None:
            return losses
        edges, buckets = self._each.buckets(1 << (last - first).bit_length(), first, last)
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            means: Floats = (buckets[2].sum(axis=0, keepdims=True) / (edges[1] - edges[0]).sum()).astype(np.float32)
        return means

    def each(self, which: Which, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The losses of these replicas in buckets, [4, buckets, replicas]; see `Pyramid.buckets`."""
        return self._each.buckets(width, first, last, which)

    def over_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The quantiles in buckets, [numbers of `OF_BAND`, buckets], see `Pyramid.buckets`; no buckets for a single
        network.
        """
        if self._all is None:
            return np.empty((2, 0), np.int64), np.empty((len(OF_BAND), 0))
        return self._all.buckets(width, first, last)


@dataclass(frozen=True, eq=False)
class ReplicaHistory:
    """The history of one replica.

    Attributes:
        history: the history of all replicas.
        replica: the number of the replica, from 0.
    """

    history: LossHistory
    replica: int

    def __len__(self) -> int:
        return len(self.history)

    @property
    def _which(self) -> slice:
        return slice(self.replica, self.replica + 1)

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The losses in buckets, [4, buckets]; see `Pyramid.buckets`."""
        edges, buckets = self.history.each(self._which, width, first, last)
        return edges, buckets[..., 0].astype(np.float64, copy=False)

    def losses(self, first: int, last: int) -> Floats | None:
        """The losses from window ``first`` to ``last``, float32 [n]; None if only wider buckets are still stored."""
        losses = self.history.losses(first, last, self._which)
        return None if losses is None else losses[:, 0]

    def error_rates(self, first: int, last: int) -> Floats | None:
        """The error rates from window ``first`` to ``last``, 0 to 1, float32 [n]; None as in `losses`."""
        rates = self.history.error_rates(first, last, self._which)
        return None if rates is None else rates[:, 0]


def solved_after(solved_at: npt.NDArray[np.int64], first: int, windows: int) -> npt.NDArray[np.int32]:
    """The number of replicas that have solved the task after each window, int32 [windows].

    Args:
        solved_at: int64 [replicas], the window along the path, from 1, at which each replica solved the task; 0 if it
            has not.
        first: the number of windows along the path before the first of these windows.
    """
    known = np.sort(solved_at[solved_at > 0])
    return np.searchsorted(known, np.arange(first + 1, first + windows + 1), side="right").astype(np.int32)


class _FinestLevel(PyramidLevel):
    """The finest level, which stores the windows themselves."""

    def __init__(self, buckets: int, config: EchoConfig) -> None:
        super().__init__(buckets, OF_LOSSES, (config.replicas,), _number_type(config))
        self._buckets = np.empty((1, *self._buckets.shape[1:]), kept_type(config.replicas))
        self._config = config

    def _numbers(self, begin: int, stop: int, which: Which) -> Sequence[Buckets]:
        windows = np.ascontiguousarray(self._stored(begin, stop)[0][..., which])
        losses = losses_of(windows).astype(self._type, copy=False)
        return [losses, losses, losses, error_rates_of(windows, self._config).astype(self._type, copy=False)]


def _level(buckets: int, config: EchoConfig) -> PyramidLevel:
    return PyramidLevel(buckets, OF_LOSSES, (config.replicas,), _number_type(config))


def _number_type(config: EchoConfig) -> npt.DTypeLike:
    return np.float32 if kept_type(config.replicas) == PACKED else np.float64


def _band_level() -> PyramidLevel:
    return PyramidLevel(BAND_KEPT, OF_BAND)


SUMS_AT_ONCE = 4096
"""This many losses are added up at once, or those of `LEAST_AT_ONCE` windows."""

LEAST_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LossSums:
    """The sum of the losses of some windows, for each replica.

    Attributes:
        sums: float64 [replicas], in nats.
        windows: the number of windows in the sums.
    """

    sums: npt.NDArray[np.float64]
    windows: int = 0

    @classmethod
    def none(cls, replicas: int) -> LossSums:
        """Sums of no windows: all 0."""
        return cls(np.zeros(replicas))

    def after(self, losses: Floats) -> LossSums:
        """The sums after adding these losses, float32 [n, replicas]; the same bits in whatever pieces the losses
        arrive.
        """
        sums, replicas = self.sums, len(self.sums)
        at_once = max(LEAST_AT_ONCE, SUMS_AT_ONCE // replicas)
        for begin in range(0, len(losses), at_once):
            some = losses[begin : begin + at_once]
            # NumPy adds rows one after the other, but the numbers of a single column in pairs
            rows = np.zeros((1 + len(some), max(2, replicas)))
            rows[0, :replicas], rows[1:, :replicas] = sums, some
            sums = rows.sum(axis=0)[:replicas]
        return LossSums(sums, self.windows + len(losses))

    @property
    def means(self) -> Floats:
        """The mean losses, float32 [replicas], in nats; NaN or infinite if a loss was."""
        means: Floats = (self.sums / max(1, self.windows)).astype(np.float32)
        return means

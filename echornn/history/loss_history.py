"""The losses of one network or of several, stored so that any part of their curves is drawn in constant time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.history.band import OF_BAND, SHARES, solved_after
from echornn.history.curve import Curve, HistoryPiece, curve_of
from echornn.history.kept_windows import PACKED, Kept, error_rates_of, kept, kept_type, losses_of
from echornn.history.pyramid import Pyramid
from echornn.history.pyramid_level import ALL, FACTOR, KEPT_BUCKETS, OF_LOSSES, Buckets, PyramidLevel, Which, Windows
from echornn.history.quantiles import quantiles
from echornn.progress import Floats

LEVEL_BYTES = 1 << 24
"""A level of the pyramid may take twice this, or the bytes that `LEAST_KEPT` buckets need."""

LEAST_KEPT = 1 << 9
"""The newest buckets that each level keeps, however many replicas there are: enough to draw a whole run."""

BAND_KEPT = 1 << 16
"""The newest buckets that each level of the quantiles keeps."""

LOSSES_AT_ONCE = 1 << 20
"""The most losses that are added at once."""


def kept_buckets(replicas: int) -> int:
    """The least number of newest buckets that each level keeps for so many replicas."""
    of_one = len(OF_LOSSES) * np.dtype(np.float32).itemsize * replicas
    return min(max(LEVEL_BYTES // of_one // FACTOR * FACTOR, LEAST_KEPT), KEPT_BUCKETS)


class LossHistory:
    """The losses and error rates of all windows of all replicas; for several, also the quantiles over them.

    Memory is bounded by `kept_buckets` in each level. The finest level has the windows as they are kept
    (`echornn.history.kept_windows`); the others have numbers of double precision for a lone network, of single
    precision for several.

    Args:
        config: the configuration of the replicas.
        buckets: the least number of newest buckets that each level keeps; by default `kept_buckets`.
    """

    def __init__(self, config: EchoConfig | None = None, buckets: int | None = None) -> None:
        self._config = config = config or EchoConfig()
        self._at_once = buckets = kept_buckets(config.replicas) if buckets is None else buckets
        self._each = Pyramid(_FinestLevel(buckets, config), lambda: _level(buckets, config))
        self._all = Pyramid(_band_level(), _band_level) if config.replicas > 1 else None

    def __len__(self) -> int:
        return len(self._each)

    @property
    def replicas(self) -> int:
        """The number of replicas."""
        return self._config.replicas

    def append(self, losses: Floats, error_rates: Floats) -> None:
        """Add windows, in order: their losses in nats and their error rates, 0 to 1, float32 [n, replicas], or [n] of a
        lone network.
        """
        shape = (len(losses), self.replicas)
        errors = np.rint(np.reshape(error_rates, shape) * self._config.predictions_per_window).astype(np.int32)
        self.add(kept(np.reshape(losses, shape), errors, self._config), np.zeros(self.replicas, np.int64))

    def add(self, windows: Kept, solved_at: npt.NDArray[np.int64], before: int = 0) -> None:
        """Add windows, in order.

        Args:
            windows: [n, replicas], see `echornn.history.kept_windows`.
            solved_at: int64 [replicas], the window along the path, from 1, at which each solved the task; 0 if not yet.
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
        """The history of one replica; it grows with this one.

        Raises:
            IndexError: there is no such replica.
        """
        if not 0 <= replica < self.replicas:
            raise IndexError(f"replica = {replica} is not one of {self.replicas}")
        return ReplicaHistory(self, replica)

    def curve(self, columns: int, first: int = 0, last: int | None = None, replica: int = 0) -> Curve:
        """One replica's windows from ``first`` up to ``last`` (by default all) in about ``columns`` buckets."""
        last = len(self) if last is None else min(last, len(self))
        return curve_of([HistoryPiece(self.of(replica), 0, 0, last)], columns, min(max(first, 0), last), last)

    def losses(self, first: int, last: int, which: Which = ALL) -> Floats | None:
        """The losses from ``first`` up to ``last``, float32 [n, replicas]; None if only coarser buckets of them are
        kept.
        """
        return self._finest(0, first, last, which)

    def error_rates(self, first: int, last: int, which: Which = ALL) -> Floats | None:
        """The error rates from ``first`` up to ``last``, float32 [n, replicas]; None as in `losses`."""
        return self._finest(3, first, last, which)

    def _finest(self, number: int, first: int, last: int, which: Which) -> Floats | None:
        windows = self._each.windows(first, last, which)
        return None if windows is None else windows[number].astype(np.float32, copy=False)

    def newest(self, first: int, last: int) -> Floats:
        """As `losses`; the mean over all of these windows, [1, replicas], if only coarser buckets of them are kept."""
        losses = self.losses(first, last)
        if losses is not None:
            return losses
        edges, buckets = self._each.buckets(1 << (last - first).bit_length(), first, last)
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            means: Floats = (buckets[2].sum(axis=0, keepdims=True) / (edges[1] - edges[0]).sum()).astype(np.float32)
        return means

    def each(self, which: Which, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """Buckets of these replicas' losses, as `Pyramid.buckets`: [4, buckets, replicas]."""
        return self._each.buckets(width, first, last, which)

    def over_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """Buckets of the quantiles, as `Pyramid.buckets`: [numbers of `OF_BAND`, buckets]; none for a lone network."""
        if self._all is None:
            return np.empty((2, 0), np.int64), np.empty((len(OF_BAND), 0))
        return self._all.buckets(width, first, last)


@dataclass(frozen=True, eq=False)
class ReplicaHistory:
    """The history of one replica.

    Attributes:
        history: the history of all replicas.
        replica: its number, from 0.
    """

    history: LossHistory
    replica: int

    def __len__(self) -> int:
        return len(self.history)

    @property
    def _which(self) -> slice:
        return slice(self.replica, self.replica + 1)

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """As `Pyramid.buckets` of losses: [4, buckets]."""
        edges, buckets = self.history.each(self._which, width, first, last)
        return edges, buckets[..., 0].astype(np.float64, copy=False)

    def losses(self, first: int, last: int) -> Floats | None:
        """The losses from ``first`` up to ``last``, float32 [n]; None if only coarser buckets of them are kept."""
        losses = self.history.losses(first, last, self._which)
        return None if losses is None else losses[:, 0]

    def error_rates(self, first: int, last: int) -> Floats | None:
        """The error rates from ``first`` up to ``last``, float32 [n]; None as in `losses`."""
        rates = self.history.error_rates(first, last, self._which)
        return None if rates is None else rates[:, 0]


class _FinestLevel(PyramidLevel):
    """A level that keeps the windows themselves."""

    def __init__(self, buckets: int, config: EchoConfig) -> None:
        super().__init__(buckets, OF_LOSSES, (config.replicas,), kept_type(config.replicas))
        self._buckets = self._buckets[:1]
        self._config = config
        self._type = _number_type(config)

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

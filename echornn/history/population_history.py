"""The losses of many networks, stored so that any part of their curves is drawn in constant time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.band import OF_BAND, SHARES, Band
from echornn.history.loss_history import width_of
from echornn.history.packed import LOST, Packed, error_rates_of, losses_of
from echornn.history.pyramid import Pyramid
from echornn.history.pyramid_level import FACTOR, KEPT_BUCKETS, OF_LOSSES, Buckets, PyramidLevel, Which, Windows
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


class PopulationHistory:
    """The losses and error rates of all windows of all replicas, and for each window the quantiles over them.

    Memory is bounded by `kept_buckets` in each level; a window takes four bytes for each replica in the finest level.

    Args:
        replicas: the number of replicas.
        config: the configuration of each, apart from its seed.
        kept: the least number of newest buckets that each level keeps; by default `kept_buckets`.
    """

    def __init__(self, replicas: int, config: EchoConfig, kept: int | None = None) -> None:
        self.replicas = replicas
        self._at_once = kept = kept_buckets(replicas) if kept is None else kept
        finest = _PackedLevel(kept, replicas, config)
        self._each = Pyramid(finest, lambda: PyramidLevel(kept, OF_LOSSES, (replicas,), np.float32))
        self._all = Pyramid(PyramidLevel(BAND_KEPT, OF_BAND), lambda: PyramidLevel(BAND_KEPT, OF_BAND))

    def __len__(self) -> int:
        return len(self._each)

    def append(self, packed: Packed, solved: npt.NDArray[np.int32]) -> None:
        """Add windows, in order.

        Args:
            packed: uint32 [n, replicas], as `echornn.history.packed.pack` makes them.
            solved: int32 [n], the number of replicas that had solved the task after each window, as `solved_after`
                counts.
        """
        at_once = min(self._at_once, max(1, LOSSES_AT_ONCE // self.replicas))
        for begin in range(0, len(packed), at_once):
            some = packed[begin : begin + at_once]
            band = np.append(quantiles(losses_of(some), SHARES), solved[np.newaxis, begin : begin + at_once], axis=0)
            band[: len(SHARES), (some == LOST).all(axis=1)] = np.nan
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

    def losses(self, first: int, last: int) -> Floats | None:
        """The losses from ``first`` up to ``last``, float32 [n, replicas]; None if they are no longer in memory."""
        windows = self._each.windows(first, last)
        return None if windows is None else windows[0]

    def band(self, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The windows from ``first`` up to ``last`` (by default all) in about ``columns`` buckets."""
        last = len(self) if last is None else min(last, len(self))
        return band_of([PopulationPiece(self, 0, 0, last)], columns, min(max(first, 0), last), last)

    def shades(self, replicas: Sequence[int], columns: int, first: int = 0, last: int | None = None) -> Floats:
        """Mean losses of these replicas, a row each, in at most ``columns`` columns; see `shades_of`."""
        last = len(self) if last is None else min(last, len(self))
        return shades_of([PopulationPiece(self, 0, 0, last)], replicas, columns, min(max(first, 0), last), last)

    def each(self, which: Which, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """Buckets of these replicas' losses, as `Pyramid.buckets`: [4, buckets, replicas]."""
        return self._each.buckets(width, first, last, which)

    def over_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """Buckets of the quantiles, as `Pyramid.buckets`: [numbers of `OF_BAND`, buckets]."""
        return self._all.buckets(width, first, last)


@dataclass(frozen=True, eq=False)
class ReplicaHistory:
    """The history of one replica, with the methods of a `LossHistory`.

    Attributes:
        population: the history of all replicas.
        replica: its number, from 0.
    """

    population: PopulationHistory
    replica: int

    def __len__(self) -> int:
        return len(self.population)

    @property
    def _which(self) -> slice:
        return slice(self.replica, self.replica + 1)

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """As `Pyramid.buckets` of losses: [4, buckets]."""
        edges, buckets = self.population.each(self._which, width, first, last)
        return edges, buckets[..., 0].astype(np.float64)

    def losses(self, first: int, last: int) -> Floats | None:
        """The losses from ``first`` up to ``last``, float32 [n]; None if only coarser buckets of them are kept."""
        return self._finest(0, first, last)

    def error_rates(self, first: int, last: int) -> Floats | None:
        """The error rates from ``first`` up to ``last``, float32 [n]; None as in `losses`."""
        return self._finest(3, first, last)

    def _finest(self, number: int, first: int, last: int) -> Floats | None:
        windows = self.population._each.windows(first, last, self._which)
        return None if windows is None else windows[number, :, 0]


@dataclass(frozen=True, eq=False)
class PopulationPiece:
    """A part of a population's history, and its place along a curve.

    Attributes:
        history: the history; None if a single network was trained.
        offset: the window along the curve at which the history begins.
        first, last: the windows along the curve to take from it, ``first <= window < last``.
    """

    history: PopulationHistory | None
    offset: int
    first: int
    last: int


def band_of(pieces: Sequence[PopulationPiece], columns: int, first: int, last: int) -> Band:
    """The windows from ``first`` up to ``last`` of these pieces, in order along the curve, in about ``columns``
    buckets."""
    width = width_of(columns, last - first)
    edges: list[Windows] = [np.empty((2, 0), np.int64)]
    values: list[Buckets] = [np.empty((len(OF_BAND), 0))]
    replicas: list[int] = []
    for piece in pieces:
        begin, end = max(first, piece.first), min(last, piece.last)
        if piece.history is not None and begin < end:
            of_piece, buckets = piece.history.over_all(width, begin - piece.offset, end - piece.offset)
            edges.append(of_piece + piece.offset)
            values.append(buckets)
            replicas += [piece.history.replicas] * buckets.shape[1]
    starts, ends = np.concatenate(edges, axis=1)
    low, tenth, median, ninetieth, high, solved = np.concatenate(values, axis=1)
    counts = ends - starts
    with np.errstate(over="ignore"):  # a loss beyond float32's range is drawn as infinite
        return Band(
            first,
            last,
            width,
            starts,
            ends,
            low.astype(np.float32),
            (tenth / counts).astype(np.float32),
            (median / counts).astype(np.float32),
            (ninetieth / counts).astype(np.float32),
            high.astype(np.float32),
            solved.astype(np.int32),
            np.array(replicas, np.int32),
        )


def shades_of(
    pieces: Sequence[PopulationPiece], replicas: Sequence[int], columns: int, first: int, last: int
) -> Floats:
    """Mean losses of these replicas from window ``first`` up to ``last``, in columns of equal width.

    Returns:
        float32 [replicas, columns], with fewer columns if there are fewer windows; NaN if a loss is NaN, if a single
        network was trained, or if there is no such replica.
    """
    columns = max(0, min(columns, last - first))
    shades = np.full((len(replicas), columns), np.nan, np.float32)
    if not columns:
        return shades
    cuts = first + np.arange(columns + 1) * (last - first) // columns
    width = max(1, width_of(columns, last - first) // 2)
    for piece in pieces:
        begin, end = max(first, piece.first), min(last, piece.last)
        if piece.history is None or begin >= end:
            continue
        known = np.array([at for at, one in enumerate(replicas) if one < piece.history.replicas], np.int64)
        which = np.array(replicas, np.int64)[known]
        edges, buckets = piece.history.each(which, width, begin - piece.offset, end - piece.offset)
        starts, ends = edges + piece.offset
        inside = np.flatnonzero((cuts[1:] > begin) & (cuts[:-1] < end))
        at = np.clip(np.searchsorted(ends, cuts[inside], side="right"), 0, len(ends) - 1)
        counts = np.add.reduceat(ends - starts, at)[:, np.newaxis]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            sums = np.add.reduceat(buckets[2], at, axis=0)
        shades[np.ix_(known, inside)] = (sums / counts).T
    return shades


class _PackedLevel(PyramidLevel):
    """A level that keeps the windows themselves, packed."""

    def __init__(self, kept: int, replicas: int, config: EchoConfig) -> None:
        super().__init__(kept, OF_LOSSES, (replicas,), np.uint32)
        self._buckets = self._buckets[:1]
        self._config = config

    def _numbers(self, begin: int, stop: int, which: Which) -> Sequence[Buckets]:
        packed = np.ascontiguousarray(self._stored(begin, stop)[0][..., which])
        losses = losses_of(packed)
        return [losses, losses, losses, error_rates_of(packed, self._config)]

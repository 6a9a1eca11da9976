"""The losses along a path of many branches, prepared for drawing: short branches are combined into one bucket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.history.curve import HistoryPiece, OfOne, Segment
from echornn.history.pyramid import OF_LOSSES, Buckets, Windows
from echornn.progress import Counts, Floats, PopulationProgress

NO_SUMS: Buckets = np.empty((len(OF_LOSSES), 0))


@dataclass(frozen=True, eq=False)
class PathHistory:
    """The branches along a path. All branches but the last are also stored as one bucket each, so that thousands of
    short branches are drawn quickly.

    Attributes:
        starts: int64 [branches], the window of the path at which each branch begins.
        histories: the losses of each branch, for the network to which the path belongs.
        sums: float64 [4, branches - 1], each branch except the last as one bucket (see `Buckets`).
        segments: the segment with which each branch begins.
    """

    starts: Windows
    histories: tuple[OfOne, ...]
    sums: Buckets
    segments: tuple[Segment, ...]

    def segments_near(self, first: int, last: int) -> tuple[Segment, ...]:
        """All segments that overlap the windows ``first`` to ``last``, and one more on each side."""
        begin, stop = np.searchsorted(self.starts, [first, max(last, 1)]).tolist()
        return self.segments[max(0, begin - 1) : stop + 1]

    def pieces(self, width: int, first: int, last: int) -> list[HistoryPiece[OfOne]]:
        """The pieces to draw from window ``first`` to ``last``. A branch that is at least as long as a bucket is a
        piece; shorter branches between such branches are combined into one piece.

        Args:
            width: the number of windows in a bucket.
        """
        begin = int(np.searchsorted(self.starts, first, side="right")) - 1
        stop = int(np.searchsorted(self.starts, last, side="left"))
        if begin < 0 or stop <= begin:
            return []
        starts = self.starts[begin:stop]
        ends = np.append(starts[1:], last)
        alone = ends - starts >= width
        alone[[0, -1]] = True  # the outermost branches may reach beyond the windows that are drawn
        pieces: list[HistoryPiece[OfOne]] = []
        after = 0
        for at in np.flatnonzero(alone).tolist():
            if after < at:
                short = slice(begin + after, begin + at)
                joined = _Joined(starts[after:at], ends[after:at], self.sums[:, short])
                pieces.append(HistoryPiece(joined, 0, int(starts[after]), int(ends[at - 1])))
            pieces.append(HistoryPiece(self.histories[begin + at], int(starts[at]), int(starts[at]), int(ends[at])))
            after = at + 1
        return pieces


NO_PATH = PathHistory(np.empty(0, np.int64), (), NO_SUMS, ())


def in_one_bucket(history: OfOne, windows: int) -> Buckets:
    """The first ``windows`` windows of a history as one bucket, float64 [4, 1]."""
    _, buckets = history.buckets(1 << max(1, windows).bit_length(), 0, windows)
    nothing = np.array([[np.nan], [np.nan], [0.0], [0.0]])
    parts = zip(OF_LOSSES, np.concatenate([nothing, buckets], axis=1), strict=True)
    return np.stack([reducer.reduce(one, keepdims=True) for reducer, one in parts])


@dataclass(frozen=True, eq=False)
class _Joined:
    """Consecutive branches that are shorter than a bucket, of which only one bucket each is known."""

    starts: Windows
    ends: Windows
    sums: Buckets

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The losses in buckets, see `Pyramid.buckets`. Branches that begin within the same ``width`` windows are
        combined into one bucket.
        """
        (there,) = np.nonzero(self.ends > self.starts)
        if not there.size:
            return np.empty((2, 0), np.int64), NO_SUMS
        starts, ends, sums = self.starts[there], self.ends[there], self.sums[:, there]
        at = np.append(0, np.flatnonzero(np.diff(starts // width)) + 1)
        edges = np.stack([starts[at], ends[np.append(at[1:], len(ends)) - 1]])
        return edges, np.stack([reducer.reduceat(one, at) for reducer, one in zip(OF_LOSSES, sums, strict=True)])


StoredWindows = npt.NDArray[Any]
"""Stored windows, [n, replicas], of the type `kept_type`."""

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A stored window of a single network: mean cross-entropy in nats, and the number of wrong predictions among batch_size
* T.
"""

PACKED = np.dtype("<u4")
"""A stored window of one of several networks; see `echornn.history.packed`."""

LOST = b"\xff"
"""The value of every byte of a lost window, whose losses were dropped because the disk could not be written for too
long. It is read as a loss of NaN and an impossible number of errors for each network.
"""


def kept_type(replicas: int) -> np.dtype[Any]:
    """The type of a stored window, with this number of networks."""
    return WINDOW if replicas == 1 else PACKED


def kept(losses: Floats, errors: Counts, config: EchoConfig) -> StoredWindows:
    """Convert windows to their stored form.

    Args:
        losses: float32 [n, replicas], in nats.
        errors: int32 [n, replicas], the number of wrong predictions; -1 for a lost window.
    """
    if kept_type(config.replicas) == PACKED:
        return packed.pack(losses, errors, config)
    windows = np.empty(losses.shape, WINDOW)
    windows["loss"], windows["errors"] = losses, errors
    return windows


def stored_windows(progress: PopulationProgress, config: EchoConfig) -> StoredWindows:
    """The windows of a progress in their stored form."""
    return kept(progress.losses, progress.errors, config) if progress.packed is None else progress.packed


def as_stored(progress: PopulationProgress, config: EchoConfig) -> PopulationProgress:
    """The progress with its losses and errors rounded as they are stored; unchanged for a single network."""
    if kept_type(config.replicas) == WINDOW:
        return progress
    windows = stored_windows(progress, config)
    return replace(progress, losses=losses_of(windows), errors=errors_of(windows, config), packed=windows)


def lost(count: int, replicas: int) -> StoredWindows:
    """Lost windows in stored form."""
    of_each = kept_type(replicas)
    return np.full(count * replicas * of_each.itemsize, LOST[0], np.uint8).view(of_each).reshape(count, replicas)


def losses_of(windows: StoredWindows) -> Floats:
    """The losses of stored windows in nats, float32 [n, replicas]; NaN for a lost window."""
    losses: Floats = windows["loss"] if windows.dtype == WINDOW else packed.losses_of(windows)
    return losses


def errors_of(windows: StoredWindows, config: EchoConfig) -> Counts:
    """The number of wrong predictions in stored windows, int32 [n, replicas]; negative for a lost window."""
    errors: Counts = windows["errors"] if windows.dtype == WINDOW else packed.errors_of(windows, config)
    return errors


def error_rates_of(windows: StoredWindows, config: EchoConfig) -> Floats:
    """The share of wrong predictions in stored windows, 0 to 1, float32 [n, replicas]; NaN for a lost window."""
    if windows.dtype != WINDOW:
        return packed.error_rates_of(windows, config)
    rates = (windows["errors"] / config.predictions_per_window).astype(np.float32)
    rates[windows["errors"] < 0] = np.nan
    return rates

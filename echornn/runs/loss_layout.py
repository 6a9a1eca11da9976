"""The loss log: stored windows (`echornn.history.windows`) one after the other, with an entry for each network."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from echornn.files import own_files
from echornn.history.windows import StoredWindows, kept_type, lost

BYTES_AT_A_TIME = 1 << 21
"""The number of bytes that are read at once."""


def row_bytes(replicas: int) -> int:
    """The bytes of a window of ``replicas`` networks."""
    return kept_type(replicas).itemsize * replicas


class LogRows(NamedTuple):
    """Consecutive windows of the loss log with the same number of networks.

    Attributes:
        first, last: the windows, ``first <= window < last``.
        replicas: the number of networks.
        offset: the position of the first window in the log, in bytes.
    """

    first: int
    last: int
    replicas: int
    offset: int


@dataclass(frozen=True)
class LossLayout:
    """The number of networks of each window of a loss log.

    Attributes:
        changes: pairs (window, number of networks from this window on). Windows are counted from 0 in the whole run;
            the first pair is for window 0, and windows increase.
    """

    changes: tuple[tuple[int, int], ...] = ((0, 1),)

    def since(self, window: int, replicas: int) -> LossLayout:
        """The layout if ``replicas`` networks are trained from ``window`` on, which must not be before the last
        change.
        """
        earlier = self.changes if self.changes[-1][0] < window else self.changes[:-1]
        if earlier and earlier[-1][1] == replicas:
            return self if earlier is self.changes else LossLayout(earlier)
        return LossLayout((*earlier, (window, replicas)))

    def offset(self, window: int) -> int:
        """The position of a window in the log, in bytes."""
        at = self._part(window)
        first, replicas = self.changes[at]
        return self._offsets[at] + (window - first) * row_bytes(replicas)

    def windows(self, length: int) -> int:
        """The number of complete windows in the first ``length`` bytes of the log."""
        at = bisect.bisect_right(self._offsets, length) - 1
        first, replicas = self.changes[at]
        return first + (length - self._offsets[at]) // row_bytes(replicas)

    def rows(self, first: int, last: int) -> Iterator[LogRows]:
        """The windows ``first <= window < last``, grouped by number of networks."""
        at = self._part(first)
        while first < last:
            end = min(last, self.changes[at + 1][0]) if at + 1 < len(self.changes) else last
            yield LogRows(first, end, self.changes[at][1], self.offset(first))
            first, at = end, at + 1

    def _part(self, window: int) -> int:
        return bisect.bisect_right(self.changes, window, key=lambda change: change[0]) - 1

    @functools.cached_property
    def _offsets(self) -> list[int]:
        offsets = [0]
        for (first, replicas), (after, _) in itertools.pairwise(self.changes):
            offsets.append(offsets[-1] + (after - first) * row_bytes(replicas))
        return offsets


OF_ONE = LossLayout()
"""The layout of a run with a single network throughout, as in records of early versions."""


def windows_at_a_time(replicas: int) -> int:
    """The number of windows of ``replicas`` networks that are read at once."""
    return max(1, BYTES_AT_A_TIME // row_bytes(replicas))


def read_windows(file: Path, layout: LossLayout, first: int, last: int, replicas: int = 1) -> StoredWindows:
    """Windows ``first`` to ``last`` of a loss log, which have ``replicas`` networks.

    Windows that the log lacks, or has for another number of networks, are returned as lost windows.
    """
    windows = lost(last - first, replicas)
    with own_files.reader(file) as log:
        for rows in layout.rows(first, last):
            if rows.replicas == replicas:
                log.seek(rows.offset)
                there = own_files.read_records(log, windows.dtype, (rows.last - rows.first) * replicas)
                whole = len(there) // replicas
                begin = rows.first - first
                windows[begin : begin + whole] = there[: whole * replicas].reshape(whole, replicas)
    return windows

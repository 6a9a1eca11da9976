"""Where each window is in the loss log, whose rows have one entry for each network."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from echornn.config import MAX_REPLICAS
from echornn.history.kept_windows import kept_type


def row_bytes(replicas: int) -> int:
    """Bytes that a window of so many networks takes."""
    return kept_type(replicas).itemsize * replicas


class LogRows(NamedTuple):
    """Consecutive windows with the same number of networks.

    Attributes:
        first, last: the windows in the loss log, ``first <= window < last``.
        replicas: the number of networks.
        offset: the bytes of the log before them.
    """

    first: int
    last: int
    replicas: int
    offset: int


@dataclass(frozen=True)
class LossLayout:
    """How many networks' losses each window of a loss log holds.

    Attributes:
        changes: pairs of a window, counted from 0 in the whole run, and the number of networks from it on; the first
            pair is for window 0, and each window is later than the one before.

    Raises:
        ValueError: the pairs are not like that.
    """

    changes: tuple[tuple[int, int], ...] = ((0, 1),)

    def __post_init__(self) -> None:
        firsts = [first for first, _ in self.changes]
        if firsts[:1] != [0] or any(one >= after for one, after in itertools.pairwise(firsts)):
            raise ValueError("the layout's windows are not in their order, from 0 on")
        if not all(1 <= replicas <= MAX_REPLICAS for _, replicas in self.changes):
            raise ValueError(f"the layout has a number of networks that is not 1 to {MAX_REPLICAS:,}")

    def since(self, window: int, replicas: int) -> LossLayout:
        """The layout if so many networks are trained from this window on, which is not before the last change."""
        earlier = self.changes if self.changes[-1][0] < window else self.changes[:-1]
        if earlier and earlier[-1][1] == replicas:
            return self if earlier is self.changes else LossLayout(earlier)
        return LossLayout((*earlier, (window, replicas)))

    def offset(self, window: int) -> int:
        """Bytes of the log before a window."""
        at = self._part(window)
        first, replicas = self.changes[at]
        return self._offsets[at] + (window - first) * row_bytes(replicas)

    def windows(self, length: int) -> int:
        """The number of whole windows in the first ``length`` bytes of the log."""
        at = bisect.bisect_right(self._offsets, length) - 1
        first, replicas = self.changes[at]
        return first + (length - self._offsets[at]) // row_bytes(replicas)

    def rows(self, first: int, last: int) -> Iterator[LogRows]:
        """Windows ``first <= window < last``, grouped by the number of networks."""
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
"""The layout of one network all along, as in records from before there were replicas."""

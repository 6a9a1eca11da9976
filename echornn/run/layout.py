"""Where the windows of a run are in its loss log: how many networks each window has."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from echornn.history.windows import kept_type


@dataclass(frozen=True)
class LossLayout:
    """The number of networks of each window of a loss log, which has an entry for each of them."""

    # (window, number of networks from it on), by ascending window; the first is window 0
    changes: tuple[tuple[int, int], ...] = ((0, 1),)

    def since(self, window: int, replicas: int) -> LossLayout:
        """The layout if ``replicas`` networks are trained from ``window`` on."""
        earlier = self.changes
        # A change without windows of its own
        if earlier[-1][0] >= window:
            earlier = earlier[:-1]
        if earlier and earlier[-1][1] == replicas:
            return LossLayout(earlier)
        return LossLayout((*earlier, (window, replicas)))

    def offset(self, window: int) -> int:
        """The position of a window in the log, in bytes."""
        part = bisect.bisect_right(self.changes, window, key=lambda change: change[0]) - 1
        first, replicas = self.changes[part]
        return self._offsets[part] + (window - first) * row_bytes(replicas)

    def windows(self, length: int) -> int:
        """The number of complete windows in the first ``length`` bytes of the log."""
        part = bisect.bisect_right(self._offsets, length) - 1
        first, replicas = self.changes[part]
        return first + (length - self._offsets[part]) // row_bytes(replicas)

    def parts(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """The windows ``first <= window < last`` in parts with the same number of networks: first,
        last, networks."""
        ends = [window for window, _ in self.changes[1:]]
        for (change, replicas), change_end in zip(self.changes, [*ends, last], strict=True):
            begin = max(change, first)
            end = min(change_end, last)
            if begin < end:
                yield begin, end, replicas

    @cached_property
    def _offsets(self) -> list[int]:
        """The position of each change in the log, in bytes."""
        offsets = [0]
        for (first, replicas), (end, _) in itertools.pairwise(self.changes):
            offsets.append(offsets[-1] + (end - first) * row_bytes(replicas))
        return offsets


def row_bytes(replicas: int) -> int:
    return kept_type(replicas).itemsize * replicas


OF_ONE = LossLayout()  # of a run with a single network throughout, as in records of early versions

"""Mean losses of blocks of windows. The blocks get longer, so a run of any length needs little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats

FIRST_BLOCK = 64
"""The number of windows in each of the first blocks."""

BLOCKS_IN_HALF = 32
"""The least number of blocks in the second half of a long run; there are at most twice as many."""

UNIT = 2.0**-24
"""Losses and error rates are added as integer multiples of this number, so that a sum does not depend on the pieces in
which losses arrive.
"""

HIGHEST = 1024.0
"""The largest loss in nats; higher losses count as this."""

LOWEST = 2.0**-24
"""The smallest loss whose logarithm is taken; lower losses count as this."""

Numbers = npt.NDArray[np.float64]
Windows = npt.NDArray[np.int64]


class _Block(NamedTuple):
    """The sums over the windows of an incomplete block; losses, their logarithms and error rates are multiples of
    `UNIT`.
    """

    windows: int = 0
    losses: int = 0
    logs: int = 0
    errors: int = 0
    bad: int = 0


NOTHING = _Block()


@dataclass(frozen=True, eq=False)
class BlockMeans:
    """The mean loss and error rate of each block of windows since the training settings last changed.

    A complete block does not depend on later losses, nor on the pieces in which losses arrive. So the blocks at an
    earlier position are the beginning of the blocks now. There are about ``32 * log2(windows / 4096) + 64`` blocks.

    Attributes:
        begun: the number of windows along the path before the first block.
        windows: the number of windows since then.
        ends: int64 [blocks], the number of windows up to the end of each block.
        losses: float64 [blocks], the mean loss of each block in nats, at most `HIGHEST`; NaN if a loss was NaN or
            infinite.
        logs: float64 [blocks], the mean of the natural logarithms of each block's losses, without the NaN and infinite
            ones; single spikes hardly change it.
        errors: float64 [blocks], the share of wrong predictions, 0 to 1.
    """

    begun: int = 0
    windows: int = 0
    ends: Windows = field(default_factory=lambda: np.empty(0, np.int64))
    losses: Numbers = field(default_factory=lambda: np.empty(0))
    logs: Numbers = field(default_factory=lambda: np.empty(0))
    errors: Numbers = field(default_factory=lambda: np.empty(0))
    under_way: _Block = NOTHING
    """The block that is not yet complete."""

    def __len__(self) -> int:
        """The number of complete blocks."""
        return len(self.ends)

    def after(self, losses: Floats, errors: Floats) -> BlockMeans:
        """The blocks after more windows, which have these losses in nats and these error rates, 0 to 1, float32 [n]
        each.

        Both are NaN for a lost window; the mean loss of its block is then NaN, and no errors are added.
        """
        windows = self.windows + len(losses)
        ends = list(_ends_between(self.windows, windows))
        edges = np.array([0, *(end - self.windows for end in ends), len(losses)])
        bad = ~np.isfinite(losses)
        sums = (
            _sums(_whole(np.where(bad, 0, losses)), edges),
            _sums(_logs(np.where(bad, 1, losses)), edges),
            _sums(_whole(np.nan_to_num(errors)), edges),
            _sums(bad, edges),
        )
        blocks = [_Block(*block) for block in zip(np.diff(edges).tolist(), *sums, strict=True)]
        blocks[0] = _Block(*map(int.__add__, self.under_way, blocks[0]))
        *complete, under_way = blocks
        return replace(
            self,
            windows=windows,
            ends=np.append(self.ends, np.array(ends, np.int64)),
            losses=np.append(self.losses, [np.nan if one.bad else one.losses * UNIT / one.windows for one in complete]),
            logs=np.append(self.logs, [one.logs * UNIT / max(1, one.windows - one.bad) for one in complete]),
            errors=np.append(self.errors, [one.errors * UNIT / one.windows for one in complete]),
            under_way=under_way,
        )

    def until(self, windows: int) -> BlockMeans:
        """The blocks after only the first ``windows`` windows, without the block that was incomplete then.

        The windows since the last of `ends` can then be added again with `after`.
        """
        count = int(np.searchsorted(self.ends, windows, side="right"))
        end = int(self.ends[count - 1]) if count else 0
        cut = (self.ends[:count], self.losses[:count], self.logs[:count], self.errors[:count])
        return BlockMeans(self.begun, end, *cut)


def _sums(values: npt.NDArray[np.bool_] | Windows, edges: Windows) -> list[int]:
    """The sum of the values between each edge and the next."""
    known = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=known[1:])
    sums: list[int] = np.diff(known[edges]).tolist()
    return sums


def _whole(values: npt.ArrayLike) -> Windows:
    whole: Windows = np.rint(np.clip(values, 0, HIGHEST) / UNIT).astype(np.int64)
    return whole


def _logs(losses: npt.ArrayLike) -> Windows:
    logs: Windows = np.rint(np.log(np.clip(losses, LOWEST, HIGHEST).astype(np.float64)) / UNIT).astype(np.int64)
    return logs


def _ends_between(windows: int, last: int) -> Iterator[int]:
    """The ends of the blocks after ``windows`` windows, up to ``last``."""
    while True:
        size = max(FIRST_BLOCK, 1 << max(0, windows.bit_length() - 1) >> BLOCKS_IN_HALF.bit_length() - 1)
        windows = (windows // size + 1) * size
        if windows > last:
            return
        yield windows

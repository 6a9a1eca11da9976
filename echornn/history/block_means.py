"""The mean losses of blocks of windows, by which training is judged: few, however long it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from echornn.history.buckets import Windows
from echornn.progress import Floats

Numbers = npt.NDArray[np.float64]

FIRST_BLOCK = 64  # windows in each of the first blocks
# The least blocks in the second half of a long run; there are at most twice as many
BLOCKS_IN_HALF = 32
LOWEST, HIGHEST = 2.0**-24, 1024.0  # other losses count as these; the lowest in a logarithm only

UNIT = 2.0**-24
"""Losses are added as multiples of this number, so that a sum does not depend on the pieces in
which they arrive."""


@dataclass(frozen=True, eq=False)
class BlockMeans:
    """The mean loss and error rate of each block of windows since the training settings last
    changed.

    A complete block does not depend on later losses, nor on the pieces in which losses arrive. So
    the blocks at an earlier position are the beginning of the blocks now. There are about ``32 *
    log2(windows / 4096) + 64`` blocks.
    """

    begun: int = 0  # windows along the path before the first block
    windows: int = 0  # since then
    # [blocks], in windows since ``begun``
    ends: Windows = field(default_factory=lambda: np.empty(0, np.int64))
    # [blocks], NaN if one is NaN or infinite
    losses: Numbers = field(default_factory=lambda: np.empty(0))
    # Of losses without these; spikes hardly change them
    logs: Numbers = field(default_factory=lambda: np.empty(0))
    # Shares of wrong predictions, 0 to 1
    errors: Numbers = field(default_factory=lambda: np.empty(0))
    under_way: Windows = field(default_factory=lambda: np.zeros(4, np.int64))
    """The sums of these since the last block, in multiples of `UNIT`, and the number of NaN or
    infinite losses."""

    def __len__(self) -> int:
        return len(self.ends)

    def after(self, losses: Floats, errors: Floats) -> BlockMeans:
        """The blocks after more windows, with these losses and error rates, float32 [n]; both NaN
        for a lost window."""
        windows = self.windows + len(losses)
        new_ends = np.array(list(_ends_between(self.windows, windows)), np.int64)
        sums = _sums(losses, errors, new_ends - self.windows)
        sums[:, 0] += self.under_way
        if not len(new_ends):
            return replace(self, windows=windows, under_way=sums[:, 0])
        losses_in, logs_in, errors_in, bad_in = sums[:, :-1]
        ends = np.append(self.ends, new_ends)
        sizes = np.diff(ends, prepend=0)[len(self) :]
        new_losses = np.where(bad_in > 0, np.nan, losses_in * UNIT / sizes)
        new_logs = logs_in * UNIT / np.maximum(1, sizes - bad_in)
        return BlockMeans(
            self.begun,
            windows,
            ends,
            np.append(self.losses, new_losses),
            np.append(self.logs, new_logs),
            np.append(self.errors, errors_in * UNIT / sizes),
            sums[:, -1],
        )

    def until(self, windows: int) -> BlockMeans:
        """The complete blocks of the first ``windows`` windows; the windows since then can be added
        again."""
        count = int(np.searchsorted(self.ends, windows, side="right"))
        end = int(self.ends[count - 1]) if count else 0
        means = self.losses[:count], self.logs[:count], self.errors[:count]
        return BlockMeans(self.begun, end, self.ends[:count], *means)


def _sums(losses: Floats, errors: Floats, ends: Windows) -> Windows:
    """The sums of losses, their logarithms, errors and bad losses between these ends, and after the
    last, as whole numbers: int64 [4, ends + 1]."""
    is_bad = ~np.isfinite(losses)
    counted = np.clip(np.where(is_bad, 0, losses), 0, HIGHEST)
    in_logs = np.clip(np.where(is_bad, 1, losses), LOWEST, HIGHEST)
    sums = np.zeros((4, len(losses) + 1), np.int64)
    sums[0, :-1] = np.rint(counted / UNIT)
    sums[1, :-1] = np.rint(np.log(in_logs, dtype=np.float64) / UNIT)
    sums[2, :-1] = np.rint(np.fmax(errors, 0) / UNIT)  # 0 where it is not known
    sums[3, :-1] = is_bad
    # behind the last window is a zero, since a block may end there
    return np.asarray(np.add.reduceat(sums, np.append(0, ends), axis=1))


def _ends_between(windows: int, last: int) -> Iterator[int]:
    while True:
        in_half = 1 << max(0, windows.bit_length() - 1)
        size = max(FIRST_BLOCK, in_half >> BLOCKS_IN_HALF.bit_length() - 1)
        windows = (windows // size + 1) * size
        if windows > last:
            return
        yield windows

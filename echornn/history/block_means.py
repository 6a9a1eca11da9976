"""The mean losses of blocks of windows, by which training is judged: few, however long it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from echornn.history.buckets import Windows
from echornn.progress import Floats

Numbers = npt.NDArray[np.float64]

# Chosen by eye, both powers of two:
FIRST_BLOCK = 64  # windows in each of the first blocks
# The least blocks in the second half of a long run; there are at most twice as many
BLOCKS_IN_HALF = 32

HIGHEST = 1024.0  # higher losses count as this; chosen by eye

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
    # Shares of wrong predictions, 0 to 1
    errors: Numbers = field(default_factory=lambda: np.empty(0))
    under_way: Windows = field(default_factory=lambda: np.zeros(3, np.int64))
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
        ends = np.append(self.ends, new_ends)
        sizes = np.diff(ends, prepend=0)[len(self) :]
        loss_sums, error_sums, bad = sums[:, :-1]
        new_losses = np.where(bad > 0, np.nan, loss_sums * UNIT / sizes)
        block_losses = np.append(self.losses, new_losses)
        block_errors = np.append(self.errors, error_sums * UNIT / sizes)
        return BlockMeans(self.begun, windows, ends, block_losses, block_errors, sums[:, -1])

    def until(self, windows: int) -> BlockMeans:
        """The complete blocks of the first ``windows`` windows; the windows since then can be added
        again."""
        count = int(np.searchsorted(self.ends, windows, side="right"))
        ends = self.ends[:count]
        end = int(ends[-1]) if count else 0
        return BlockMeans(self.begun, end, ends, self.losses[:count], self.errors[:count])


def _sums(losses: Floats, errors: Floats, ends: Windows) -> Windows:
    """The sums of losses, errors and bad losses between these ends, and after the last, as whole
    numbers: int64 [3, ends + 1]."""
    is_bad = ~np.isfinite(losses)
    counted = np.clip(np.where(is_bad, 0, losses), 0, HIGHEST)
    sums = np.zeros((3, len(losses) + 1), np.int64)
    sums[0, :-1] = np.rint(counted / UNIT)
    sums[1, :-1] = np.rint(np.fmax(errors, 0) / UNIT)  # 0 where it is not known
    sums[2, :-1] = is_bad
    # behind the last window is a zero, since a block may end there
    return np.asarray(np.add.reduceat(sums, np.append(0, ends), axis=1))


def _ends_between(windows: int, last: int) -> Iterator[int]:
    """The ends of blocks after ``windows`` windows, up to ``last``. Up to window 4096 they are 64,
    128, ..., 4096; then blocks of 128 end at 4224, ..., 8192, blocks of 256 at 8448, and so on."""
    while True:
        half = 1 << max(0, windows.bit_length() - 1)  # the last power of two: of 5000, 4096
        size = max(FIRST_BLOCK, half // BLOCKS_IN_HALF)
        windows = (windows // size + 1) * size
        if windows > last:
            return
        yield windows

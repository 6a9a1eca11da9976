"""The trend of the loss: its mean over the newest blocks, above, at or below chance, and whether it falls or stands.

It is judged at each block of `echornn.history.block_means`, and changes only if the numbers are well beyond a limit, so
that it does not flicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_level, chance_width, is_echo, mean_floor
from echornn.diagnosis.block_falls import (
    SHORT_SPAN,
    SURE,
    fall_of_halves,
    recent_fall,
    smoothed,
    standard_error,
)
from echornn.history.block_means import HIGHEST, BlockMeans

Level = Literal["above", "chance", "below"]

APART, NEAR = MOST_AT_CHANCE, 0.03
"""A mean further from chance than the first share is apart from it; nearer than the second, it is at chance again."""

FALLS, STANDS = 0.06, 0.025
"""The loss falls if it fell by more than the first share of what is left to learn, and stands below the second."""

FIRST_JUDGED = 1024
"""The number of windows before which a loss is never said to stand."""

NOISE_KNOWN = 3
"""The blocks after which the noise is known well enough to tell a loss from chance, where few steps may be scored."""

FAR_APART = 2.0
"""How many times its uncertainty a mean must differ from another, so that it is no luck of many comparisons."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trend:
    """The trend at the newest block since the settings last changed. Windows are counted along the path.

    Attributes:
        level: where the mean is, compared with chance; below if chance is not known.
        mean: the mean loss of the last `SMOOTHED` blocks.
        unsure: its uncertainty due to noise, `SURE` standard errors.
        wrong: the share of wrong predictions in these blocks, 0 to 1.
        falls: whether the loss falls.
        since: the number of windows after which the loss stayed as it is now, as far as noise lets it be seen.
    """

    level: Level
    mean: float
    unsure: float
    wrong: float
    falls: bool
    since: int


def trend(config: EchoConfig, blocks: BlockMeans) -> Trend | None:
    """The trend at the newest of these blocks; None before the first is complete."""
    if not len(blocks):
        return None
    return _trend(config, blocks.begun, *(one.tobytes() for one in (blocks.ends, blocks.losses, blocks.errors)))


@lru_cache(maxsize=8)
def _trend(config: EchoConfig, begun: int, of_ends: bytes, of_losses: bytes, of_errors: bytes) -> Trend:
    """`trend`, computed once for each new block, though every frame needs it."""
    ends, losses, errors = np.frombuffer(of_ends, np.int64), np.frombuffer(of_losses), np.frombuffer(of_errors)
    chance, floor, width = chance_level(config), mean_floor(config), chance_width(config)
    losses = np.where(np.isfinite(losses), losses, HIGHEST)
    means, unsure = smoothed(losses), SURE * standard_error(losses)
    known = np.arange(len(losses)) >= (0 if is_echo(config) else NOISE_KNOWN)
    above = _held(known & (means - unsure > (1 + APART) * chance), means < (1 + NEAR) * chance)
    below = _held(known & (means + unsure < (1 - width * APART) * chance), means > (1 - width * NEAR) * chance)
    below |= np.isnan(chance)
    lately = np.nan_to_num(recent_fall(losses, floor, unsure, SHORT_SPAN))
    fall = np.fmax(fall_of_halves(losses, ends, floor), lately) if is_echo(config) else lately
    begins = np.append(False, below[1:] & ~below[:-1])
    falls = _held((fall > FALLS) | begins, (ends >= FIRST_JUDGED) & (fall < STANDS) & ~_soon_after(begins), first=True)
    noise = FAR_APART * float(max(unsure[-1], np.median(unsure)))
    away = np.flatnonzero(np.abs(means - means[-1]) > max(FALLS * (means[-1] - floor), noise) + 1e-9)
    return Trend(
        "above" if above[-1] else "below" if below[-1] else "chance",
        float(means[-1]),
        float(unsure[-1]),
        float(smoothed(errors)[-1]),
        bool(falls[-1]),
        begun + (int(ends[away[-1]]) if away.size else 0),
    )


def _held(on: Flags, off: Flags, first: bool = False) -> Flags:
    """True from each ``on`` until the next ``off``; ``first`` before the first of them (a Schmitt trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    held: Flags = np.where(newest < 0, first, on[newest])
    return held


def _soon_after(begins: Flags) -> Flags:
    """The ``2 * SHORT_SPAN`` blocks from each of these on."""
    counts = np.cumsum(np.append(np.zeros(2 * SHORT_SPAN, np.int64), begins))
    return np.not_equal(counts[2 * SHORT_SPAN :], counts[: -2 * SHORT_SPAN])

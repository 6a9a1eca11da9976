"""Draws signed numbers as blocks: character and colour show the sign, the character also the size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tui.kit.paint import Characters

POSITIVE, NEGATIVE = "░▒▓█", "▁▂▃▄"
"""From small to large. Positive blocks fill more and more of their cell; negative ones are low bars that grow."""

NOTHING, UNKNOWN = "·", "?"
SATURATED = "▲▼"
"""The arrows for saturated values, positive and negative."""

EDGES = (0.05, 0.3, 0.55, 0.8)
"""Sizes, as shares of the scale, at which the next character begins; smaller values count as zero."""

BlockStyles = npt.NDArray[np.int16]
"""The style of each block: 0 zero or unknown, 1 positive, 2 negative, 3 saturated."""


def scale_of(values: npt.NDArray[np.floating[Any]]) -> float:
    """The largest absolute finite value, which the largest block stands for; 1 if all values are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) or 1.0 if finite.size else 1.0


def signed_blocks(
    values: npt.NDArray[np.floating[Any]],
    scale: float,
    saturated: npt.NDArray[np.bool_] | None = None,
) -> tuple[Characters, BlockStyles]:
    """A character and a style number for each value; NaN is a question mark, infinity the largest block.

    Args:
        values: float [...].
        scale: the size that the largest block stands for, above 0.
        saturated: bool [...], values to draw as arrows.

    Returns:
        str [...] and int16 [...], both of the shape of ``values``.
    """
    ramp = np.array([*NEGATIVE[::-1], NOTHING, *POSITIVE, UNKNOWN])
    known = ~np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        level = np.digitize(np.where(known, np.abs(values), 0) / scale, EDGES)
    sign = np.sign(np.where(known, values, 0)).astype(np.int64)
    characters = ramp[np.where(known, len(EDGES) + sign * level, len(ramp) - 1)]
    styles = np.where(level == 0, 0, np.where(sign > 0, 1, 2)).astype(np.int16)
    if saturated is not None:
        arrows = np.array([*SATURATED])
        characters = np.where(saturated & known, arrows[(sign < 0).astype(np.int64)], characters)
        styles = np.where(saturated & known, 3, styles).astype(np.int16)
    return characters, styles

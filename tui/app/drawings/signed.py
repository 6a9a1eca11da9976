"""Draws signed numbers as blocks: the character shows size and sign, the colour the sign again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tui.kit.paint import Characters

POSITIVE, NEGATIVE = "░▒▓█", "▁▂▃▄"
ASCII_POSITIVE, ASCII_NEGATIVE = ":+*#", "-~=%"
"""From small to large: positive blocks fill their cell more and more, negative ones are low bars that grow."""

NOTHING, UNKNOWN = "·", "?"
ASCII_NOTHING = "."
SATURATED, ASCII_SATURATED = "▲▼", "^v"
"""The arrows of a positive and of a negative saturated value."""

EDGES = (0.05, 0.3, 0.55, 0.8)
"""The shares of the scale at which the glyphs begin; smaller values get the sign for nothing."""

BlockStyles = npt.NDArray[np.int16]
"""0 for nothing or unknown, 1 for positive, 2 for negative, 3 for saturated."""


def scale_of(values: npt.NDArray[np.floating[Any]]) -> float:
    """The largest absolute finite value, which the largest glyph means; 1 if all are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) or 1.0 if finite.size else 1.0


def signed_blocks(
    values: npt.NDArray[np.floating[Any]],
    scale: float,
    ascii_only: bool,
    saturated: npt.NDArray[np.bool_] | None = None,
) -> tuple[Characters, BlockStyles]:
    """A glyph and a kind of style for each value; NaN is a question mark, infinity the largest glyph.

    Args:
        values: float [...].
        scale: the size that the largest glyph stands for, above 0.
        saturated: bool [...], values that get an arrow instead.

    Returns:
        str [...] and int16 [...].
    """
    glyphs = (
        (ASCII_NEGATIVE[::-1], ASCII_NOTHING, ASCII_POSITIVE) if ascii_only else (NEGATIVE[::-1], NOTHING, POSITIVE)
    )
    ramp = np.array([*"".join(glyphs), UNKNOWN])
    known = ~np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        level = np.digitize(np.where(known, np.abs(values), 0) / scale, EDGES)
    sign = np.sign(np.where(known, values, 0)).astype(np.int64)
    characters = ramp[np.where(known, len(EDGES) + sign * level, len(ramp) - 1)]
    styles = np.where(level == 0, 0, np.where(sign > 0, 1, 2)).astype(np.int16)
    if saturated is not None:
        arrows = np.array([*(ASCII_SATURATED if ascii_only else SATURATED)])
        characters = np.where(saturated & known, arrows[(sign < 0).astype(np.int64)], characters)
        styles = np.where(saturated & known, 3, styles).astype(np.int16)
    return characters, styles

"""Draws lines as dots: a braille character has two by four dots, an ASCII character is one dot."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Dots = npt.NDArray[np.bool_]
"""bool [dot rows, dot columns], from the top left: whether each dot is drawn."""

BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot in a braille character; character codes begin at U+2800."""


BRAILLE_BEGIN = 0x2800


def spans(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], height: int) -> Dots:
    """A line that covers ``low`` to ``high`` (dot rows from the bottom) in each column; neighbouring columns are
    joined.

    Columns where either value is NaN stay empty, and nothing is joined across them.

    Args:
        low, high: float64 [dot columns]; values outside 0 to height - 1 are moved to the nearest edge.
    """
    known = ~(np.isnan(low) | np.isnan(high))
    bottom, top = (np.clip(np.round(np.where(known, one, 0)), 0, height - 1) for one in (low, high))
    joined = known[1:] & known[:-1]
    begin, end = bottom.copy(), top.copy()
    begin[1:] = np.where(joined, np.minimum(bottom[1:], top[:-1] + 1), bottom[1:])
    end[1:] = np.where(joined, np.maximum(top[1:], bottom[:-1] - 1), top[1:])
    from_bottom = height - 1 - np.arange(height)[:, np.newaxis]
    return np.asarray(known & (from_bottom >= begin) & (from_bottom <= end))


def filled(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], height: int, ascii_only: bool = False) -> Dots:
    """A sparse texture from ``low`` to ``high`` (dot rows from the bottom) in each column. It has a quarter of the dots
    (half with ASCII), so that lines over it stay visible. Columns where either value is NaN stay empty.
    """
    row, column = np.arange(height)[:, np.newaxis], np.arange(len(low))
    from_bottom = height - 1 - row
    with np.errstate(invalid="ignore"):
        inside = (from_bottom >= np.round(low)) & (from_bottom <= np.round(high))
    texture = (row + column) % 2 == 0 if ascii_only else (row % 2 == 0) & ((column + row // 2) % 2 == 0)
    return np.asarray(inside & texture)


def characters(dots: Dots, ascii_only: bool = False, mark: str = "*") -> npt.NDArray[np.str_]:
    """The characters that show the dots; spaces where there are no dots.

    Args:
        dots: bool [4 * lines, 2 * columns], or [lines, columns] for ASCII.
        ascii_only: whether to draw each dot as ``mark`` rather than in braille.
    """
    if ascii_only:
        return np.where(dots, mark, " ")
    lines, columns = dots.shape[0] // 4, dots.shape[1] // 2
    codes = (dots.reshape(lines, 4, columns, 2) * BRAILLE[None, :, None, :]).sum(axis=(1, 3))
    return _characters_of(np.where(codes > 0, BRAILLE_BEGIN + codes, ord(" ")))


def overlaid(below: npt.NDArray[np.str_], above: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Two grids of characters combined. Where both have braille, all dots of both; otherwise the character of
    ``above``, unless it is a space.
    """
    codes_below, codes_above = (_codes_of(characters) for characters in (below, above))
    both = (codes_below >= BRAILLE_BEGIN) & (codes_above >= BRAILLE_BEGIN)
    codes = np.where(both, codes_below | codes_above, np.where(above == " ", codes_below, codes_above))
    return _characters_of(codes)


def _codes_of(characters: npt.NDArray[np.str_]) -> npt.NDArray[np.uint32]:
    """The Unicode code of each character, in the same shape."""
    return np.ascontiguousarray(characters, "U1").view(np.uint32)


def _characters_of(codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.str_]:
    """The characters with these Unicode codes, in the same shape."""
    return np.ascontiguousarray(codes, np.uint32).view("U1")

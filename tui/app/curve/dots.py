"""Draws lines as dots: braille characters of two by four dots, or ASCII characters of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Dots = npt.NDArray[np.bool_]
"""[dot rows, dot columns], from the top left."""

BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot of a braille character, U+2800 onwards."""


BRAILLE_BEGIN = 0x2800


def spans(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], height: int) -> Dots:
    """A line that covers ``low`` to ``high`` (dot rows from the bottom) in each column, joined to its neighbours.

    Columns in which either is NaN stay empty, and the line is not joined across them.

    Args:
        low, high: float64 [dot columns]; values outside 0 .. height - 1 are moved to that edge.
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
    """A texture from ``low`` to ``high`` (dot rows from the bottom) in each column, so sparse that lines through it
    stay visible: a quarter of the dots, or half of them if each is a character. Empty where either is NaN.
    """
    row, column = np.arange(height)[:, np.newaxis], np.arange(len(low))
    from_bottom = height - 1 - row
    with np.errstate(invalid="ignore"):
        inside = (from_bottom >= np.round(low)) & (from_bottom <= np.round(high))
    texture = (row + column) % 2 == 0 if ascii_only else (row % 2 == 0) & ((column + row // 2) % 2 == 0)
    return np.asarray(inside & texture)


def characters(dots: Dots, ascii_only: bool, mark: str = "*") -> npt.NDArray[np.str_]:
    """Characters that show the dots; a space where there are none.

    Args:
        dots: [4 * lines, 2 * columns], or [lines, columns] for ASCII.
        ascii_only: whether each dot is ``mark``.
    """
    if ascii_only:
        return np.where(dots, mark, " ")
    lines, columns = dots.shape[0] // 4, dots.shape[1] // 2
    codes = (dots.reshape(lines, 4, columns, 2) * BRAILLE[None, :, None, :]).sum(axis=(1, 3))
    return _characters_of(np.where(codes > 0, BRAILLE_BEGIN + codes, ord(" ")))


def overlaid(below: npt.NDArray[np.str_], above: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Two pictures in one: where both have braille, the dots of both; else the upper one's character, if it has one."""
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

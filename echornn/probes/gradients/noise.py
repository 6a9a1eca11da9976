"""Estimates the ratio of the lengths of two mean vectors from noisy samples in independent groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

ERRORS = 2.0
"""The number of standard errors in a spread."""


def ratios(parts: Doubles, whole: Doubles) -> tuple[Doubles, Doubles]:
    """The lengths of mean vectors relative to the length of the whole's mean vector, and the errors of these ratios.

    The square of a mean contains the square of its noise; products of two different groups do not. So a length is the
    root of the mean product of two different groups, or 0 if that is negative. The spread is two standard errors of the
    ratio of squares, estimated by leaving out each group in turn (the jackknife, Efron 1982).

    Args:
        parts: for each part, the inner products between the vectors of its groups, float64 [parts, groups, groups].
        whole: the same for the whole, [groups, groups].

    Returns:
        Ratios and spreads, float64 [parts] each; NaN and infinity if the whole is no larger than its noise.
    """
    unknown = np.full(len(parts), np.nan), np.full(len(parts), np.inf)
    if not np.isfinite(whole).all() or not np.isfinite(parts).all():
        return unknown
    unit = np.abs(whole).max() or 1.0
    square, left_out = _squares(whole / unit)
    if square <= ERRORS * _standard_error(left_out):
        return unknown
    squares, squares_left_out = _squares(parts / unit)
    ratio = np.maximum(squares / square, 0)
    error = _standard_error(squares_left_out / left_out)
    sizes = np.sqrt(ratio)
    return sizes, np.sqrt(ratio + ERRORS * error) - sizes


def _squares(products: Doubles) -> tuple[Doubles, Doubles]:
    """The mean product of two different groups, [...] from [..., groups, groups]; and the same without each group,
    [..., groups].
    """
    groups = products.shape[-1]
    own = np.diagonal(products, axis1=-2, axis2=-1)
    with_others = products.sum(axis=-1) - own
    total = with_others.sum(axis=-1)
    left_out = (total[..., np.newaxis] - 2 * with_others) / ((groups - 1) * (groups - 2))
    return total / (groups * (groups - 1)), left_out


def _standard_error(left_out: Doubles) -> Doubles:
    """The jackknife standard error, from the values without each group, [..., groups]."""
    groups = left_out.shape[-1]
    squares = (left_out - left_out.mean(axis=-1, keepdims=True)) ** 2
    error: Doubles = np.sqrt((groups - 1) / groups * squares.sum(axis=-1))
    return error

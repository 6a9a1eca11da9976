"""The functions of a cell's weights, for NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class OfArrays:
    """Computes `echornn.cells.cell.Functions` of NumPy arrays."""

    exp = staticmethod(np.exp)
    cos = staticmethod(np.cos)
    sin = staticmethod(np.sin)

    def sigmoid(self, value: Array) -> Array:
        """1 / (1 + exp(-v)) of each number v."""
        return np.asarray(1 / (1 + np.exp(-value)))

    def transposed(self, value: Array) -> Array:
        """A matrix with its rows as columns."""
        return value.swapaxes(0, 1)

    def limited(self, value: Array, least: float, most: float) -> Array:
        """Each number, or the limit that it exceeds."""
        return np.clip(value, least, most)

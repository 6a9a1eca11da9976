"""The weights of a network with their names, changes and eigenvalues: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A recurrent weight matrix, with its eigenvalues.

    Attributes:
        name: the name, such as "W" or "W update", with the layer if there are several.
        eigenvalues: complex64 [state_size], sorted by absolute value, the largest first.
    """

    name: str
    eigenvalues: npt.NDArray[np.complex64]

    @property
    def spectral_radius(self) -> float:
        """The absolute value of the largest eigenvalue."""
        return float(np.abs(self.eigenvalues).max())


@dataclass(frozen=True, eq=False)
class Matrices:
    """All weights, with names and changes.

    Attributes:
        weights: float32 arrays by name, [rows, columns].
        rows, columns: for each array, the names of its rows and columns.
        update: for each array, its relative change per window: ||w - w before|| / windows between / ||w||; NaN if the
            earlier weights are unknown.
        recurrent: the recurrent part of each matrix, from state to state.
    """

    weights: dict[str, Floats]
    rows: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    update: dict[str, float]
    recurrent: tuple[Recurrent, ...]

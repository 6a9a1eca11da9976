"""Principal components: the directions in which points vary most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.plane_readings import MOST_COMPONENTS

Doubles = npt.NDArray[np.float64]


def principal_components(states: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """The mean, the principal components (rows, orthonormal), and the share of the variance along each, 0 to 1.

    The components are eigenvectors of the covariance; with fewer states than units they are computed from the products
    of the states with each other, which is faster. At most `MOST_COMPONENTS`, and none beyond the states' own number.

    Args:
        states: float64 [samples, units], finite.
    """
    count, units = states.shape
    mean = states.mean(axis=0) if count else np.zeros(units)
    centred = states - mean
    kept = min(MOST_COMPONENTS, units)
    _, directions = np.linalg.eigh(centred.T @ centred if units <= count else centred @ centred.T)
    leading: Doubles = directions[:, ::-1][:, :kept].T
    if units > count:
        leading = orthonormal(np.concatenate([leading @ centred, np.eye(kept, units)]))[:kept]
    largest = np.take_along_axis(leading, np.abs(leading).argmax(axis=1)[:, np.newaxis], axis=1)
    components: Doubles = leading * np.where(largest < 0, -1, 1)
    variance = float(np.square(centred).sum())
    along = np.square(centred @ components.T).sum(axis=0)
    return mean, components, along / variance if variance > 0 else np.zeros(kept)


def orthonormal(rows: Doubles) -> Doubles:
    """Orthonormal rows that span the same: each row without the part along the rows before it, with length 1."""
    q, r = np.linalg.qr(rows.T)
    signed: Doubles = (q * np.where(np.diag(r) < 0, -1, 1)).T
    return signed

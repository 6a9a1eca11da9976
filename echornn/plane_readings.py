"""`StatePlane`: the states of a network by their principal components, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols

MOST_COMPONENTS = 6
"""The most principal components that are kept; two are shown, and the others let the picture turn slowly."""


@dataclass(frozen=True, eq=False)
class StatePlane:
    """The states from which the network answers, by their principal components: the directions in which they vary most.

    A state h has the coordinates ``components @ (h - mean)``.

    Attributes:
        part: the name of the part of the network whose states these are.
        mean: float32 [units], the mean state.
        components: float32 [kept, units], orthonormal directions, that of the largest variance first; at most
            `MOST_COMPONENTS`. The largest entry of each is positive.
        shares: float32 [kept], the share of the states' variance along each, 0 to 1; 0 if the states do not vary.
        states: float32 [samples, kept], the coordinates of states on the probe's own data, which is the same at every
            position of a run; only of steps that are scored.
        targets: the targets at these states: symbols, uint8 [samples], or numbers, float32 [samples, count]; empty, of
            length 0, if they are not known.
        answers: what the network says at these states, in the same form: the likeliest symbols, or the numbers.
        rows: float32 [batch_size, T, kept], the coordinates of the states in the newest window, with the current
            weights; empty, [0, 0, kept], if there is no window yet.
        readout: float32 [outputs, 1 + kept]: the logits or numbers that the network says in the plane of all these
            directions through the mean: the first column, plus the others times the coordinates. Empty, [0, 1 + kept],
            if the output layer does not read this part.
    """

    part: str
    mean: Floats
    components: Floats
    shares: Floats
    states: Floats
    targets: Symbols | Floats
    answers: Symbols | Floats
    rows: Floats
    readout: Floats

    def share(self, direction: npt.NDArray[np.float64]) -> float:
        """The share of the variance along a direction, given as a vector of length 1, float64 [kept]; 0 to 1."""
        return float((direction**2 * self.shares).sum())

    def place(self, states: Floats | npt.NDArray[np.float64]) -> Floats:
        """The coordinates of states of the part, [..., units] to float32 [..., kept]."""
        with np.errstate(over="ignore", invalid="ignore"):  # states may be too large for float32
            return np.asarray((states.astype(np.float64) - self.mean) @ self.components.T, np.float32)

"""Which cells have weights that act, within a step, only on the unit whose vectors they compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echornn.cells.cell import Activation, Cell, Vector


class _Reads:
    """A network of zeros that records whether a product reads anything but the input and the state before the step."""

    def __init__(self, given: Sequence[Vector]) -> None:
        self._given = given
        self.only_given = True

    def affine(self, parts: Sequence[Vector], weight: str, bias: str, *activations: Activation) -> list[Vector]:
        self.only_given &= all(any(part is one for one in self._given) for part in parts)
        return [np.zeros((1, 1)) for _ in activations]

    def scale(self, vector: Vector, weight: str) -> Vector:
        return vector * np.zeros((1, 1))

    def tanh(self, vector: Vector) -> Vector:
        return np.tanh(vector)

    def sigmoid(self, vector: Vector) -> Vector:
        return 1 / (1 + np.exp(-vector))

    def exp(self, vector: Vector) -> Vector:
        return np.exp(vector)

    def relu(self, vector: Vector) -> Vector:
        return np.maximum(vector, 0)


def acts_on_own_units(cell: Cell) -> bool:
    """Whether no product of a step reads what another product computes. All else that a step can do is done for each
    unit alone, so then a weight reaches only its own unit.
    """
    x, *state = (np.zeros((1, 1)) for _ in range(1 + len(cell.state_parts)))
    network = _Reads([x, *state])
    cell.step(x, state, network)
    return network.only_given

"""The derivatives of a step within each unit: how its own numbers depend on those before, and on its own weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation, Cell
from echornn.network.affine import Tensors, activated, affine_map
from echornn.network.layer import Layer
from echornn.network.replicas import split_features


class OwnProduct(NamedTuple):
    """One product of a step, z = [part, part, ...] W + b, or z = vector * weight without a bias."""

    weight: str
    bias: str
    parts: Sequence[tf.Tensor]
    z: tf.Tensor


class UnitDerivatives(NamedTuple):
    """The derivatives of a step within single units: of a number of a unit, by another number of the same unit."""

    by_state: list[list[tf.Tensor]]
    """Of each part of the state by each part before, float32 [batch, units, ...]."""
    by_z: list[list[tf.Tensor]]
    """Of each part of the state by the columns of each product, float32 [batch, columns, ...]."""
    products: list[OwnProduct]


class OwnUnits(Layer):
    """A layer whose products have their values, but pass the gradient only to the unit that a column belongs to."""

    def __init__(self, weights: Tensors, state: Sequence[tf.Tensor]) -> None:
        super().__init__(weights)
        self._state = state
        self.products: list[OwnProduct] = []

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        w, b = self.weights[weight], self.weights[bias]
        sizes = [part.shape[1] for part in parts]
        own = [_own(rows, self._state[0].shape[1]) for rows in tf.split(w, sizes)]
        is_state = [any(part is one for one in self._state) for part in parts]

        def forward(*parts: tf.Tensor) -> tuple[tf.Tensor, object]:
            def gradient(dz: tf.Tensor) -> list[tf.Tensor]:
                return [
                    sum(split_features(dz * factor, len(activations))) if from_state else tf.zeros_like(part)
                    for part, factor, from_state in zip(parts, own, is_state, strict=True)
                ]

            return affine_map(parts, w, b), gradient

        z = tf.custom_gradient(forward)(*parts)
        self.products.append(OwnProduct(weight, bias, parts, z))
        return activated(z, activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.products.append(OwnProduct(weight, "", [vector], z))
        return z


def unit_step(cell: Cell, weights: Tensors, inputs: tf.Tensor, before: tf.Tensor) -> UnitDerivatives:
    """The derivatives of a step of a cell of which `echornn.cells.own_units.acts_on_own_units` is true.

    Args:
        cell: the cell.
        weights: those that its step uses, by the cell's names.
        inputs: float32 [batch, input, ...].
        before: the carried state before the step, float32 [batch, carried, ...].
    """
    state = split_features(before, len(cell.state_parts)) if len(cell.state_parts) > 1 else [before]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([inputs, state])
        layer = OwnUnits(weights, state)
        after = cell.step(inputs, state, layer)
    zs = [one.z for one in layer.products]
    each = [
        tape.gradient(part, [state, zs], unconnected_gradients=tf.UnconnectedGradients.ZERO) for part in after
    ]  # a sum over units, each of which depends on nothing but its own numbers
    return UnitDerivatives([by_state for by_state, _ in each], [by_z for _, by_z in each], layer.products)


def in_columns(of_units: tf.Tensor, columns: int, axis: int) -> tf.Tensor:
    """Numbers of each unit, float32 [..., units, ...], for each column of a product, [..., columns, ...]."""
    times = [1] * len(of_units.shape)
    times[axis] = columns // of_units.shape[axis]
    return tf.tile(of_units, times) if times[axis] > 1 else of_units


def _own(rows: tf.Tensor, units: int) -> tf.Tensor:
    """The weights by which each unit reaches its own columns, from the rows of a part, float32 [1, columns, ...]; of no
    use for a part that is no state.
    """
    if rows.shape[0] != units:
        return tf.zeros_like(rows[:1])
    columns, replicas = rows.shape[1], len(rows.shape) - 2
    mask = tf.tile(tf.eye(units), [1, columns // units])
    return tf.reduce_sum(rows * tf.reshape(mask, [units, columns, *[1] * replicas]), axis=0, keepdims=True)

"""One layer of a network: its weights, and the functions with which a cell's step computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from echornn.cells.cell import Activation, Cell
from echornn.network.affine import Tensors, activated, affine_map
from echornn.network.replicas import join_features, split_features


class Layer:
    """Computes with these weights, of one network or of many side by side; see `echornn.cells.cell.Network`.

    Args:
        weights: by the names that the cell uses, W float32 [sum of part sizes, columns, ...], b float32 [1, columns,
            ...], weights that scale float32 [1, units, ...].
    """

    def __init__(self, weights: Tensors) -> None:
        self.weights = weights

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        """``[part, part, ...] W + b`` for float32 parts [batch, part size, ...]; each group of columns after its
        activation, float32 [batch, columns, ...].
        """
        return activated(affine_map(parts, self.weights[weight], self.weights[bias]), activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        """Each unit's number times the unit's own weight."""
        return vector * self.weights[weight]

    tanh = staticmethod(tf.tanh)
    sigmoid = staticmethod(tf.sigmoid)
    exp = staticmethod(tf.exp)
    relu = staticmethod(tf.nn.relu)


class OfTensors:
    """Computes `echornn.cells.cell.Functions` of tensors."""

    exp = staticmethod(tf.exp)
    cos = staticmethod(tf.cos)
    sin = staticmethod(tf.sin)
    sigmoid = staticmethod(tf.sigmoid)

    def transposed(self, value: tf.Tensor) -> tf.Tensor:
        """A matrix with its rows as columns; of replicas, each of theirs."""
        return tf.transpose(value, [1, 0, *range(2, len(value.shape))])

    def limited(self, value: tf.Tensor, least: float, most: float) -> tf.Tensor:
        """Each number, or the limit that it exceeds; the gradient passes as if there were no limit."""
        return value + tf.stop_gradient(tf.clip_by_value(value, least, most) - value)


Step = Callable[[tf.Tensor, tf.Tensor, Layer], tf.Tensor]
"""A time step of a layer: the carried state after it, float32 [batch, carried, ...], from the inputs, float32 [batch,
input, ...], the state before, and the layer.
"""


def step_of(cell: Cell) -> Step:
    """The step of a cell on the whole carried state, which has the cell's vectors side by side."""
    count = len(cell.state_parts)

    def step(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
        after = cell.step(inputs, split_features(state, count) if count > 1 else [state], layer)
        return join_features(after) if count > 1 else after[0]

    return step


def used_weights(cell: Cell, weights: Tensors, steps: int) -> dict[str, tf.Tensor]:
    """The weights that the step of a cell uses, from those that are trained, with windows of ``steps`` time steps."""
    return {name: tf.convert_to_tensor(value) for name, value in cell.used(weights, OfTensors(), steps).items()}

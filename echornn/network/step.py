"""One time step of all layers together; it can also return the values of the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation, Cell
from echornn.config import EchoConfig
from echornn.network.affine import Tensors, activated, affine_map, join_features, split_features
from echornn.network.shapes import layer_weight_names


class Layer:
    """Computes with these weights, by the names that the cell uses, of one network or of many side by side; see
    `echornn.cells.cell.Network`.
    """

    def __init__(self, weights: Tensors) -> None:
        self.weights = weights

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        return activated(affine_map(parts, self.weights[weight], self.weights[bias]), activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
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
        return tf.transpose(value, [1, 0, *range(2, len(value.shape))])

    def limited(self, value: tf.Tensor, least: float, most: float) -> tf.Tensor:
        return value + tf.stop_gradient(tf.clip_by_value(value, least, most) - value)


Step = Callable[[tf.Tensor, tf.Tensor, Layer], tf.Tensor]
"""A time step: the carried state after it, float32 [batch, carried, ...], from inputs, state before, and layer."""


def step_of(cell: Cell) -> Step:
    """The step of a cell on the whole carried state, which has the cell's vectors side by side."""
    count = len(cell.state_parts)

    def step(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
        after = cell.step(inputs, split_features(state, count), layer)
        return join_features(after) if count > 1 else after[0]

    return step


def used_weights(cell: Cell, weights: Tensors, steps: int) -> dict[str, tf.Tensor]:
    """The weights that the step of a cell uses, from those that are trained, with windows of ``steps`` time steps."""
    return {name: tf.convert_to_tensor(value) for name, value in cell.used(weights, OfTensors(), steps).items()}


class Stepped(NamedTuple):
    """The carried state after a time step, float32 [batch, carried], and each layer's gates side by side, in the order
    of `Cell.gates`, 0 to 1, float32 [batch, gates_size].
    """

    state: tf.Tensor
    gates: tf.Tensor


def gates_size(config: EchoConfig) -> int:
    """The number of gate values in all layers."""
    return config.num_layers * len(config.the_cell.gates) * config.state_size


Multiply = Callable[[Sequence[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor]
Scaling = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class _Seen(Layer):
    """A layer that keeps the vectors that its products compute, before their activations."""

    def __init__(self, weights: Tensors, columns: Mapping[str, Sequence[str]], multiply: Multiply, scaling: Scaling):
        super().__init__(weights)
        self._columns, self._multiply, self._scaling = columns, multiply, scaling
        self.vectors: dict[str, tf.Tensor] = {}

    def affine(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        z = self._multiply(parts, self.weights[weight], self.weights[bias])
        columns = self._columns[weight]
        self.vectors.update(zip(columns, tf.split(z, len(columns), axis=-1), strict=True))
        return activated(z, activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        return self._scaling(vector, self.weights[weight])


def step(
    config: EchoConfig,
    weights: Mapping[str, tf.Tensor],
    inputs: tf.Tensor,
    state: tf.Tensor,
    multiply: Multiply = affine_map,
    scaling: Scaling = tf.multiply,
) -> Stepped:
    """Run one time step of all layers, without dropout, from the carried state before the step.

    Args:
        inputs: x_t as it enters the cell (see `echornn.network.model.embed`), float32 [batch, input].
        state: float32 [batch, carried].
        multiply, scaling: compute the products with the weights.
    """
    cell = config.the_cell
    one_step, columns = step_of(cell), {product.weight: product.columns for product in cell.products}
    below, states, gates = inputs, [], []
    for before, names in zip(tf.split(state, config.num_layers, axis=-1), layer_weight_names(config), strict=True):
        own = used_weights(cell, {local: weights[name] for local, name in names.items()}, config.window_steps)
        layer = _Seen(own, columns, multiply, scaling)
        after = one_step(below, before, layer)
        below = after[..., : config.state_size]
        states.append(after)
        gates += [tf.sigmoid(layer.vectors[name]) for name in cell.gates]
    return Stepped(tf.concat(states, axis=-1), tf.concat(gates, axis=-1) if gates else tf.zeros_like(state[..., :0]))

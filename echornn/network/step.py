"""One time step of all layers together; it can also return the values of the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf

from echornn.cells.cell import Activation
from echornn.config import EchoConfig
from echornn.network.affine import Tensors, activated, affine_map
from echornn.network.layer import Layer, step_of, used_weights
from echornn.network.shapes import layer_weight_names


class Stepped(NamedTuple):
    """The results of a time step."""

    state: tf.Tensor
    """The whole carried state, float32 [batch, carried]."""
    gates: tf.Tensor
    """Each layer's gates side by side, in the order of `Cell.gates`, 0 to 1, float32 [batch, gates_size]."""


def gates_size(config: EchoConfig) -> int:
    """The number of gate values in all layers."""
    return config.num_layers * len(config.the_cell.gates) * config.state_size


class Multiply(Protocol):
    """Computes the affine map of parts, float32 [batch, part size], with a weight and a bias in the form it expects."""

    def __call__(self, parts: Sequence[tf.Tensor], weight: tf.Tensor, bias: tf.Tensor, /) -> tf.Tensor:
        """The parts side by side times the weight, plus the bias, float32 [batch, columns]."""


def multiply_units(vector: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Each unit's number, float32 [batch, units], times its own weight, float32 [1, units]."""
    return vector * weight


class Scaling(Protocol):
    """Multiplies each unit's number with its own weight, in the form it expects."""

    def __call__(self, vector: tf.Tensor, weight: tf.Tensor, /) -> tf.Tensor:
        """The products, float32 [batch, units]."""


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
    scaling: Scaling = multiply_units,
) -> Stepped:
    """Run one time step of all layers, without dropout, from the carried state before the step.

    Args:
        config: the configuration of the network.
        weights: the model's weights, float32, by name.
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

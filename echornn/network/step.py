"""One time step of all layers together; it can also return the values of the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.cells.cell import Activation, Cell
from echornn.config import EchoConfig
from echornn.network.affine import (
    Tensors,
    activated,
    affine_map,
    has_replicas,
    join_features,
    product,
    split_features,
)
from echornn.network.shapes import layer_weight_names

Multiply = Callable[[Sequence[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor]
Scaling = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Layer:
    """Computes with these weights, by the cell's names, of one network or many; see
    `echornn.cells.cell.Network`."""

    noise: tf.Tensor  # is set before each step, if the cell has noise

    def __init__(
        self, weights: Tensors, multiply: Multiply = affine_map, scaling: Scaling = tf.multiply
    ) -> None:
        self.weights, self._multiply, self._scaling = weights, multiply, scaling
        self.products: dict[str, tf.Tensor] = {}  # by weight, before their activations

    def affine(
        self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[tf.Tensor]:
        self.products[weight] = z = self._multiply(parts, self.weights[weight], self.weights[bias])
        return activated(z, activations)

    def scale(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        return self._scaling(vector, self.weights[weight])

    def product(self, vector: tf.Tensor, weight: str) -> tf.Tensor:
        w = self.weights[weight]
        return product(vector, w) if has_replicas(w) else tf.matmul(vector, w)

    tanh = staticmethod(tf.tanh)
    sigmoid = staticmethod(tf.sigmoid)
    exp = staticmethod(tf.exp)
    relu = staticmethod(tf.nn.relu)


class OfTensors:
    exp = staticmethod(tf.exp)
    cos = staticmethod(tf.cos)
    sin = staticmethod(tf.sin)
    sigmoid = staticmethod(tf.sigmoid)
    relu = staticmethod(tf.nn.relu)

    def transposed(self, value: tf.Tensor) -> tf.Tensor:
        return tf.transpose(value, [1, 0, *range(2, len(value.shape))])

    def limited(self, value: tf.Tensor, least: float, most: float) -> tf.Tensor:
        return value + tf.stop_gradient(tf.clip_by_value(value, least, most) - value)


Step = Callable[[tf.Tensor, tf.Tensor, Layer], tf.Tensor]
"""A time step: the carried state after it, float32 [batch, carried, ...], from inputs, state
before, and layer. If the cell has noise, its numbers follow the inputs, float32 [batch, input +
units, ...].
"""


def step_of(cell: Cell) -> Step:
    count = len(cell.state_parts)

    def step(inputs: tf.Tensor, state: tf.Tensor, layer: Layer) -> tf.Tensor:
        if cell.noise:
            inputs, layer.noise = tf.split(inputs, [-1, state.shape[1] // count], axis=1)
        after = cell.step(inputs, split_features(state, count), layer)
        return join_features(after) if count > 1 else after[0]

    return step


def used_weights(cell: Cell, weights: Tensors, steps: int) -> dict[str, tf.Tensor]:
    weights = {
        name: tf.stop_gradient(one) if name in cell.fixed else one for name, one in weights.items()
    }
    return {
        name: tf.convert_to_tensor(value)
        for name, value in cell.used(weights, OfTensors(), steps).items()
    }


def of_arrays(cell: Cell, weights: Mapping[str, Any], steps: int) -> Callable[..., list[Any]]:
    """The cell's step, compiled, as a function of arrays: x, noise, and the vectors of the state
    before."""
    used = used_weights(cell, {name: tf.constant(value) for name, value in weights.items()}, steps)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def compiled(x: tf.Tensor, noise: tf.Tensor, *state: tf.Tensor) -> Sequence[tf.Tensor]:
        layer = Layer(used)
        layer.noise = noise
        return cell.step(x, list(state), layer)

    return lambda *arrays: [one.numpy() for one in compiled(*map(tf.constant, arrays))]


class Stepped(NamedTuple):
    state: tf.Tensor  # that is carried on, float32 [batch, carried]
    gates: tf.Tensor  # each layer's side by side, 0 to 1, float32 [batch, gates_size]


def gates_size(config: EchoConfig) -> int:
    return config.num_layers * len(config.the_cell.gates) * config.state_size


def step(
    config: EchoConfig,
    weights: Mapping[str, tf.Tensor],
    inputs: tf.Tensor,
    state: tf.Tensor,
    multiply: Multiply = affine_map,
    scaling: Scaling = tf.multiply,
    noise: tf.Tensor | None = None,
) -> Stepped:
    """One time step of all layers, without dropout, from x_t as it enters the cell (see
    `echornn.network.model.embed`), float32 [batch, input], the carried state before it, and the
    cell's noise, [batch, layers * units], by default none; ``multiply`` and ``scaling`` compute
    with the weights.
    """
    cell = config.the_cell
    one_step, columns = (
        step_of(cell),
        {product.weight: product.columns for product in cell.products},
    )
    below, states, gates = inputs, [], []
    of_layers = zip(
        tf.split(state, config.num_layers, axis=-1), layer_weight_names(config), strict=True
    )
    for number, (before, names) in enumerate(of_layers):
        if cell.noise:
            size, begin = config.state_size, number * config.state_size
            of_layer = (
                tf.zeros_like(before[..., :size])
                if noise is None
                else noise[..., begin : begin + size]
            )
            below = tf.concat([below, of_layer], axis=-1)
        own = used_weights(
            cell, {local: weights[name] for local, name in names.items()}, config.window_steps
        )
        layer = Layer(own, multiply, scaling)
        after = one_step(below, before, layer)
        below = after[..., : config.state_size]
        states.append(after)
        vectors: dict[str, tf.Tensor] = {}
        for weight, z in layer.products.items():
            vectors |= zip(columns[weight], tf.split(z, len(columns[weight]), axis=-1), strict=True)
        gates += [tf.sigmoid(vectors[name]) for name in cell.gates]
    return Stepped(
        tf.concat(states, axis=-1),
        tf.concat(gates, axis=-1) if gates else tf.zeros_like(state[..., :0]),
    )

"""One time step of all layers together; it can also return the values of the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow import Tensor

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
from echornn.network.shapes import layer_weights

Multiply = Callable[[Sequence[Tensor], Tensor, Tensor], Tensor]
Scaling = Callable[[Tensor, Tensor], Tensor]


class Layer:
    """Computes with these weights, by the cell's names, of one network or many; see
    `echornn.cells.cell.Network`."""

    noise: Tensor  # is set before each step, if the cell has noise

    def __init__(
        self, weights: Tensors, multiply: Multiply = affine_map, scaling: Scaling = tf.multiply
    ) -> None:
        self.weights = weights
        self._multiply = multiply
        self._scaling = scaling
        self.products: dict[str, Tensor] = {}  # by weight, before their activations

    def affine(
        self, parts: Sequence[Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[Tensor]:
        z = self._multiply(parts, self.weights[weight], self.weights[bias])
        self.products[weight] = z
        return activated(z, activations)

    def scale(self, vector: Tensor, weight: str) -> Tensor:
        return self._scaling(vector, self.weights[weight])

    def product(self, vector: Tensor, weight: str) -> Tensor:
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

    def transposed(self, value: Tensor) -> Tensor:
        return tf.transpose(value, [1, 0, *range(2, len(value.shape))])

    def limited(self, value: Tensor, least: float, most: float) -> Tensor:
        return value + tf.stop_gradient(tf.clip_by_value(value, least, most) - value)


Step = Callable[[Tensor, Tensor, Layer], Tensor]
"""A time step: the carried state after it, float32 [batch, carried, ...], from inputs, state
before, and layer. If the cell has noise, its numbers follow the inputs, float32 [batch, input +
units, ...].
"""


def step_of(cell: Cell) -> Step:
    count = len(cell.state_parts)

    def step(inputs: Tensor, state: Tensor, layer: Layer) -> Tensor:
        if cell.noise:
            inputs, layer.noise = tf.split(inputs, [-1, state.shape[1] // count], axis=1)
        after = cell.step(inputs, split_features(state, count), layer)
        return join_features(after) if count > 1 else after[0]

    return step


def used_weights(cell: Cell, weights: Tensors, steps: int) -> dict[str, Tensor]:
    trained = dict(weights)
    for name in cell.fixed:
        trained[name] = tf.stop_gradient(weights[name])
    used = cell.used(trained, OfTensors(), steps)
    return {name: tf.convert_to_tensor(weight) for name, weight in used.items()}


def of_arrays(cell: Cell, weights: Mapping[str, Any], steps: int) -> Callable[..., list[Any]]:
    """The cell's step, compiled, as a function of arrays: x, noise, and the vectors of the state
    before."""
    used = used_weights(cell, tf.nest.map_structure(tf.constant, weights), steps)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def compiled(x: Tensor, noise: Tensor, *state: Tensor) -> Sequence[Tensor]:
        layer = Layer(used)
        layer.noise = noise
        return cell.step(x, list(state), layer)

    return lambda *arrays: [vector.numpy() for vector in compiled(*map(tf.constant, arrays))]


class Stepped(NamedTuple):
    state: Tensor  # that is carried on, float32 [batch, carried]
    gates: Tensor  # each layer's side by side, 0 to 1, float32 [batch, gates_size]


def gates_size(config: EchoConfig) -> int:
    return config.num_layers * len(config.the_cell.gates) * config.state_size


def step(
    config: EchoConfig,
    weights: Mapping[str, Tensor],
    inputs: Tensor,
    state: Tensor,
    multiply: Multiply = affine_map,
    scaling: Scaling = tf.multiply,
    noise: Tensor | None = None,
) -> Stepped:
    """One time step of all layers, without dropout, from x_t as it enters the cell (see
    `echornn.network.model.embed`), float32 [batch, input], the carried state before it, and the
    cell's noise, [batch, layers * units], by default none; ``multiply`` and ``scaling`` compute
    with the weights.
    """
    cell = config.the_cell
    run_layer = step_of(cell)
    before = tf.split(state, config.num_layers, axis=-1)
    noises = []
    if cell.noise:
        if noise is None:
            noise = tf.zeros_like(state[..., : config.num_layers * config.state_size])
        noises = tf.split(noise, config.num_layers, axis=-1)

    below = inputs
    states = []
    gates = []
    for number, trained in enumerate(layer_weights(config, weights)):
        if cell.noise:
            below = tf.concat([below, noises[number]], axis=-1)
        layer = Layer(used_weights(cell, trained, config.window_steps), multiply, scaling)
        after = run_layer(below, before[number], layer)
        states.append(after)
        below = after[..., : config.state_size]
        gates += _gates(cell, layer)
    if not gates:
        gates = [state[..., :0]]
    return Stepped(tf.concat(states, axis=-1), tf.concat(gates, axis=-1))


def _gates(cell: Cell, layer: Layer) -> list[Tensor]:
    vectors: dict[str, Tensor] = {}
    for facts in cell.products:
        if facts.weight in layer.products:
            z = layer.products[facts.weight]
            vectors |= zip(facts.columns, tf.split(z, len(facts.columns), axis=-1), strict=True)
    return [tf.sigmoid(vectors[name]) for name in cell.gates]

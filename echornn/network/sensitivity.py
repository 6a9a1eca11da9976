"""How the carried state of each row depends on an earlier state, and on the weights: exact derivatives, for any cell.

A row's derivatives are rows of a larger batch: each row is repeated once for each number that it carries, and the
copies go back through the steps with one of these numbers each, as in back-propagation. All rows share the weights, and
replicas stay side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.network.affine import Tensors, has_replicas, joined, split_features
from echornn.network.model import EchoRNN
from echornn.network.scan_side_by_side import Made, RecordingMaps
from echornn.network.shapes import block_length, carried_size, layer_weight_names
from echornn.network.step import Layer, OfTensors, step_of, used_weights


class Sensitivity(NamedTuple):
    """The derivatives of each row's carried state after some steps."""

    to_state: tf.Tensor
    """By the carried state before these steps, float32 [batch, carried, carried before, ...]."""
    to_weights: dict[str, tf.Tensor]
    """By the weights in these steps, by the model's names, float32 [batch, carried, rows, columns, ...]."""


class Steps(NamedTuple):
    """Some steps of the whole network, with everything that they read."""

    inputs: tf.Tensor
    """As they enter the first cell, float32 [steps, batch, input, ...]."""
    before: tf.Tensor
    """The carried states before each step, float32 [steps, batch, carried, ...]."""
    scales: Sequence[tf.Tensor]
    """For each layer after the first, the factors of dropout, float32 [steps, batch, state, ...]; empty without it."""


class StackedStep:
    """One step of all layers, that can be differentiated row by row.

    Args:
        model: the network.
        batch: the number of rows.
    """

    def __init__(self, model: EchoRNN) -> None:
        self._config = config = model.config
        self._cell = config.the_cell
        self._step = step_of(self._cell)
        self._names = layer_weight_names(config)
        self._trained = [{local: model.weights[name] for local, name in names.items()} for names in self._names]
        self._used = [used_weights(self._cell, weights, config.window_steps) for weights in self._trained]
        self.carried = carried_size(config)

    def back(self, steps: Steps, t: tf.Tensor | int, seeds: tf.Tensor) -> tuple[tf.Tensor, list[list[RowProduct]]]:
        """Go back through a step.

        Args:
            steps: the steps.
            t: the number of the step.
            seeds: the derivatives of some numbers of each row by the state after the step, float32 [batch * carried,
                carried, ...].

        Returns:
            Their derivatives by the state before the step, in the same form, and for each layer the products of the
            step.
        """
        inputs, before, *scales = (tf.gather(one, t) for one in (steps.inputs, steps.before, *steps.scales))
        forward = [RecordingMaps(weights, None) for weights in self._used]
        self._run(inputs, before, scales, forward)
        known = [iter([self.repeated(value) for made in layer.made for value in made.values]) for layer in forward]
        layers = [RecordingMaps(weights, values) for weights, values in zip(self._used, known, strict=True)]
        inputs, before, *scales = (self.repeated(one) for one in (inputs, before, *scales))
        with tf.GradientTape() as tape:
            tape.watch([inputs, before])  # the inputs too, since some products read nothing else
            after = self._run(inputs, before, scales, layers)
        zs = [[made.z for made in layer.made] for layer in layers]
        d_before, d_zs = tape.gradient(after, [before, zs], seeds, tf.UnconnectedGradients.ZERO)
        products = [
            [RowProduct(made, self.apart(d_z)) for made, d_z in zip(layer.made, of_layer, strict=True)]
            for layer, of_layer in zip(forward, d_zs, strict=True)
        ]
        return d_before, products

    def repeated(self, tensor: tf.Tensor) -> tf.Tensor:
        """Each row once for each carried number: float32 [batch, ...] to [batch * carried, ...]."""
        batch, *others = tensor.shape
        each = tf.broadcast_to(tensor[:, tf.newaxis], [batch, self.carried, *others])
        return tf.reshape(each, [batch * self.carried, *others])

    def apart(self, tensor: tf.Tensor) -> tf.Tensor:
        """Float32 [batch * carried, ...] to [batch, carried, ...]."""
        rows, *others = tensor.shape
        return tf.reshape(tensor, [rows // self.carried, self.carried, *others])

    def identity(self, batch: int, replicas: Sequence[int]) -> tf.Tensor:
        """For each row, each carried number's derivative by itself, float32 [batch * carried, carried, ...]."""
        one = tf.reshape(tf.eye(self.carried), [1, self.carried, self.carried, *[1] * len(replicas)])
        size = [batch, self.carried, self.carried, *replicas]
        return tf.reshape(tf.broadcast_to(one, size), [batch * self.carried, *size[2:]])

    def by_trained(self, layer: int, by_used: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Derivatives by the trained weights of a layer, by the model's names, from those by the weights that its step
        uses, float32 [batch, carried, rows, columns, ...].
        """
        names, cell, trained = self._names[layer], self._cell, self._trained[layer]
        found = {names[name]: one for name, one in by_used.items() if name in cell.matrices}
        if not cell.unit_weights:
            return found
        shape = next(iter(by_used.values())).shape
        units = {
            name: tf.repeat(tf.convert_to_tensor(trained[name]), shape[0] * shape[1], axis=0)
            for name in cell.unit_weights
        }
        with tf.GradientTape() as tape:
            tape.watch(units)
            used = cell.used({**trained, **units}, OfTensors(), self._config.window_steps)
            of_units = [used[name] for name in by_used if name not in cell.matrices]
        d_used = [tf.reshape(one, [-1, *one.shape[3:]]) for name, one in by_used.items() if name not in cell.matrices]
        d_units = tape.gradient(of_units, units, d_used, tf.UnconnectedGradients.ZERO)
        return found | {names[name]: self.apart(one)[:, :, tf.newaxis] for name, one in d_units.items()}

    def _run(
        self, inputs: tf.Tensor, state: tf.Tensor, scales: Sequence[tf.Tensor], layers: Sequence[Layer]
    ) -> tf.Tensor:
        below, after = inputs, []
        for number, (before, layer) in enumerate(zip(split_features(state, len(layers)), layers, strict=True)):
            if number and scales:
                below = below * scales[number - 1]
            after.append(self._step(below, before, layer))
            below = after[-1][:, : self._config.state_size]
        return joined(after, 1) if has_replicas(state) else tf.concat(after, axis=-1)


class RowProduct(NamedTuple):
    """A product that a step computed, z = [part, part, ...] W + b or z = vector * weight, and derivatives by z."""

    made: Made
    """The product itself, of each row once."""
    by_z: tf.Tensor
    """Float32 [batch, carried, columns, ...]."""


def steps_of(
    model: EchoRNN, inputs: tf.Tensor, init_state: tf.Tensor, states: tf.Tensor, dropout_key: tf.Tensor
) -> Steps:
    """The steps of a window, of which the states are known already.

    Args:
        model: the network.
        inputs: see `Steps`.
        init_state: the state before the window, float32 [batch, carried, ...].
        states: the states after each step, float32 [steps, batch, carried, ...].
        dropout_key: see `EchoRNN.forward`.
    """
    before = tf.concat([init_state[tf.newaxis], states[:-1]], axis=0)
    config = model.config
    ones = tf.ones_like(states[:, :, : config.state_size])
    layers = range(1, config.num_layers) if config.dropout else ()
    return Steps(inputs, before, [model.drop(ones, dropout_key, layer) for layer in layers])


def sensitivity(step: StackedStep, steps: Steps, count: int) -> Sensitivity:
    """The derivatives of the states after the first ``count`` steps, by the state before them and by the weights."""
    _, batch, _, *replicas = steps.before.shape
    block = block_length(count)
    tail = count % block or block

    def of_block(seeds: tf.Tensor, first: tf.Tensor | int, length: int) -> tuple[tf.Tensor, list[Tensors]]:
        made = []
        for t in reversed(range(length)):
            seeds, products = step.back(steps, first + t, seeds)
            made.append(products)
        layers = [list(zip(*of_layer, strict=True)) for of_layer in zip(*made, strict=True)]
        return seeds, [_by_weights(of_layer) for of_layer in layers]

    def run_block(number: tf.Tensor, seeds: tf.Tensor, sums: list[Tensors]) -> tuple[tf.Tensor, tf.Tensor, Any]:
        seeds, more = of_block(seeds, number * block, block)
        return number - 1, seeds, tf.nest.map_structure(tf.add, sums, more)

    seeds, sums = of_block(step.identity(batch, replicas), count - tail, tail)
    if count > tail:
        blocks = (count - tail) // block
        _, seeds, sums = tf.while_loop(
            lambda number, *_: number >= 0, run_block, (tf.constant(blocks - 1), seeds, sums), maximum_iterations=blocks
        )
    by_trained: dict[str, tf.Tensor] = {}
    for layer, by_used in enumerate(sums):
        by_trained |= step.by_trained(layer, by_used)
    return Sensitivity(step.apart(seeds), by_trained)


def _by_weights(products: Sequence[Sequence[RowProduct]]) -> dict[str, tf.Tensor]:
    """The derivatives by the weights that a step uses, from the products of some steps, [product][step]."""
    found: dict[str, tf.Tensor] = {}
    for of_steps in products:
        made = of_steps[0].made
        by_z = tf.stack([one.by_z for one in of_steps])  # [steps, batch, carried, columns, ...]
        parts = [tf.stack(part) for part in zip(*(one.made.parts for one in of_steps), strict=True)]
        if made.bias:
            by_rows = by_z[:, :, :, tf.newaxis]
            each = [tf.reduce_sum(part[:, :, tf.newaxis, :, tf.newaxis] * by_rows, axis=0) for part in parts]
            pairs = {made.weight: tf.concat(each, axis=2), made.bias: tf.reduce_sum(by_rows, axis=0)}
        else:
            scaled = tf.reduce_sum(parts[0][:, :, tf.newaxis] * by_z, axis=0)
            pairs = {made.weight: scaled[:, :, tf.newaxis]}
        for name, one in pairs.items():
            found[name] = found[name] + one if name in found else one
    return found

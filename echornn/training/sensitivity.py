"""The derivatives of carried states by earlier ones and by the weights, exactly, for any cell.

Each row is repeated once for each number that it carries, and the copies go back through the steps
with one of these numbers each. All rows share the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow import Tensor

from echornn.network.affine import Tensors, has_replicas, joined, split_features
from echornn.network.model import EchoRNN
from echornn.network.recording import Recording, Use, add
from echornn.network.scan import loop
from echornn.network.shapes import (
    block_length,
    carried_size,
    layer_weight_names,
    layer_weights,
)
from echornn.network.step import OfTensors, step_of, used_weights


class StepInputs(NamedTuple):
    """What the steps of a window read, float32 [steps, batch, ...]."""

    x: Tensor  # the inputs of the first layer
    state: Tensor  # the carried states before each step
    dropout: list[Tensor]  # the factors of each layer but the first; none without dropout


class UseDerivatives(NamedTuple):
    """A use of a weight in a step, and the derivatives of the carried numbers by its z."""

    use: Use  # of each row once
    d_z: Tensor  # float32 [batch, carried, columns, ...]


class Sensitivity:
    """Of the states in a window."""

    def __init__(self, model: EchoRNN, inputs: StepInputs) -> None:
        config = model.config
        self._config = config
        self._inputs = inputs
        self._carried = carried_size(config)
        self._step = step_of(config.the_cell)
        self._names = layer_weight_names(config)
        self._weights = layer_weights(config, model.weights)
        self._used = [
            used_weights(config.the_cell, weights, config.window_steps) for weights in self._weights
        ]

    def after(self, steps: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The derivatives of the states after so many steps: by the state before them, float32
        [batch, carried, carried before, ...], and by the weights, [batch, carried, rows, columns,
        ...]."""
        _, batch, carried, *replicas = self._inputs.state.shape
        block = block_length(steps)
        tail = steps % block or block
        blocks = (steps - tail) // block

        ones = tf.reshape(tf.eye(carried), [1, carried, carried, *[1] * len(replicas)])
        identity = tf.broadcast_to(ones, [batch, carried, carried, *replicas])
        seeds = tf.reshape(identity, [batch * carried, carried, *replicas])
        seeds, sums = self._block_back(seeds, steps - tail, tail)
        if blocks:

            def next_block(number: Tensor, seeds: Tensor, sums: list[Tensors]) -> Any:
                seeds, more = self._block_back(seeds, number * block, block)
                return seeds, tf.nest.map_structure(tf.add, sums, more)

            seeds, sums = loop(range(blocks)[::-1], next_block, seeds, sums)

        by_weights: dict[str, Tensor] = {}
        for names, weights, by_used in zip(self._names, self._weights, sums, strict=True):
            for name, derivative in self._by_trained(weights, by_used).items():
                by_weights[names[name]] = derivative
        return self._rows_apart(seeds), by_weights

    def _block_back(
        self, seeds: Tensor, first: Tensor | int, length: int
    ) -> tuple[Tensor, list[Tensors]]:
        """Through a block of steps, and the sums over them by the used weights of each layer."""
        steps = []
        for t in reversed(range(length)):
            seeds, layers = self._step_back(seeds, first + t)
            steps.append(layers)
        return seeds, [by_used_weights(layer) for layer in zip(*steps, strict=True)]

    def _step_back(
        self, seeds: Tensor, t: Tensor | int
    ) -> tuple[Tensor, list[list[UseDerivatives]]]:
        """From derivatives by the state after step ``t``, float32 [batch * carried, carried, ...],
        to those before it; and the products of each layer."""
        inputs = tf.nest.map_structure(lambda array: tf.gather(array, t), self._inputs)
        forward = [Recording(weights) for weights in self._used]
        self._run_step(inputs, forward)

        # The step is run again, on copies of each row. Their activations are the same, so these
        # recordings play back those of the first run, in their order.
        layers = []
        for weights, recording in zip(self._used, forward, strict=True):
            values = map(self._repeated, recording.values)
            layers.append(Recording(weights, values=values))
        inputs = tf.nest.map_structure(self._repeated, inputs)
        with tf.GradientTape() as tape:
            tape.watch([inputs.x, inputs.state])  # x too, since some products read nothing else
            after = self._run_step(inputs, layers)
        zs = [layer.zs for layer in layers]
        d_state, d_zs = tape.gradient(
            after, [inputs.state, zs], seeds, tf.UnconnectedGradients.ZERO
        )

        products = []
        for recording, d_layer in zip(forward, d_zs, strict=True):
            d_rows = map(self._rows_apart, d_layer)
            products.append(list(map(UseDerivatives, recording.uses, d_rows)))
        return d_state, products

    def _run_step(self, inputs: StepInputs, layers: Sequence[Recording]) -> Tensor:
        below = inputs.x
        after: list[Tensor] = []
        for before, layer in zip(split_features(inputs.state, len(layers)), layers, strict=True):
            if after and inputs.dropout:
                below = below * inputs.dropout[len(after) - 1]
            after.append(self._step(below, before, layer))
            below = after[-1][:, : self._config.state_size]
        return joined(after, 1) if has_replicas(inputs.state) else tf.concat(after, axis=-1)

    def _repeated(self, tensor: Tensor) -> Tensor:
        """Each row once for each carried number: float32 [batch, ...] to [batch * carried, ...]."""
        batch, *others = tensor.shape
        copies = tf.broadcast_to(tensor[:, tf.newaxis], [batch, self._carried, *others])
        return tf.reshape(copies, [batch * self._carried, *others])

    def _rows_apart(self, tensor: Tensor) -> Tensor:
        """float32 [batch * carried, ...] to [batch, carried, ...]."""
        rows, *others = tensor.shape
        return tf.reshape(tensor, [rows // self._carried, self._carried, *others])

    def _by_trained(self, weights: Tensors, by_used: Mapping[str, Tensor]) -> Tensors:
        """From the used weights of a layer to the trained ones, of which a cell may use functions;
        each unit by itself."""
        cell = self._config.the_cell
        by_weights: dict[str, Tensor] = {}
        by_units: dict[str, Tensor] = {}
        for name, derivative in by_used.items():
            group = by_weights if name in cell.matrices else by_units
            group[name] = derivative
        if not cell.unit_weights:
            return by_weights

        rows = next(iter(by_used.values())).shape[0] * self._carried
        units = {
            name: tf.repeat(tf.convert_to_tensor(weights[name]), rows, axis=0)
            for name in cell.unit_weights
        }
        with tf.GradientTape() as tape:
            tape.watch(units)
            used = cell.used({**weights, **units}, OfTensors(), self._config.window_steps)
            targets = [used[name] for name in by_units]
        # From [batch, carried, 1, units, ...] to [rows, units, ...]
        seeds = [tf.reshape(array, [rows, *array.shape[3:]]) for array in by_units.values()]
        d_units = tape.gradient(targets, units, seeds, tf.UnconnectedGradients.ZERO)
        for name, derivative in d_units.items():
            by_weights[name] = self._rows_apart(derivative)[:, :, tf.newaxis]
        return by_weights


def by_used_weights(steps: Sequence[Sequence[UseDerivatives]]) -> dict[str, Tensor]:
    """The sums over steps of a layer's derivatives by the weights that its products used, float32
    [batch, carried, rows, columns, ...]."""
    sums: dict[str, Tensor] = {}
    for products in zip(*steps, strict=True):
        use = products[0].use
        d_z = tf.stack([product.d_z for product in products])  # [steps, batch, carried, columns]
        read = zip(*(product.use.parts for product in products), strict=True)
        parts = map(tf.stack, read)  # [steps, batch, rows, ...]
        if not use.bias:
            (scaled,) = parts
            d_u = tf.reduce_sum(scaled[:, :, tf.newaxis] * d_z, axis=0)
            add(sums, use.weight, d_u[:, :, tf.newaxis])
            continue

        d_z = d_z[:, :, :, tf.newaxis]
        d_rows = []
        for part in parts:
            terms = part[:, :, tf.newaxis, :, tf.newaxis] * d_z
            d_rows.append(tf.reduce_sum(terms, axis=0))
        add(sums, use.weight, tf.concat(d_rows, axis=2))
        add(sums, use.bias, tf.reduce_sum(d_z, axis=0))
    return sums

"""The learning rules: the gradient of a window's loss, and what is carried to the next window.

Real-time recurrent learning (Williams and Zipser 1989) carries the influence of each weight on the
carried state of each row. It grows by exact derivatives, for any cell: each row is repeated once
for each number that it carries, and the copies go back through the steps with one of these numbers
each. All rows share the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors, has_replicas, is_fused, joined, split_features
from echornn.network.model import EchoRNN, cross_entropy, embed, squared_error
from echornn.network.scan import Made, Recording
from echornn.network.shapes import block_length, carried_size, layer_weight_names
from echornn.network.step import Layer, OfTensors, step_of, used_weights
from echornn.tasks.task import Numbers
from echornn.training.penalties import mean_square


class WindowData(NamedTuple):
    """A window, and the state before it; with replicas, each tensor has an additional last axis."""

    x: tf.Tensor  # symbols, uint8 [T, batch, ...], or numbers, float32 [T, batch, count, ...]
    labels: tf.Tensor  # symbols, int32 [T, batch, ...], or numbers, float32 [T, batch, count, ...]
    scored: tf.Tensor | None  # the steps that count, bool [T, batch, ...]; None if all do
    state: tf.Tensor  # float32 [batch, carried, ...]
    dropout_key: tf.Tensor  # int32 [2, ...]
    rate_penalty: tf.Tensor | float = 0.0  # read if the configuration has one


class Learned(NamedTuple):
    """What a rule computes from a window; with replicas, each tensor has an additional last
    axis."""

    # Mean cross-entropy in nats, or mean squared error, float32 [...], without the rate penalty
    loss: tf.Tensor
    outputs: tf.Tensor  # the softmax, or the numbers, float32 [T, batch, outputs, ...]
    states: tf.Tensor  # those carried after each time step, float32 [T, batch, carried, ...]
    gradients: list[tf.Tensor]  # in the order of the model's weights
    # On the state that is carried to the next window, see `influence_shapes`
    influence: dict[str, tf.Tensor]


def within_window(model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
    return _back_propagated(model, window)[0]


def _back_propagated(model: EchoRNN, window: WindowData) -> tuple[Learned, tf.Tensor]:
    weights = list(model.weights.values())
    with tf.GradientTape() as tape:
        tape.watch([window.state, weights])
        states, outputs = model.forward(window.x, window.state, window.dropout_key)
        if isinstance(model.config.the_task.outputs, Numbers):
            loss = squared_error(outputs, window.labels, window.scored)
        else:
            loss, outputs = cross_entropy(outputs, window.labels, window.scored)
        objective = loss
        if model.config.rate_penalty:
            objective += window.rate_penalty * mean_square(model.config, states)
    d_state, gradients = tape.gradient(
        objective, [window.state, weights], None, tf.UnconnectedGradients.ZERO
    )
    return Learned(loss, outputs, states, gradients, {}), d_state


def of_whole_past(model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
    """The exact gradient, of which nothing is cut off: through the states before the window, by
    their influence."""
    learned, d_state = _back_propagated(model, window)
    if not influence:
        return learned
    gradients = [
        gradient
        + tf.reduce_sum(d_state[:, :, tf.newaxis, tf.newaxis] * influence[name], axis=[0, 1])
        if name in influence
        else gradient
        for name, gradient in zip(model.weights, learned.gradients, strict=True)
    ]
    config = model.config
    ones = tf.ones_like(learned.states[:, :, : config.state_size])
    dropped = range(1, config.num_layers) if config.dropout else ()
    steps = [
        embed(window.x, config.the_task.inputs),
        tf.concat([window.state[tf.newaxis], learned.states[:-1]], axis=0),
        *(model.drop(ones, window.dropout_key, layer) for layer in dropped),
    ]
    to_state, to_weights = sensitivity(model, steps, config.window_stride)
    grown = {name: _times(to_state, one) + to_weights[name] for name, one in influence.items()}
    return learned._replace(gradients=gradients, influence=grown)


LEARN = {"tbptt": within_window, "rtrl": of_whole_past}
"""What each rule of `echornn.config.RULES` learns from the network, a window, and the influence
before it."""


def _times(to_state: tf.Tensor, influence: tf.Tensor) -> tf.Tensor:
    """``J M`` of each row.

    Large products of a single network are matrix products: 3 times as fast with 16 units.
    """
    batch, carried, rows, columns, *replicas = influence.shape
    if replicas or is_fused(batch * carried, carried, rows * columns):
        return tf.reduce_sum(
            to_state[:, :, :, tf.newaxis, tf.newaxis] * influence[:, tf.newaxis], axis=2
        )
    product = tf.matmul(to_state, tf.reshape(influence, [batch, carried, rows * columns]))
    return tf.reshape(product, influence.shape)


ByZ = tuple[Made, tf.Tensor]
"""A product that a step computed, of each row once; derivatives by its z, float32 [batch, carried,
columns, ...]."""


def sensitivity(
    model: EchoRNN, steps: list[tf.Tensor], count: int
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """The derivatives of the states after ``count`` steps by the state before them, float32 [batch,
    carried, carried before, ...], and by the weights, [batch, carried, rows, columns, ...]. The
    steps read the inputs of the first cell, the states before, and factors of dropout for each
    layer but the first, float32 [steps, batch, ...].
    """
    _, batch, carried, *replicas = steps[1].shape
    block = block_length(count)
    tail = count % block or block
    cell, length = model.config.the_cell, model.config.window_steps
    layers = [
        {local: model.weights[name] for local, name in of.items()}
        for of in layer_weight_names(model.config)
    ]
    used = [used_weights(cell, weights, length) for weights in layers]

    def of_block(
        seeds: tf.Tensor, first: tf.Tensor | int, length: int
    ) -> tuple[tf.Tensor, list[Tensors]]:
        made = []
        for t in reversed(range(length)):
            seeds, products = _back(model.config, used, steps, first + t, seeds)
            made.append(products)
        of_layers = [list(zip(*of_layer, strict=True)) for of_layer in zip(*made, strict=True)]
        return seeds, [_by_weights(of_layer) for of_layer in of_layers]

    def run_block(
        number: tf.Tensor, seeds: tf.Tensor, sums: list[Tensors]
    ) -> tuple[tf.Tensor, tf.Tensor, Any]:
        seeds, more = of_block(seeds, number * block, block)
        return number - 1, seeds, tf.nest.map_structure(tf.add, sums, more)

    one = tf.reshape(tf.eye(carried), [1, carried, carried, *[1] * len(replicas)])
    identity = tf.broadcast_to(one, [batch, carried, carried, *replicas])
    seeds, sums = of_block(
        tf.reshape(identity, [batch * carried, carried, *replicas]), count - tail, tail
    )
    if count > tail:
        blocks = (count - tail) // block
        _, seeds, sums = tf.while_loop(
            lambda number, *_: number >= 0,
            run_block,
            (tf.constant(blocks - 1), seeds, sums),
            maximum_iterations=blocks,
        )
    by_trained: dict[str, tf.Tensor] = {}
    for names, trained, by_used in zip(layer_weight_names(model.config), layers, sums, strict=True):
        by_trained |= {
            names[name]: one for name, one in _by_trained(model.config, trained, by_used).items()
        }
    return _apart(seeds, carried), by_trained


def _back(
    config: EchoConfig,
    used: Sequence[Tensors],
    steps: list[tf.Tensor],
    t: tf.Tensor | int,
    seeds: tf.Tensor,
) -> tuple[tf.Tensor, list[list[ByZ]]]:
    """From derivatives by the state after step ``t``, float32 [batch * carried, carried, ...], to
    those before it."""
    step, carried = step_of(config.the_cell), carried_size(config)

    def run(
        inputs: tf.Tensor, state: tf.Tensor, scales: Sequence[tf.Tensor], layers: Sequence[Layer]
    ) -> tf.Tensor:
        below, after = inputs, []
        for number, (before, layer) in enumerate(
            zip(split_features(state, len(layers)), layers, strict=True)
        ):
            if number and scales:
                below = below * scales[number - 1]
            after.append(step(below, before, layer))
            below = after[-1][:, : config.state_size]
        return joined(after, 1) if has_replicas(state) else tf.concat(after, axis=-1)

    def repeated(tensor: tf.Tensor) -> tf.Tensor:
        """Each row once for each carried number: float32 [batch, ...] to [batch * carried, ...]."""
        batch, *others = tensor.shape
        each = tf.broadcast_to(tensor[:, tf.newaxis], [batch, carried, *others])
        return tf.reshape(each, [batch * carried, *others])

    inputs, before, *scales = (tf.gather(one, t) for one in steps)
    forward = [Recording(weights) for weights in used]
    run(inputs, before, scales, forward)
    known = [
        iter([repeated(value) for made in layer.made for value in made.values]) for layer in forward
    ]
    layers = [
        Recording(weights, values=values) for weights, values in zip(used, known, strict=True)
    ]
    inputs, before, *scales = (repeated(one) for one in (inputs, before, *scales))
    with tf.GradientTape() as tape:
        tape.watch([inputs, before])  # the inputs too, since some products read nothing else
        after = run(inputs, before, scales, layers)
    zs = [[made.z for made in layer.made] for layer in layers]
    d_before, d_zs = tape.gradient(after, [before, zs], seeds, tf.UnconnectedGradients.ZERO)
    return d_before, [
        [(made, _apart(d_z, carried)) for made, d_z in zip(layer.made, of_layer, strict=True)]
        for layer, of_layer in zip(forward, d_zs, strict=True)
    ]


def _apart(tensor: tf.Tensor, carried: int) -> tf.Tensor:
    rows, *others = tensor.shape
    return tf.reshape(tensor, [rows // carried, carried, *others])


def _by_weights(products: Sequence[Sequence[ByZ]]) -> dict[str, tf.Tensor]:
    found: dict[str, tf.Tensor] = {}
    for of_steps in products:
        each, zs = zip(*of_steps, strict=True)
        made, by_z = each[0], tf.stack(zs)  # [steps, batch, carried, columns, ...]
        parts = [tf.stack(part) for part in zip(*(one.parts for one in each), strict=True)]
        if made.bias:
            by_rows = by_z[:, :, :, tf.newaxis]
            d_parts = [
                tf.reduce_sum(part[:, :, tf.newaxis, :, tf.newaxis] * by_rows, axis=0)
                for part in parts
            ]
            pairs = {
                made.weight: tf.concat(d_parts, axis=2),
                made.bias: tf.reduce_sum(by_rows, axis=0),
            }
        else:
            scaled = tf.reduce_sum(parts[0][:, :, tf.newaxis] * by_z, axis=0)
            pairs = {made.weight: scaled[:, :, tf.newaxis]}
        for name, one in pairs.items():
            found[name] = found[name] + one if name in found else one
    return found


def _by_trained(
    config: EchoConfig, trained: Tensors, by_used: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    cell, carried = config.the_cell, carried_size(config)
    found = {name: one for name, one in by_used.items() if name in cell.matrices}
    if not cell.unit_weights:
        return found
    rows = next(iter(by_used.values())).shape[0] * carried
    units = {
        name: tf.repeat(tf.convert_to_tensor(trained[name]), rows, axis=0)
        for name in cell.unit_weights
    }
    of_units = {name: one for name, one in by_used.items() if name not in cell.matrices}
    with tf.GradientTape() as tape:
        tape.watch(units)
        used = cell.used({**trained, **units}, OfTensors(), config.window_steps)
        after = [used[name] for name in of_units]
    d_used = [tf.reshape(one, [-1, *one.shape[3:]]) for one in of_units.values()]
    d_units = tape.gradient(after, units, d_used, tf.UnconnectedGradients.ZERO)
    return found | {name: _apart(one, carried)[:, :, tf.newaxis] for name, one in d_units.items()}

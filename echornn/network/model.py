"""The Echo-RNN: its weights, the forward pass over a window, and the loss ("Calculating loss")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from echornn.config import EchoConfig
from echornn.network.affine import affine_map, has_replicas, joined, split_features, sum_of_steps
from echornn.network.frameworks import weights_to_keras
from echornn.network.scan import scan, scan_any_step, scan_side_by_side
from echornn.network.shapes import (
    block_length,
    largest_product,
    layer_weights,
)
from echornn.network.step import step_of, used_weights
from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols

# With which a single kernel is faster: of the largest product, and unrolled, of all layers, with
# gates twice
MOST_MULTIPLICATIONS = 400
MOST_STEPS = 32


class EchoRNN:
    """Stacked recurrent cells, with an output layer on each state of the top one.

    Arrays become variables.
    """

    def __init__(self, config: EchoConfig, weights: Mapping[str, Any], on_cpu: bool = True) -> None:
        self.config = config
        self.weights: dict[str, Any] = {}
        for name, weight in weights.items():
            is_tensor = tf.is_tensor(weight)
            self.weights[name] = weight if is_tensor else tf.Variable(weight, name=name)
        self._step = step_of(config.the_cell)
        self._layers = layer_weights(config, self.weights)

        # Whether the loop over windows of a single network runs faster than as a single kernel,
        # which XLA would make
        unrolled = config.num_layers * block_length(config.window_steps)
        if config.the_cell.gates:
            unrolled *= 2
        is_small = largest_product(config) <= MOST_MULTIPLICATIONS and unrolled <= MOST_STEPS
        self.loops_apart = on_cpu and (has_replicas(self.weights["W2"]) or not is_small)

    def forward(self, x: Tensor, init_state: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Run a window ("Forward pass"): from symbols, uint8 [T, batch, ...], or numbers, float32
        [T, batch, count, ...], the state before, float32 [batch, carried, ...], and a random key,
        int32 [2, ...], to the states after each time step, and their logits or numbers, float32 [T,
        batch, outputs, ...].
        """
        config = self.config
        below = embed(x, config.the_task.inputs)
        carried = []
        for layer, init in enumerate(split_features(init_state, config.num_layers)):
            if layer > 0 and config.dropout:
                below = self.drop(below, key, layer)
            states = self._scan(layer, below, init, key)
            carried.append(states)
            below = states[:, :, : config.state_size]

        weight = self.weights["W2"]
        bias = self.weights["b2"]
        if has_replicas(init_state):
            return joined(carried, 2), affine_map([below], weight, bias)
        steps, batch, size = below.shape
        logits = affine_map([tf.reshape(below, [steps * batch, size])], weight, bias)
        return tf.concat(carried, axis=-1), tf.reshape(logits, [steps, batch, config.output_size])

    def _scan(self, layer: int, inputs: Tensor, init_state: Tensor, key: Tensor) -> Tensor:
        config = self.config
        cell = config.the_cell
        many = has_replicas(init_state)
        if cell.noise:
            inputs_and_noise = inputs, self.noise(key, layer)
            inputs = joined(inputs_and_noise, 2) if many else tf.concat(inputs_and_noise, axis=-1)
        weights = used_weights(cell, self._layers[layer], config.window_steps)
        arguments = self._step, inputs, init_state, weights
        cut = config.gradient_cut
        if cell.has_any_step:
            return scan_any_step(*arguments, cut)
        if many:
            return scan_side_by_side(*arguments, cut)
        return scan(*arguments, block_length(config.window_steps), self.loops_apart, cut)

    def drop(self, states: Tensor, key: Tensor, layer: int) -> Tensor:
        """Set a random share of the states to zero, and scale the others (Srivastava et al.
        2014)."""
        kept = 1 - self.config.dropout
        drawn = self._drawn(tf.random.stateless_uniform, key, layer)
        return tf.where(drawn < kept, states / kept, tf.zeros_like(states))

    def noise(self, key: Tensor, layer: int) -> Tensor:
        """Independent standard normal numbers, float32 [T, batch, units, ...]."""
        keys = tf.stack([key[0], -1 - key[1]])  # where the numbers of dropout are none of these
        return self._drawn(tf.random.stateless_normal, keys, layer)

    def _drawn(self, draw: Any, key: Tensor, layer: int) -> Tensor:
        shape = [self.config.window_steps, self.config.batch_size, self.config.state_size]

        def draws(key: Tensor) -> Tensor:
            # Without the name, XLA would compute the generator and its key for each number: ten
            # times as slow.
            return draw(shape, key + tf.constant([layer, 0]), alg="philox")

        if len(key.shape) == 1:
            return draws(key)
        # The same random numbers as those of single networks
        drawn = tf.map_fn(draws, tf.transpose(key), fn_output_signature=tf.float32)
        return tf.transpose(drawn, [1, 2, 3, 0])


def embed(x: Tensor, form: Symbols | Numbers) -> Tensor:
    """The cell's inputs, float32 [T, batch, input, ...]: two symbols become 0 and 1 (the tutorial),
    more one-hot."""
    if isinstance(form, Numbers):
        return x
    if form.count == 2:
        return tf.cast(x, tf.float32)[:, :, tf.newaxis]
    return tf.one_hot(x, form.count, axis=2)


# The most rows whose sums of exponentials (from 1 to the number of classes) are multiplied: longer
# loops are not unrolled, and compute one number at a time
MOST_ROWS = 16
LARGEST_PRODUCT = 2.0**64  # of these; float32's limit is 2^128


def cross_entropy(
    logits: Tensor, labels: Tensor, scored: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The mean cross-entropy over scored time steps and rows, in nats, float32 [...], and the
    softmax without gradient: of float32 [T, batch, classes, ...], int32 [T, batch, ...], and bool,
    or weights of steps, float32 [T, batch, ...].
    """
    if len(logits.shape) > 3:
        return _of_replicas(logits, labels, scored)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    if scored is None:
        loss = tf.reduce_mean(losses)
    else:
        loss = tf.reduce_sum(_counted(losses, scored)) / _number_of(scored)
    return loss, tf.nn.softmax(logits)


def _number_of(steps: Tensor) -> Tensor:
    """How many are marked, or the sum of weights: bool or float32 [T, batch, ...] to float32
    [...]."""
    length, batch, *replicas = steps.shape
    marked = tf.reshape(tf.cast(steps, tf.float32), [length * batch, *replicas])
    return sum_of_steps(marked) if replicas else tf.reduce_sum(marked)


def _counted(values: Tensor, scored: Tensor) -> Tensor:
    """The values of steps that count, else 0; or each times the weight of its step."""
    return tf.where(scored, values, 0.0) if scored.dtype == tf.bool else scored * values


def _of_replicas(logits: Tensor, labels: Tensor, scored: Tensor | None) -> tuple[Tensor, Tensor]:
    """One logarithm of a product instead of several saves a sixth of the whole training time."""
    steps, batch, classes, replicas = logits.shape
    rows = steps * batch
    scored_rows = rows if scored is None else _number_of(scored)
    hot = tf.one_hot(labels, classes, axis=2)
    most = max(1, min(MOST_ROWS, int(math.log(LARGEST_PRODUCT, classes))))
    together = most
    while batch % together:
        together -= 1

    def forward(logits: Tensor) -> tuple[tuple[Tensor, Tensor], object]:
        # -log(e^l_label / sum e^l) = (max - l_label) + log(sum e^(l - max))
        largest = tf.reduce_max(logits, axis=2)
        exponentials = tf.exp(logits - largest[:, :, tf.newaxis])
        sums = tf.reduce_sum(exponentials, axis=2)
        probabilities = exponentials / sums[:, :, tf.newaxis]
        costs = largest - tf.reduce_sum(logits * hot, axis=2)
        if scored is not None:
            if scored.dtype == tf.bool:
                sums = tf.where(scored, sums, 1.0)
            else:  # each logarithm has a weight of its own
                costs += tf.math.log(sums)
                sums = tf.ones_like(sums)
            costs = _counted(costs, scored)
        products = tf.reduce_prod(tf.reshape(sums, [rows // together, together, replicas]), axis=1)
        logarithms = sum_of_steps(tf.math.log(products))
        loss = logarithms + sum_of_steps(tf.reshape(costs, [rows, replicas]))

        def gradient(d_loss: Tensor, _: Tensor) -> Tensor:
            d_logits = (probabilities - hot) * (d_loss / scored_rows)
            if scored is None:
                return d_logits
            return _counted(d_logits, scored[:, :, tf.newaxis])

        return (loss / scored_rows, probabilities), gradient

    loss, probabilities = tf.custom_gradient(forward)(logits)
    return loss, probabilities


def errors(probabilities: Tensor, labels: Tensor, scored: Tensor | None = None) -> Tensor:
    """The number of wrong predictions in a window, int32 [...]; if only some count, their share
    times all. A step with any weight above 0 counts once."""
    wrong = _predicted(probabilities) != labels
    if scored is None:
        return tf.cast(_number_of(wrong), tf.int32)
    steps, batch = wrong.shape[:2]
    scored = tf.cast(scored, tf.bool)
    share = _number_of(tf.logical_and(wrong, scored)) / _number_of(scored)
    return tf.cast(tf.round(share * (steps * batch)), tf.int32)


def _predicted(probabilities: Tensor) -> Tensor:
    """The likeliest class (the first of equals): float32 [T, batch, classes, ...] to int32 [T,
    batch, ...]."""
    if len(probabilities.shape) == 3:
        return tf.argmax(probabilities, axis=-1, output_type=tf.int32)
    classes = probabilities.shape[2]
    likeliest = tf.reduce_max(probabilities, axis=2, keepdims=True)
    numbers = tf.range(classes)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    return tf.reduce_min(tf.where(probabilities == likeliest, numbers, classes), axis=2)


def squared_error(outputs: Tensor, targets: Tensor, scored: Tensor | None = None) -> Tensor:
    """The mean over scored time steps, rows, and the numbers of each, float32 [T, batch, numbers,
    ...] to [...]."""
    steps, batch, numbers, *replicas = outputs.shape
    scored_rows = steps * batch if scored is None else _number_of(scored)
    count = numbers * scored_rows

    def forward(outputs: Tensor) -> tuple[Tensor, object]:
        wrong = outputs - targets
        weighed = wrong
        if scored is not None:
            weighed = _counted(wrong, scored[:, :, tf.newaxis])
            if scored.dtype == tf.bool:
                wrong = weighed
        squares = tf.reduce_sum(wrong * weighed, axis=2)
        rows = tf.reshape(squares, [steps * batch, *replicas])
        loss = sum_of_steps(rows) if replicas else tf.reduce_sum(rows)
        return loss / count, lambda d_loss: weighed * (2 * d_loss / count)

    loss: Tensor = tf.custom_gradient(forward)(outputs)
    return loss


def keras_model(config: EchoConfig, weights: Mapping[str, Floats]) -> Any:
    """It starts from a zero state, without dropout, and reads int [batch, time], or float32 [batch,
    time, count]."""
    import keras

    form = config.the_task.inputs
    if isinstance(form, Numbers):
        inputs = keras.Input((None, form.count), name="numbers")
        below = inputs
    else:
        inputs = keras.Input((None,), dtype="int32", name="symbols")
        embedding = keras.layers.Embedding(
            form.count, config.input_size, trainable=False, name="embed"
        )
        below = embedding(inputs)
        table = np.array([[0.0], [1.0]]) if form.count == 2 else np.eye(form.count)
        embedding.set_weights([table])

    kind, options = config.the_cell.keras
    options = {"return_sequences": True, **options}
    for number, own in enumerate(layer_weights(config, weights), start=1):
        layer = getattr(keras.layers, kind)(
            config.state_size, name=f"{config.cell}_{number}", **options
        )
        below = layer(below)
        layer.set_weights(weights_to_keras(own, str(config.cell)))

    activation = None if isinstance(config.the_task.outputs, Numbers) else "softmax"
    output = keras.layers.Dense(config.output_size, activation=activation, name="output_layer")
    model = keras.Model(inputs, output(below), name="echo_rnn")
    output.set_weights([weights["W2"], weights["b2"][0]])
    return model

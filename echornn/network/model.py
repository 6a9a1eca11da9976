"""The Echo-RNN: its weights, the forward pass over a window, and the loss ("Calculating loss")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.affine import affine_map, has_replicas, joined, split_features, sum_of_steps
from echornn.network.scan import scan, scan_any_step, scan_side_by_side
from echornn.network.shapes import block_length, largest_product, layer_weight_names, weight_shapes
from echornn.network.step import step_of, used_weights
from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols

MOST_MULTIPLICATIONS, MOST_STEPS = 400, 32
"""With which a single kernel is faster: of the largest product, and unrolled, of all layers; with
gates twice."""


class EchoRNN:
    """Stacked recurrent cells, with an output layer on each state of the top one.

    Arrays become variables.
    """

    def __init__(self, config: EchoConfig, weights: Mapping[str, Any], on_cpu: bool = True) -> None:
        self.config = config
        self.weights = {
            name: value if tf.is_tensor(value) else tf.Variable(value, name=name)
            for name, value in weights.items()
        }
        self._step = step_of(config.the_cell)
        self._layers = [
            {local: self.weights[name] for local, name in names.items()}
            for names in layer_weight_names(config)
        ]
        # whether the loop over windows of a single network runs faster than as a single kernel,
        # which XLA would make
        unrolled = (
            config.num_layers
            * block_length(config.window_steps)
            * (2 if config.the_cell.gates else 1)
        )
        is_small = largest_product(config) <= MOST_MULTIPLICATIONS and unrolled <= MOST_STEPS
        self.loops_apart = on_cpu and (has_replicas(self.weights["W2"]) or not is_small)

    def forward(
        self, x: tf.Tensor, init_state: tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Run a window ("Forward pass"): from symbols, uint8 [T, batch, ...], or numbers, float32
        [T, batch, count, ...], the state before, float32 [batch, carried, ...], and a random key,
        int32 [2, ...], to the states after each time step, and their logits or numbers, float32 [T,
        batch, outputs, ...].
        """
        config, cell = self.config, self.config.the_cell
        below = embed(x, config.the_task.inputs)
        many, block = has_replicas(init_state), block_length(config.window_steps)
        cut = config.gradient_cut
        carried = []
        for layer, init in enumerate(split_features(init_state, config.num_layers)):
            if layer and config.dropout:
                below = self.drop(below, key, layer)
            if cell.noise:
                noise = self.noise(key, layer)
                below = joined([below, noise], 2) if many else tf.concat([below, noise], axis=-1)
            weights = used_weights(cell, self._layers[layer], config.window_steps)
            if cell.has_any_step:
                states = scan_any_step(self._step, below, init, weights, cut)
            elif many:
                states = scan_side_by_side(self._step, below, init, weights, cut)
            else:
                states = scan(self._step, below, init, weights, block, self.loops_apart, cut)
            carried.append(states)
            below = states[:, :, : config.state_size]
        weight, bias = self.weights["W2"], self.weights["b2"]
        if many:
            return joined(carried, 2), affine_map([below], weight, bias)
        steps, batch, size = below.shape
        logits = affine_map([tf.reshape(below, [steps * batch, size])], weight, bias)
        return tf.concat(carried, axis=-1), tf.reshape(logits, [steps, batch, config.output_size])

    def drop(self, states: tf.Tensor, key: tf.Tensor, layer: int) -> tf.Tensor:
        """Set a random share of the states to zero, and scale the others (Srivastava et al.
        2014)."""
        kept = 1 - self.config.dropout
        drawn = self._drawn(tf.random.stateless_uniform, key, layer)
        return tf.where(drawn < kept, states / kept, tf.zeros_like(states))

    def noise(self, key: tf.Tensor, layer: int) -> tf.Tensor:
        """Independent standard normal numbers, float32 [T, batch, units, ...]."""
        keys = tf.stack([key[0], -1 - key[1]])  # where the numbers of dropout are none of these
        return self._drawn(tf.random.stateless_normal, keys, layer)

    def _drawn(self, draw: Any, key: tf.Tensor, layer: int) -> tf.Tensor:
        shape = [self.config.window_steps, self.config.batch_size, self.config.state_size]

        def draws(key: tf.Tensor) -> tf.Tensor:
            # Without the name, XLA would compute the generator and its key for each number: ten
            # times as slow.
            return draw(shape, key + tf.constant([layer, 0]), alg="philox")

        if len(key.shape) == 1:
            return draws(key)
        # the same random numbers as those of single networks
        each = tf.map_fn(draws, tf.transpose(key), fn_output_signature=tf.float32)
        return tf.transpose(each, [1, 2, 3, 0])


def embed(x: tf.Tensor, form: Symbols | Numbers) -> tf.Tensor:
    """The cell's inputs, float32 [T, batch, input, ...]: two symbols become 0 and 1 (the tutorial),
    more one-hot."""
    if isinstance(form, Numbers):
        return x
    if form.count == 2:
        return tf.cast(x, tf.float32)[:, :, tf.newaxis]
    return tf.one_hot(x, form.count, axis=2)


MOST_ROWS, LARGEST_PRODUCT = 16, 2.0**64
"""The most rows whose sums of exponentials (from 1 to the number of classes) are multiplied: longer
loops are not unrolled, and compute one number at a time; and the largest product: float32's limit
is 2^128.
"""


def cross_entropy(
    logits: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean cross-entropy over scored time steps and rows, in nats, float32 [...], and the
    softmax without gradient: of float32 [T, batch, classes, ...], int32 [T, batch, ...], and bool
    [T, batch, ...].
    """
    if len(logits.shape) > 3:
        return _of_replicas(logits, labels, scored)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    if scored is None:
        return tf.reduce_mean(losses), tf.nn.softmax(logits)
    return tf.reduce_sum(tf.where(scored, losses, 0.0)) / _number_of(scored), tf.nn.softmax(logits)


def _number_of(steps: tf.Tensor) -> tf.Tensor:
    """How many are marked: bool [T, batch, ...] to float32 [...]."""
    length, batch, *replicas = steps.shape
    marked = tf.reshape(tf.cast(steps, tf.float32), [length * batch, *replicas])
    return sum_of_steps(marked) if replicas else tf.reduce_sum(marked)


def _of_replicas(
    logits: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None
) -> tuple[tf.Tensor, tf.Tensor]:
    """One logarithm of a product instead of several saves a sixth of the whole training time."""
    steps, batch, classes, replicas = logits.shape
    rows = steps * batch
    counted = rows if scored is None else _number_of(scored)
    hot = tf.one_hot(labels, classes, axis=2)
    most = max(1, min(MOST_ROWS, int(math.log(LARGEST_PRODUCT, classes))))
    # Rows whose sums are multiplied
    together = next(size for size in range(most, 0, -1) if batch % size == 0)

    def forward(logits: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], object]:
        largest = tf.reduce_max(logits, axis=2)
        exponentials = tf.exp(logits - largest[:, :, tf.newaxis])
        sums = tf.reduce_sum(exponentials, axis=2)
        probabilities = exponentials / sums[:, :, tf.newaxis]
        costs = largest - tf.reduce_sum(logits * hot, axis=2)
        if scored is not None:
            sums, costs = tf.where(scored, sums, 1.0), tf.where(scored, costs, 0.0)
        products = tf.reduce_prod(tf.reshape(sums, [rows // together, together, replicas]), axis=1)
        loss = sum_of_steps(tf.math.log(products)) + sum_of_steps(
            tf.reshape(costs, [rows, replicas])
        )

        def gradient(d_loss: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
            d_logits = (probabilities - hot) * (d_loss / counted)
            return d_logits if scored is None else tf.where(scored[:, :, tf.newaxis], d_logits, 0.0)

        return (loss / counted, probabilities), gradient

    loss, probabilities = tf.custom_gradient(forward)(logits)
    return loss, probabilities


def errors(
    probabilities: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None = None
) -> tf.Tensor:
    """The number of wrong predictions in a window, int32 [...]; if only some count, their share
    times all."""
    wrong = _predicted(probabilities) != labels
    if scored is None:
        return tf.cast(_number_of(wrong), tf.int32)
    steps, batch = wrong.shape[:2]
    share = _number_of(tf.logical_and(wrong, scored)) / _number_of(scored)
    return tf.cast(tf.round(share * (steps * batch)), tf.int32)


def _predicted(probabilities: tf.Tensor) -> tf.Tensor:
    """The likeliest class (the first of equals): float32 [T, batch, classes, ...] to int32 [T,
    batch, ...]."""
    if len(probabilities.shape) == 3:
        return tf.argmax(probabilities, axis=-1, output_type=tf.int32)
    classes = probabilities.shape[2]
    likeliest = tf.reduce_max(probabilities, axis=2, keepdims=True)
    numbers = tf.range(classes)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    return tf.reduce_min(tf.where(probabilities == likeliest, numbers, classes), axis=2)


def squared_error(
    outputs: tf.Tensor, targets: tf.Tensor, scored: tf.Tensor | None = None
) -> tf.Tensor:
    """The mean over scored time steps, rows, and the numbers of each, float32 [T, batch, numbers,
    ...] to [...]."""
    steps, batch, numbers, *replicas = outputs.shape
    counted = numbers * (steps * batch if scored is None else _number_of(scored))

    def forward(outputs: tf.Tensor) -> tuple[tf.Tensor, object]:
        wrong = outputs - targets
        if scored is not None:
            wrong = tf.where(scored[:, :, tf.newaxis], wrong, 0.0)
        of_steps = tf.reshape(tf.reduce_sum(wrong * wrong, axis=2), [steps * batch, *replicas])
        loss = sum_of_steps(of_steps) if replicas else tf.reduce_sum(of_steps)
        return loss / counted, lambda d_loss: wrong * (2 * d_loss / counted)

    loss: tf.Tensor = tf.custom_gradient(forward)(outputs)
    return loss


def checked_weights(
    weights: Mapping[str, npt.ArrayLike], config: EchoConfig
) -> dict[str, npt.NDArray[np.float32]]:
    """These weights in the order of `weight_shapes`; a `ValueError` if they do not fit, or are not
    finite."""
    shapes = weight_shapes(config)
    if set(weights) != set(shapes):
        raise ValueError(
            f"weights = {sorted(weights)} cannot be loaded: the names must be {sorted(shapes)}"
        )
    arrays = {name: np.asarray(weights[name], dtype=np.float32) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(
                f"{name} of shape {arrays[name].shape} cannot be loaded: its shape must be {shape}"
            )
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} cannot be loaded: some of its numbers are NaN or infinite")
    return arrays


def initial_weights(config: EchoConfig, init_index: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """A pure function of (seed, draw). Biases are zero, except as `Cell.first_biases` and
    ``forget_bias`` say; with ``"orthogonal"`` the rows for the state are a random orthogonal matrix
    for each vector (Saxe et al. 2014), others as with ``"glorot"``.
    """
    rng = seeding.stream(config.seed, seeding.WEIGHTS, init_index)
    cell, size, shapes = config.the_cell, config.state_size, weight_shapes(config)
    biases = {
        **cell.first_biases,
        **({"b": (0, config.forget_bias, 0, 0)} if config.cell == "lstm" else {}),
    }
    weights = {}
    for names in layer_weight_names(config):
        for product in cell.products:
            weight, bias = names[product.weight], names[product.bias]
            weights[weight] = _initial_matrix(config, rng, shapes[weight])
            if product.is_recurrent and (product.from_identity or config.init == "orthogonal"):
                blocks = [
                    np.eye(size) if product.from_identity else _orthogonal(rng, size)
                    for _ in product.columns
                ]
                weights[weight][product.state_rows(size)] = np.concatenate(blocks, axis=1)
            first = biases.get(product.bias, (0,) * len(product.columns))
            weights[bias] = np.repeat(np.array([first], np.float32), size, axis=1)
        given = cell.first_units(rng, size, config.window_steps)
        for name in (*cell.unit_weights, *cell.other_weights):
            shape = shapes[names[name]]
            is_given = name in given
            weights[names[name]] = (
                given[name].reshape(shape) if is_given else _initial_matrix(config, rng, shape)
            )
    return {
        **weights,
        "W2": _initial_matrix(config, rng, shapes["W2"]),
        "b2": np.zeros(shapes["b2"], np.float32),
    }


def _orthogonal(rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """A random orthogonal matrix, uniform over all of them (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def _initial_matrix(
    config: EchoConfig, rng: np.random.Generator, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    if config.init == "tutorial":
        return rng.random(shape, dtype=np.float32)
    bound = np.float32(np.sqrt(6 / sum(shape)))  # Glorot and Bengio 2010, equation 16
    drawn: npt.NDArray[np.float32] = (2 * rng.random(shape, dtype=np.float32) - 1) * bound
    return drawn


def keras_model(config: EchoConfig, weights: Mapping[str, Floats]) -> Any:
    """It starts from a zero state, without dropout, and reads int [batch, time], or float32 [batch,
    time, count]."""
    import keras

    task = config.the_task
    if isinstance(task.inputs, Numbers):
        states = inputs = keras.Input((None, task.inputs.count), name="numbers")
    else:
        inputs = keras.Input((None,), dtype="int32", name="symbols")
        table = np.array([[0.0], [1.0]]) if task.inputs.count == 2 else np.eye(task.inputs.count)
        embed = keras.layers.Embedding(
            task.inputs.count, config.input_size, trainable=False, name="embed"
        )
        states = embed(inputs)
        embed.set_weights([table])
    kind, options = config.the_cell.keras
    for number, names in enumerate(layer_weight_names(config), start=1):
        named = f"{config.cell}_{number}"
        layer = getattr(keras.layers, kind)(
            config.state_size, return_sequences=True, name=named, **options
        )
        states = layer(states)
        own = {name: weights[full] for name, full in names.items()}
        layer.set_weights(_layer_weights(own, states_in=config.state_size))
    activation = None if isinstance(task.outputs, Numbers) else "softmax"
    output = keras.layers.Dense(config.output_size, activation=activation, name="output_layer")
    model = keras.Model(inputs, output(states), name="echo_rnn")
    output.set_weights([weights["W2"], weights["b2"][0]])
    return model


def _layer_weights(own: Mapping[str, Floats], states_in: int) -> list[Floats]:
    """Kernel, recurrent kernel and bias for a Keras layer: the last ``states_in`` rows of W belong
    to h in [x, h] W."""
    matrices = [own[name] for name in own if name.startswith("W")]
    biases = [own[name][0] for name in own if name.startswith("b")]
    whole = np.concatenate(matrices, axis=1)
    return [whole[:-states_in], whole[-states_in:], np.concatenate(biases)]

"""The Echo-RNN: its weights, and the forward pass over a window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.affine import affine_map, has_replicas, joined, split_features
from echornn.network.scan import scan
from echornn.network.scan_side_by_side import scan_side_by_side
from echornn.network.shapes import block_length, largest_product, layer_weight_names, weight_shapes
from echornn.network.step import step_of, used_weights
from echornn.network.xla import is_faster_as_one
from echornn.tasks.task import Numbers, Symbols

Weights = Mapping[str, npt.NDArray[np.float32]]


class EchoRNN(tf.Module):
    """Stacked recurrent cells that run over a window, with an output layer on each state of the top cell.

    Attributes:
        weights: the trained variables by name, see `weight_shapes`; with replicas, an additional last axis.
    """

    def __init__(self, config: EchoConfig, initial: Weights) -> None:
        super().__init__()
        self.config = config
        self.weights = {name: tf.Variable(value, name=name) for name, value in initial.items()}
        self._step = step_of(config.the_cell)
        self._layers = [
            {local: self.weights[name] for local, name in names.items()} for names in layer_weight_names(config)
        ]
        self.loops_apart = "CPU" in self.weights["W2"].device and not self._is_faster_as_one_loop()

    def forward(self, x: tf.Tensor, init_state: tf.Tensor, dropout_key: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run a window ("Forward pass" and "Calculating loss").

        Args:
            x: the inputs of the window: symbols, uint8 [T, batch, ...], or numbers, float32 [T, batch, count, ...].
            init_state: the state before the window, float32 [batch, carried, ...]; see `carried_size`.
            dropout_key: int32 [2, ...], the random key of dropout.

        Returns:
            The carried state after each time step, float32 [T, batch, carried, ...], and the logits or numbers, float32
            [T, batch, outputs, ...]. Those at a step belong to the state after that step.
        """
        config = self.config
        below = embed(x, config.the_task.inputs)
        many, block = has_replicas(init_state), block_length(config.window_steps)
        cut = config.gradient_cut
        carried = []
        for layer, init in enumerate(split_features(init_state, config.num_layers)):
            if layer and config.dropout:
                below = self.drop(below, dropout_key, layer)
            weights = used_weights(config.the_cell, self._layers[layer], config.window_steps)
            if many:
                states = scan_side_by_side(self._step, below, init, weights, cut)
            else:
                states = scan(self._step, below, init, weights, block, self.loops_apart, cut)
            carried.append(states)
            below = states[:, :, : config.state_size]
        return joined(carried, 2) if many else tf.concat(carried, axis=-1), self.output_layer(below)

    def _is_faster_as_one_loop(self) -> bool:
        config = self.config
        if has_replicas(self.weights["W2"]):
            return False
        steps = config.num_layers * block_length(config.window_steps)
        return is_faster_as_one(largest_product(config), steps * 2 if config.the_cell.gates else steps)

    def output_layer(self, states: tf.Tensor) -> tf.Tensor:
        """h W2 + b2 for the states of all time steps in one product: [T, batch, state, ...] to [T, batch, outputs,
        ...].
        """
        weight, bias = self.weights["W2"], self.weights["b2"]
        if has_replicas(states[0]):
            return affine_map([states], weight, bias)
        steps, batch, size = states.shape
        logits = affine_map([tf.reshape(states, [steps * batch, size])], weight, bias)
        return tf.reshape(logits, [steps, batch, self.config.output_size])

    def drop(self, states: tf.Tensor, key: tf.Tensor, layer: int) -> tf.Tensor:
        """Set a random share of the states to zero, and scale the others so that the mean stays (Srivastava et al.
        2014).
        """
        kept = 1 - self.config.dropout
        steps, batch, size, *replicas = states.shape

        def draws(key: tf.Tensor) -> tf.Tensor:
            # Without the name, XLA would compute the generator and its key for each number: ten times as slow.
            return tf.random.stateless_uniform([steps, batch, size], key + tf.constant([layer, 0]), alg="philox")

        if not replicas:
            return tf.where(draws(key) < kept, states / kept, tf.zeros_like(states))
        each = tf.map_fn(draws, tf.transpose(key), tf.float32)  # the same random numbers as those of single networks
        return tf.where(tf.transpose(each, [1, 2, 3, 0]) < kept, states / kept, tf.zeros_like(states))


def embed(x: tf.Tensor, form: Symbols | Numbers) -> tf.Tensor:
    """The inputs of the cell, float32 [T, batch, input, ...].

    Two symbols become the numbers 0 and 1, as in the tutorial; more symbols become one-hot vectors. Numbers stay.

    Args:
        x: symbols, uint8 [T, batch, ...], or numbers, float32 [T, batch, count, ...].
        form: whether these are symbols or numbers, and how many.
    """
    if isinstance(form, Numbers):
        return x
    if form.count == 2:
        return tf.cast(x, tf.float32)[:, :, tf.newaxis]
    return tf.one_hot(x, form.count, axis=2)


def checked_weights(
    weights: Mapping[str, npt.ArrayLike], config: EchoConfig, to_be: str
) -> dict[str, npt.NDArray[np.float32]]:
    """These weights as float32 arrays by name, in the order of `weight_shapes`.

    Args:
        to_be: the purpose for the error message: loaded, examined.

    Raises:
        ValueError: names or shapes differ from this configuration's, or numbers are NaN or infinite.
    """
    shapes = weight_shapes(config)
    if set(weights) != set(shapes):
        raise ValueError(f"weights = {sorted(weights)} cannot be {to_be}: the names must be {sorted(shapes)}")
    arrays = {name: np.asarray(weights[name], dtype=np.float32) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} of shape {arrays[name].shape} cannot be {to_be}: its shape must be {shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} cannot be {to_be}: some of its numbers are NaN or infinite")
    return arrays


def initial_weights(config: EchoConfig, init_index: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Initial weights: a pure function of (seed, draw). Biases are zero, except as `Cell.first_biases` says.

    With ``init="tutorial"`` a matrix is uniform in [0, 1). With ``"glorot"`` it is uniform in [-a, a),
    a = sqrt(6 / (rows + columns)) (Glorot and Bengio 2010, equation 16). With ``"orthogonal"`` the rows for the state
    are a random orthogonal matrix for each vector (Saxe et al. 2014), and all others as with ``"glorot"``.
    """
    rng = seeding.stream(config.seed, seeding.WEIGHTS, init_index)
    cell, size, shapes = config.the_cell, config.state_size, weight_shapes(config)
    weights = {}
    for names in layer_weight_names(config):
        for product in cell.products:
            weight, bias = names[product.weight], names[product.bias]
            weights[weight] = _initial_matrix(config, rng, shapes[weight])
            if product.is_recurrent and (product.from_identity or config.init == "orthogonal"):
                blocks = [np.eye(size) if product.from_identity else _orthogonal(rng, size) for _ in product.columns]
                weights[weight][product.state_rows(size)] = np.concatenate(blocks, axis=1)
            first = cell.first_biases.get(product.bias, (0,) * len(product.columns))
            weights[bias] = np.repeat(np.array([first], np.float32), size, axis=1)
        for weight, first_units in cell.first_units(rng, size, config.window_steps).items():
            weights[names[weight]] = first_units[np.newaxis]
    return {**weights, "W2": _initial_matrix(config, rng, shapes["W2"]), "b2": np.zeros(shapes["b2"], np.float32)}


def _orthogonal(rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """A random orthogonal matrix, uniform over all of them (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def _initial_matrix(config: EchoConfig, rng: np.random.Generator, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    if config.init == "tutorial":
        return rng.random(shape, dtype=np.float32)
    bound = np.float32(np.sqrt(6 / sum(shape)))
    drawn: npt.NDArray[np.float32] = (2 * rng.random(shape, dtype=np.float32) - 1) * bound
    return drawn

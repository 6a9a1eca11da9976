"""Weights of PyTorch and Keras by this program's names, and back: plain arrays, so that neither is
needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Product
from echornn.cells.table import CELLS
from echornn.errors import ConfigError
from echornn.progress import Floats

# Which vectors each product computes, numbered in the order of the cells, which is Keras': of an
# LSTM i, f, g, o; of a GRU z, r and its candidate
VECTORS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "rnn": {"W": [0]},
    "irnn": {"W": [0]},
    "lstm": {"W": range(4)},
    "gru": {"W": [0, 1], "Wc": [2]},
    "gru_after": {"W": [0, 1], "Wx": [2], "Wh": [2]},
}
# The same vectors in the order of either: PyTorch's GRU has r, z, n
KERAS = {"rnn": [0], "irnn": [0], "lstm": range(4), "gru": range(3), "gru_after": range(3)}
TORCH = {"rnn": [0], "irnn": [0], "lstm": range(4), "gru_after": [1, 0, 2]}


class FrameworkLayer(NamedTuple):
    """A layer's products with the input and with the state, each with a bias; Keras' order."""

    matrix: Floats  # [inputs + units, vectors * units]
    biases: Floats  # [2, vectors * units]
    units: int


def weights_from_torch(state_dict: Mapping[str, Any], cell: str) -> dict[str, Floats]:
    """The weights of a `torch.nn.RNN`, `LSTM` or `GRU` of one or more layers, alone or in a module
    with one `Linear`, which becomes W2 and b2; without it they are left out.

    Args:
        state_dict: tensors on the CPU, or arrays. Of two biases the sum is taken, but for the
            candidate of a GRU.
        cell: rnn (irnn for relu), lstm, or gru_after.

    Raises:
        ConfigError: PyTorch has no such cell, or the weights are of another.
        ValueError: there is more than one recurrent module and one Linear.
    """
    _require(cell, TORCH)
    left = {name: np.asarray(tensor, np.float32) for name, tensor in state_dict.items()}
    ends = [name for name in left if name.endswith("weight_ih_l0")]
    prefix = ends[0].removesuffix("weight_ih_l0") if ends else ""
    layers: list[FrameworkLayer] = []
    while f"{prefix}weight_ih_l{len(layers)}" in left:
        number = len(layers)
        kernel = left.pop(f"{prefix}weight_ih_l{number}").T
        recurrent = left.pop(f"{prefix}weight_hh_l{number}").T
        none = np.zeros(recurrent.shape[1], np.float32)
        bias = left.pop(f"{prefix}bias_ih_l{number}", none)
        biases = np.stack([bias, left.pop(f"{prefix}bias_hh_l{number}", none)])
        layers.append(_layer(kernel, recurrent, biases, cell, TORCH[cell]))

    match sorted(left):
        case []:
            output = []
        case [first, second] if first.endswith("bias") and left[second].ndim == 2:
            output = [left[second].T, left[first]]
        case names:
            raise ValueError(
                f"{', '.join(names)} cannot be used: beside an RNN, LSTM or GRU, in one direction, "
                "there may be one Linear"
            )
    return _weights(layers, output, cell)


def weights_to_torch(
    weights: Mapping[str, Floats], cell: str, rnn: str = "rnn.", output: str = "output."
) -> dict[str, Floats]:
    """What `weights_from_torch` reads: arrays for ``load_state_dict``, in which a second bias is 0.

    Args:
        weights: of one network, by name; W2 and b2 may be missing.
        rnn, output: the names of your modules, with a dot; empty for a module alone.
    """
    _require(cell, TORCH)
    arrays = {}
    for number, (matrix, biases, units) in enumerate(_layers(weights, cell)):
        columns = _columns(TORCH[cell], units)
        arrays[f"{rnn}weight_ih_l{number}"] = matrix[:-units, columns].T
        arrays[f"{rnn}weight_hh_l{number}"] = matrix[-units:, columns].T
        arrays[f"{rnn}bias_ih_l{number}"] = biases[0, columns]
        arrays[f"{rnn}bias_hh_l{number}"] = biases[1, columns]
    if "W2" in weights:
        arrays[f"{output}weight"] = weights["W2"].T
        arrays[f"{output}bias"] = weights["b2"][0]
    return arrays


def weights_from_keras(layer: Any, cell: str) -> dict[str, Floats]:
    """The weights of a Keras layer or model with `get_weights`, or its arrays in their order:
    kernel, recurrent kernel and bias of each layer, and of a Dense, which becomes W2 and b2;
    without it they are left out. The cell is rnn (irnn for relu), lstm, gru_after, or gru for
    ``reset_after=False``. A ConfigError if the weights are of another, a ValueError for another
    number of arrays.
    """
    _require(cell, KERAS)
    arrays = layer.get_weights() if hasattr(layer, "get_weights") else layer
    left = [np.asarray(array, np.float32) for array in arrays]
    if len(left) % 3 == 1:
        raise ValueError(
            f"{len(left)} arrays cannot be used: they must be 3 for each layer, and 2 for a Dense"
        )
    layers = []
    while len(left) >= 3:
        kernel, recurrent, bias, *left = left
        given = np.atleast_2d(bias)
        if (len(given) == 2) != (cell == "gru_after"):
            raise ConfigError("cell", cell, "gru_after is the GRU with reset_after=True")
        biases = np.vstack([given, 0 * given])[:2]
        layers.append(_layer(kernel, recurrent, biases, cell, KERAS[cell]))
    return _weights(layers, left, cell)


def weights_to_keras(weights: Mapping[str, Floats], cell: str) -> list[Floats]:
    """What `weights_from_keras` reads: arrays for ``set_weights`` of a model, or without W2 and b2
    of a layer."""
    _require(cell, KERAS)
    arrays = []
    for matrix, biases, units in _layers(weights, cell):
        arrays += [matrix[:-units], matrix[-units:], biases if cell == "gru_after" else biases[0]]
    if "W2" in weights:
        arrays += [weights["W2"], weights["b2"][0]]
    return arrays


def _require(cell: str, cells: Mapping[str, object]) -> None:
    if cell not in cells:
        raise ConfigError("cell", cell, f"one of {', '.join(cells)}")


def _columns(vectors: Sequence[int], units: int) -> npt.NDArray[np.int64]:
    """The columns of these vectors, one after the other."""
    return np.ravel([np.arange(units) + vector * units for vector in vectors])


def _layer(
    kernel: Floats, recurrent: Floats, biases: Floats, cell: str, order: Sequence[int]
) -> FrameworkLayer:
    units, columns = recurrent.shape
    if columns != len(order) * units:
        allowed = f"it has {len(order)} x {units} columns, and these weights have {columns}"
        raise ConfigError("cell", cell, allowed)
    ordered = _columns(order, units)
    matrix = np.concatenate([kernel, recurrent])
    return FrameworkLayer(matrix[:, ordered], biases[:, ordered], units)


def _parts(product: Product, inputs: int) -> tuple[slice, slice]:
    """Which rows of a layer's matrix a product has, and which of its biases."""
    if not product.is_recurrent:
        return slice(0, inputs), slice(0, 1)
    if "x" not in product.reads:
        return slice(inputs, None), slice(1, 2)
    return slice(0, None), slice(0, 2)


def _suffix(layer: int) -> str:
    """What is behind the names of a layer's weights, as in `echornn.network.shapes`."""
    return "" if layer == 0 else f"_layer{layer + 1}"


def _weights(
    layers: Sequence[FrameworkLayer], output: Sequence[Floats], cell: str
) -> dict[str, Floats]:
    weights = {}
    for number, (matrix, biases, units) in enumerate(layers):
        for product in CELLS[cell].products:
            columns = _columns(VECTORS[cell][product.weight], units)
            rows, which = _parts(product, len(matrix) - units)
            weights[product.weight + _suffix(number)] = matrix[rows, columns]
            bias = biases[which, columns].sum(axis=0, keepdims=True)
            weights[product.bias + _suffix(number)] = bias
    if output:
        weights["W2"], bias = output
        weights["b2"] = bias[np.newaxis]
    return weights


def _layers(weights: Mapping[str, Floats], cell: str) -> list[FrameworkLayer]:
    layers: list[FrameworkLayer] = []
    while f"W{_suffix(len(layers))}" in weights:
        suffix = _suffix(len(layers))
        height, width = weights[f"W{suffix}"].shape
        units = width // len(VECTORS[cell]["W"])
        matrix = np.zeros((height, len(KERAS[cell]) * units), np.float32)
        biases = np.zeros((2, matrix.shape[1]), np.float32)
        for product in CELLS[cell].products:
            columns = _columns(VECTORS[cell][product.weight], units)
            rows, which = _parts(product, height - units)
            matrix[rows, columns] = weights[product.weight + suffix]
            biases[which.start, columns] = weights[product.bias + suffix][0]
        layers.append(FrameworkLayer(matrix, biases, units))
    return layers

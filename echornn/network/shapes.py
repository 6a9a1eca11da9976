"""The shapes of a network's weights and of its carried state; no TensorFlow is needed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

from echornn.config import RULES, EchoConfig

Weight = TypeVar("Weight")  # a tensor or an array

# The most multiplications of a product, and numbers of the influence, with which many networks
# train faster side by side: us of one core per network and window, 32 together / alone: S4 B5
# 1.7/6.8, S6 B25 26/37, S16 B50 163/86
REPLICA_LIMIT = 1500
INFLUENCE_LIMIT = 4000


def carried_size(config: EchoConfig) -> int:
    """The numbers that each batch row carries on: each layer's state; for an LSTM h, then c."""
    return config.num_layers * len(config.the_cell.state_parts) * config.state_size


def shown_part(config: EchoConfig) -> slice:
    """The position in the carried numbers of the top layer's h, from which the predictions are
    made."""
    begin = carried_size(config) // config.num_layers * (config.num_layers - 1)
    return slice(begin, begin + config.state_size)


def layer_weight_names(config: EchoConfig) -> list[dict[str, str]]:
    """For each layer, the model's name of each weight by the cell's name: W is W, W_layer2,
    W_layer3, ..."""
    layers = []
    for layer in range(1, config.num_layers + 1):
        suffix = "" if layer == 1 else f"_layer{layer}"
        layers.append({name: name + suffix for name in config.the_cell.weights})
    return layers


def layer_weights(config: EchoConfig, weights: Mapping[str, Weight]) -> list[dict[str, Weight]]:
    """The weights of each layer by the cell's names."""
    layers = []
    for names in layer_weight_names(config):
        layers.append({name: weights[full_name] for name, full_name in names.items()})
    return layers


def weight_shapes(config: EchoConfig) -> dict[str, tuple[int, int]]:
    """The tutorial's W, b, W2, b2 ("Variables and placeholders"): a cell's W is [input + state,
    columns], its b [1, columns]; weights of units are [1, state].
    """
    cell = config.the_cell
    size = config.state_size
    inputs = config.input_size
    shapes: dict[str, tuple[int, int]] = {}
    for names in layer_weight_names(config):
        for product in cell.products:
            columns = len(product.columns) * size
            shapes[names[product.weight]] = (product.rows(inputs, size), columns)
            shapes[names[product.bias]] = (1, columns)
        for name in cell.unit_weights:
            shapes[names[name]] = (1, size)
        for name, shape in cell.other_shapes(inputs, size).items():
            shapes[names[name]] = shape
        inputs = size  # the layer above reads this one's states
    shapes["W2"] = (size, config.output_size)
    shapes["b2"] = (1, config.output_size)
    return shapes


def fixed_names(config: EchoConfig) -> set[str]:
    return _in_all_layers(config, config.the_cell.fixed)


def decayed_names(config: EchoConfig) -> set[str]:
    """The weights that may decay: neither biases nor those that are not trained."""
    biases = _in_all_layers(config, [product.bias for product in config.the_cell.products])
    return weight_shapes(config).keys() - biases - fixed_names(config) - {"b2"}


def _in_all_layers(config: EchoConfig, names: Iterable[str]) -> set[str]:
    return {layer[name] for layer in layer_weight_names(config) for name in names}


def largest_product(config: EchoConfig) -> int:
    largest = max(rows * columns for rows, columns in weight_shapes(config).values())
    return config.batch_size * largest


def influence_shapes(config: EchoConfig) -> dict[str, tuple[int, ...]]:
    """Each weight's influence on the carried state of each row, [batch, carried, rows, columns];
    none if the learning rule does not carry it from window to window, or if every window
    begins with a zero state.
    """
    if RULES[config.rule].cuts or config.resets_state:
        return {}
    do_not_act = fixed_names(config) | {"W2", "b2"}
    row = config.batch_size, carried_size(config)
    shapes = weight_shapes(config).items()
    return {name: (*row, *shape) for name, shape in shapes if name not in do_not_act}


def influence_size(config: EchoConfig) -> int:
    return sum(map(math.prod, influence_shapes(config).values()))


def block_length(window_length: int) -> int:
    """The time steps unrolled together; an unrolled step is up to 1.8 times as fast, but takes 45
    ms to compile."""
    if window_length <= 32:
        return window_length
    for block in range(10, 17):
        if window_length % block == 0:
            return block
    return 10


def is_trained_alone(config: EchoConfig) -> bool:
    is_large = largest_product(config) > REPLICA_LIMIT or influence_size(config) > INFLUENCE_LIMIT
    return is_large or config.the_cell.in_turn

"""The shapes of a network's weights and of its carried state; no TensorFlow is needed."""

from __future__ import annotations

import math

from echornn.config import RULES, EchoConfig

REPLICA_LIMIT, INFLUENCE_LIMIT = 1500, 4000
"""The most multiplications of a product, and numbers of the influence, with which many networks
train faster side by side: us of one core per network and window, 32 together / alone: S4 B5
1.7/6.8, S6 B25 26/37, S16 B50 163/86.
"""


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
    cell = config.the_cell
    return [
        {name: name if layer == 0 else f"{name}_layer{layer + 1}" for name in cell.weights}
        for layer in range(config.num_layers)
    ]


def weight_shapes(config: EchoConfig) -> dict[str, tuple[int, int]]:
    """The tutorial's W, b, W2, b2 ("Variables and placeholders"): a cell's W is [input + state,
    columns], its b [1, columns]; weights of units are [1, state].
    """
    shapes: dict[str, tuple[int, int]] = {}
    size, cell = config.state_size, config.the_cell
    for layer, names in enumerate(layer_weight_names(config)):
        inputs = size if layer else config.input_size
        for product in cell.products:
            columns = len(product.columns) * size
            shapes[names[product.weight]] = (product.rows(inputs, size), columns)
            shapes[names[product.bias]] = (1, columns)
        shapes |= {names[weight]: (1, size) for weight in cell.unit_weights}
        shapes |= {
            names[weight]: shape for weight, shape in cell.other_shapes(inputs, size).items()
        }
    return {**shapes, "W2": (size, config.output_size), "b2": (1, config.output_size)}


def fixed_names(config: EchoConfig) -> set[str]:
    return {names[one] for names in layer_weight_names(config) for one in config.the_cell.fixed}


def decayed_names(config: EchoConfig) -> set[str]:
    """The weights that may decay: neither biases nor those that are not trained."""
    cell = config.the_cell
    biases = {names[one.bias] for names in layer_weight_names(config) for one in cell.products} | {
        "b2"
    }
    return {*weight_shapes(config)} - biases - fixed_names(config)


def largest_product(config: EchoConfig) -> int:
    return config.batch_size * max(
        rows * columns for rows, columns in weight_shapes(config).values()
    )


def influence_shapes(config: EchoConfig) -> dict[str, tuple[int, ...]]:
    """Each weight's influence on the carried state of each row, [batch, carried, rows, columns];
    none if the learning rule does not carry it from window to window, or if every window is a
    trial.
    """
    if RULES[config.rule].cuts or not config.is_stream:
        return {}
    without = fixed_names(config) | {"W2", "b2"}  # the latter do not act on the state
    shapes = {name: shape for name, shape in weight_shapes(config).items() if name not in without}
    return {
        name: (config.batch_size, carried_size(config), *shape) for name, shape in shapes.items()
    }


def influence_size(config: EchoConfig) -> int:
    return sum(math.prod(shape) for shape in influence_shapes(config).values())


def block_length(window_length: int) -> int:
    """The time steps unrolled together; an unrolled step is up to 1.8 times as fast, but takes 45
    ms to compile."""
    if window_length <= 32:
        return window_length
    return next((block for block in range(10, 17) if window_length % block == 0), 10)


def is_trained_alone(config: EchoConfig) -> bool:
    is_large = largest_product(config) > REPLICA_LIMIT or influence_size(config) > INFLUENCE_LIMIT
    return is_large or config.the_cell.in_turn

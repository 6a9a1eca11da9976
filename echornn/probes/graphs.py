"""How probes use TensorFlow: as graphs without XLA; the graphs used last are kept.

They are not compiled by XLA: at the rows that probes take they need 1 to 3 ms at the tutorial's sizes, twice as long as
compiled ones, but are there 0.1 s after they are first asked for, instead of 2 s, and keep no memory mappings (see
`echornn.training.programs`), so that however many networks are looked at, the process goes on. How many steps or lags
they run is no part of them. They run on the CPU, beside whatever trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes
from echornn.progress import Floats

GRAPHS_KEPT = 16
"""Of each kind."""

CPU = "/CPU:0"


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration with all that a graph does not depend on set to the defaults."""
    return EchoConfig(
        cell=config.cell,
        state_size=config.state_size,
        num_classes=config.num_classes,
        num_layers=config.num_layers,
    )


def call(graph: Any, *arguments: Any) -> tuple[Any, ...]:
    """What a graph gives for these arguments, as arrays.

    Raises:
        MemoryError: TensorFlow had too little.
    """
    try:
        with tf.device(CPU):
            return tuple(tensor.numpy() for tensor in graph(*map(tf.constant, arguments)))
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(error.message) from error


def ordered(config: EchoConfig, weights: Mapping[str, Floats]) -> list[Floats]:
    return [weights[name] for name in weight_shapes(config)]


def graph_of(function: Callable[..., Any], config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    """A graph of the function of these tensors, and of the weights by name."""
    shapes = weight_shapes(config)

    def with_names(*arguments: tf.Tensor) -> Any:
        with tf.device(CPU):
            given, values = arguments[: len(specs)], arguments[len(specs) :]
            return function(*given, dict(zip(shapes, values, strict=True)))

    weight_specs = [tf.TensorSpec(shape) for shape in shapes.values()]
    return tf.function(with_names, autograph=False).get_concrete_function(*specs, *weight_specs)


def series_specs(config: EchoConfig, rows: int) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return tf.TensorSpec([None, rows], tf.uint8), tf.TensorSpec([None, rows, carried_size(config)])

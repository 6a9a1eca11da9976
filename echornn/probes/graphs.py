"""TensorFlow graphs for the probes, without XLA; recently used graphs are kept.

Without XLA, the probes take 1 to 3 ms at the tutorial's sizes, twice as long as compiled, but are ready 0.1 s after the
first request instead of 2 s. They also need no memory mappings (see `echornn.training.programs`), so any number of
networks can be examined. A graph works for any number of steps or lags. All graphs run on the CPU, beside training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes
from echornn.progress import Floats

GRAPHS_KEPT = 16
"""The number of graphs of each kind that are kept."""

CPU = "/CPU:0"


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration, with default values in all fields that graphs do not depend on."""
    return EchoConfig(
        cell=config.cell,
        state_size=config.state_size,
        num_classes=config.num_classes,
        num_layers=config.num_layers,
    )


def call(graph: Any, *arguments: Any) -> tuple[Any, ...]:
    """The results of a graph for these arguments, as NumPy arrays.

    Raises:
        MemoryError: TensorFlow ran out of memory.
    """
    try:
        with tf.device(CPU):
            return tuple(tensor.numpy() for tensor in graph(*map(tf.constant, arguments)))
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(error.message) from error


def ordered(config: EchoConfig, weights: Mapping[str, Floats]) -> list[Floats]:
    return [weights[name] for name in weight_shapes(config)]


def graph_of(function: Callable[..., Any], config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    """A graph of a function of these tensors and of the network's weights by name."""
    shapes = weight_shapes(config)

    def with_names(*arguments: tf.Tensor) -> Any:
        with tf.device(CPU):
            given, values = arguments[: len(specs)], arguments[len(specs) :]
            return function(*given, dict(zip(shapes, values, strict=True)))

    weight_specs = [tf.TensorSpec(shape) for shape in shapes.values()]
    return tf.function(with_names, autograph=False).get_concrete_function(*specs, *weight_specs)


def series_specs(config: EchoConfig, rows: int) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return tf.TensorSpec([None, rows], tf.uint8), tf.TensorSpec([None, rows, carried_size(config)])

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
from echornn.config_fields import DEFAULT_WINDOW
from echornn.network.shapes import carried_size, weight_shapes
from echornn.progress import Floats
from echornn.tasks.task import Numbers

GRAPHS_KEPT = 16
"""The number of graphs of each kind that are kept."""

CPU = "/CPU:0"


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration, with default values in all fields that graphs do not depend on."""
    kept = ("cell", "state_size", "num_layers", "truncated_backprop_length")
    sizes: dict[str, Any] = {name: getattr(config, name) for name in kept}
    sizes |= {"batch_size": 1, "total_series_length": max(config.window_steps, DEFAULT_WINDOW)}
    if config.is_echo:
        return EchoConfig(num_classes=config.num_classes, **sizes)
    return EchoConfig(task=config.the_task, **sizes)


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


def input_spec(config: EchoConfig, steps: int | None, rows: int) -> tf.TensorSpec:
    """Symbols [steps, rows] or numbers [steps, rows, count]."""
    form = config.the_task.inputs
    if isinstance(form, Numbers):
        return tf.TensorSpec([steps, rows, form.count])
    return tf.TensorSpec([steps, rows], tf.uint8)


def series_specs(config: EchoConfig, rows: int) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return input_spec(config, None, rows), tf.TensorSpec([None, rows, carried_size(config)])

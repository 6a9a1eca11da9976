"""Runs a network forward over many rows at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import affine_map
from echornn.network.model import embed
from echornn.network.shapes import carried_size, shown_part
from echornn.network.step import gates_size, step
from echornn.probes.graphs import GRAPHS_KEPT, call, graph_of, input_spec, ordered, structure
from echornn.probes.task_data import Inputs
from echornn.progress import Floats
from echornn.tasks.task import Numbers


class Ran(NamedTuple):
    """The results of a run over time steps, time first."""

    states: Floats
    """The whole carried state after each step, float32 [steps, rows, carried]."""
    gates: Floats
    """The gate values at each step, float32 [steps, rows, gates]."""
    outputs: Floats
    """Probabilities of symbols, or numbers, float32 [steps, rows, outputs]."""


def run(config: EchoConfig, weights: Mapping[str, Floats], x: Inputs, init_state: Floats) -> Ran:
    """Run the network over ``x`` (see `Inputs`) from ``init_state``, float32 [rows, carried]."""
    graph = _running(structure(config), x.shape[1])
    return Ran(*call(graph, x, init_state, *ordered(config, weights)))


@functools.lru_cache(GRAPHS_KEPT)
def _running(config: EchoConfig, rows: int) -> Any:
    def forward(x: tf.Tensor, init_state: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        inputs, steps = embed(x, config.the_task.inputs), tf.shape(x)[0]

        def run_step(t: tf.Tensor, state: tf.Tensor, *arrays: tf.TensorArray) -> Any:
            states, gates, logits = arrays
            after = step(config, weights, tf.gather(inputs, t), state)
            return (
                t + 1,
                after.state,
                states.write(t, after.state),
                gates.write(t, after.gates),
                logits.write(t, logits_of(config, weights, after.state)),
            )

        sizes = (carried_size(config), gates_size(config), config.output_size)
        arrays = [tf.TensorArray(tf.float32, steps, element_shape=[rows, size]) for size in sizes]
        loop = (tf.constant(0), init_state, *arrays)
        _, _, states, gates, logits = tf.while_loop(lambda t, *_: t < steps, run_step, loop)
        return states.stack(), gates.stack(), outputs_of(config, logits.stack())

    specs = input_spec(config, None, rows), tf.TensorSpec([rows, carried_size(config)])
    return graph_of(forward, config, *specs)


def logits_of(config: EchoConfig, weights: Mapping[str, tf.Tensor], states: tf.Tensor) -> tf.Tensor:
    """The logits or numbers for the states after a step, float32 [rows, carried] to [rows, outputs]."""
    return affine_map([states[:, shown_part(config)]], weights["W2"], weights["b2"])


def outputs_of(config: EchoConfig, logits: tf.Tensor) -> tf.Tensor:
    """The predictions of the network: probabilities of symbols, or numbers."""
    return logits if isinstance(config.the_task.outputs, Numbers) else tf.nn.softmax(logits)

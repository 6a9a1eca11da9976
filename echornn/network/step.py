"""One time step of all layers together; it can also return the values of the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from echornn.cell_facts import CELL_FACTS
from echornn.config import EchoConfig
from echornn.network.affine import Activation, activated, affine_map
from echornn.network.cells import CELLS
from echornn.network.shapes import layer_weight_names


class Stepped(NamedTuple):
    """The results of a time step."""

    state: tf.Tensor
    """The whole carried state, float32 [batch, carried]."""
    gates: tf.Tensor
    """Each layer's gates side by side, in the order of `CellFacts.gates`, 0 to 1, float32 [batch, gates_size]."""


def gates_size(config: EchoConfig) -> int:
    """The number of gate values in all layers."""
    return config.num_layers * len(CELL_FACTS[config.cell].gates) * config.state_size


def step(
    config: EchoConfig,
    weights: Mapping[str, tf.Tensor],
    inputs: tf.Tensor,
    state: tf.Tensor,
    multiply: Callable[[Sequence[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor] = affine_map,
) -> Stepped:
    """Run one time step of all layers, without dropout, from the carried state before the step.

    Args:
        config: the configuration of the network.
        weights: the model's weights, float32, by name.
        inputs: x_t as it enters the cell (see `echornn.network.model.embed`), float32 [batch, input].
        state: float32 [batch, carried].
        multiply: computes the affine map of parts [batch, part size] with a weight and a bias; both in the form it
            expects.
    """
    facts = CELL_FACTS[config.cell]
    below, states, gates = inputs, [], []
    for before, names in zip(tf.split(state, config.num_layers, axis=-1), layer_weight_names(config), strict=True):
        vectors: dict[str, tf.Tensor] = {}

        def affine(
            parts: Sequence[tf.Tensor],
            weight: str,
            bias: str,
            *activations: Activation,
            names: Mapping[str, str] = names,
            vectors: dict[str, tf.Tensor] = vectors,
        ) -> list[tf.Tensor]:
            z = multiply(parts, weights[names[weight]], weights[names[bias]])
            columns = facts.weight_columns[weight, bias]
            vectors.update(zip(columns, tf.split(z, len(columns), axis=-1), strict=True))
            return activated(z, activations)

        after = CELLS[config.cell].step(below, before, affine)
        below = after[..., : config.state_size]
        states.append(after)
        gates += [tf.sigmoid(vectors[name]) for name in facts.gates]
    return Stepped(tf.concat(states, axis=-1), tf.concat(gates, axis=-1) if gates else tf.zeros_like(state[..., :0]))

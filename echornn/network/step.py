"""One time step of all layers together, which can also return the values of the gates."""

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
    """What a time step comes to."""

    state: tf.Tensor
    """All that is carried on, float32 [batch, carried]."""
    gates: tf.Tensor
    """Each layer's gates side by side, in the order of `CellFacts.gates`, 0 to 1, float32 [batch, gates_size]."""


def gates_size(config: EchoConfig) -> int:
    """Numbers that the gates of all layers are."""
    return config.num_layers * len(CELL_FACTS[config.cell].gates) * config.state_size


def step(
    config: EchoConfig,
    weights: Mapping[str, tf.Tensor],
    inputs: tf.Tensor,
    state: tf.Tensor,
    multiply: Callable[[Sequence[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor] = affine_map,
) -> Stepped:
    """One time step, from the state that is carried to the next; nothing is dropped between the layers.

    Args:
        config: what the network is.
        weights: the model's, float32 by name.
        inputs: x_t as it enters the cell (see `echornn.network.model.embed`), float32 [batch, input].
        state: float32 [batch, carried].
        multiply: the affine map of parts [batch, part size] with a weight and a bias, which are then as it wants them.
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

"""Converts a trained network into a Keras model, for use outside this program."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from echornn.config import EchoConfig
from echornn.network.shapes import layer_weight_names
from echornn.progress import Floats
from echornn.tasks.task import Numbers


def keras_model(config: EchoConfig, weights: Mapping[str, Floats]) -> keras.Model:
    """A Keras model with these weights, which starts from a zero state, and has no dropout.

    Input symbols are int [batch, time]; output symbols are probabilities, float32 [batch, time, symbols]. Numbers are
    float32 [batch, time, count].
    """
    task = config.the_task
    if isinstance(task.inputs, Numbers):
        states = inputs = keras.Input((None, task.inputs.count), name="numbers")
    else:
        inputs = keras.Input((None,), dtype="int32", name="symbols")
        table = np.array([[0.0], [1.0]]) if task.inputs.count == 2 else np.eye(task.inputs.count)
        embed = keras.layers.Embedding(task.inputs.count, config.input_size, trainable=False, name="embed")
        states = embed(inputs)
        embed.set_weights([table])
    kind, options = config.the_cell.keras
    for number, names in enumerate(layer_weight_names(config), start=1):
        named = f"{config.cell}_{number}"
        layer = getattr(keras.layers, kind)(config.state_size, return_sequences=True, name=named, **options)
        states = layer(states)
        own = {name: weights[full] for name, full in names.items()}
        layer.set_weights(_layer_weights(own, states_in=config.state_size))
    activation = None if isinstance(task.outputs, Numbers) else "softmax"
    output = keras.layers.Dense(config.output_size, activation=activation, name="output_layer")
    model = keras.Model(inputs, output(states), name="echo_rnn")
    output.set_weights([weights["W2"], weights["b2"][0]])
    return model


def _layer_weights(own: Mapping[str, Floats], states_in: int) -> list[Floats]:
    """Kernel, recurrent kernel and bias for a Keras layer: the last ``states_in`` rows of W belong to h in [x, h] W."""
    matrices = [own[name] for name in own if name.startswith("W")]
    biases = [own[name][0] for name in own if name.startswith("b")]
    whole = np.concatenate(matrices, axis=1)
    return [whole[:-states_in], whole[-states_in:], np.concatenate(biases)]

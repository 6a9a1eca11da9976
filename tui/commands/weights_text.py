"""The text file beside a .npz file of weights: shapes, order and sign of gates, formulas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np

from echornn.config import EchoConfig
from echornn.files.recorded_values import record_of
from echornn.progress import Floats

FORMULAS = {
    "rnn": (
        "h_t = tanh([x_t, h_{t-1}] W + b)",
        "columns of W and b: h",
    ),
    "gru": (
        "[z, r] = sigmoid([x_t, h_{t-1}] W + b)",
        "c      = tanh([x_t, r * h_{t-1}] Wc + bc)",
        "h_t    = z * h_{t-1} + (1 - z) * c",
        "columns of W and b: z (update; 1 keeps the old state), then r (reset)",
        "columns of Wc and bc: c (candidate)",
        "as Keras' GRU with reset_after=False: r is applied before the product",
    ),
    "lstm": (
        "[i, f, g, o] = [x_t, h_{t-1}] W + b",
        "c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)",
        "h_t = sigmoid(o) * tanh(c_t)",
        "columns of W and b: i (input), f (forget), g (value), o (output)",
        "c_t is the memory, carried beside h_t",
    ),
}
"""The formulas of each cell; vectors of the state's size are side by side in the columns."""


def weights_text(config: EchoConfig, weights: Mapping[str, Floats]) -> Iterator[str]:
    """The lines that describe these weights. With several networks, each array has a further first axis."""
    size, inputs = config.state_size, config.input_size
    symbol = "the symbol, 0 or 1, as one number" if config.num_classes == 2 else "the symbol, one-hot"
    yield "Weights of an Echo-RNN, numpy arrays by name."
    last = config.seed + config.replicas - 1
    if config.replicas > 1:
        yield f"First axis of each: {config.replicas} networks of seeds {config.seed} to {last}, in order."
    yield ""
    for name, array in weights.items():
        yield f"{name:<12} {np.dtype(array.dtype).name} {list(array.shape)}"
    yield ""
    yield f"cell {config.cell}:"
    yield from (f"    {line}" for line in FORMULAS[config.cell])
    yield f"each vector has {size} numbers; x_t is {symbol}"
    yield f"rows of W: {inputs} of x_t, then {size} of h_{{t-1}}"
    if config.num_layers > 1:
        yield f"layers 2 to {config.num_layers}: names with _layer2, ...; x_t is h_t of the layer below, {size} rows"
    yield "output: softmax(h_t W2 + b2), h_t of the top layer, one column for each class"
    yield "the state is carried from window to window"
    yield ""
    yield f"configuration: {json.dumps(record_of(config, with_facts=False))}"

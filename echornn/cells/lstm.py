"""Long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import SIGMOID, TANH, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; Keras'."""
    h, c = state
    enter, forget, value, leave = network.affine([x, h], "W", "b", SIGMOID, SIGMOID, TANH, SIGMOID)
    c = forget * c + enter * value
    return [leave * network.tanh(c), c]


LSTM = Cell(
    step,
    ("h", "c"),
    (Product("W", "b", ("input", "forget", "value", "output")),),
    about="Carries h and a memory c: c = f c' + i g and h = o tanh(c). See input, forget, output, "
    "candidate.",
    formulas=(
        "[i, f, g, o] = [x_t, h_{t-1}] W + b",
        "c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)",
        "h_t = sigmoid(o) * tanh(c_t)",
        "columns of W and b: i (input), f (forget), g (value), o (output)",
        "c_t is the memory, carried beside h_t",
    ),
    limited=("h",),
    through_tanh=("c",),
    gates=("input", "forget", "output"),
    first_biases={"b": (0, 1, 0, 0)},  # it begins by remembering (Gers et al.)
    memory_gates={"b": (-1, 1, 0, 0)},
    keras=("LSTM", {}),
)

"""The tutorial's cell."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import TANH, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """The tutorial's "Forward pass": h_t = tanh([x_t, h_{t-1}] W + b), each in [-1, 1]."""
    (h,) = state
    return network.affine([x, h], "W", "b", TANH)


RNN = Cell(
    step,
    ("h",),
    (Product("W", "b", ("h",)),),
    about="The tutorial's cell: h = tanh([x, h'] W + b). x is the input, h' the state one step "
    "before.",
    formulas=("h_t = tanh([x_t, h_{t-1}] W + b)", "columns of W and b: h"),
    limited=("h",),
    keras=("SimpleRNN", {}),
)

"""The rectified cell that begins as the identity."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import RELU, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Le, Jaitly and Hinton 2015: h_t = relu([x_t, h_{t-1}] W + b), each 0 or more."""
    (h,) = state
    return network.affine([x, h], "W", "b", RELU)


IRNN = Cell(
    step,
    ("h",),
    (Product("W", "b", ("h",), from_identity=True),),
    about="As the rnn with relu, and its recurrent weights begin as the identity: h = relu([x, "
    "h'] W + b).",
    formulas=("h_t = relu([x_t, h_{t-1}] W + b)", "columns of W and b: h"),
    keras=("SimpleRNN", {"activation": "relu"}),
)

"""The minimal gated recurrent unit, whose gate does not see the state."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import LINEAR, SIGMOID, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Feng et al. 2024: z = sigmoid(x_t W_z + b_z), c = x_t W_c + b_c, h_t = (1 - z) * h_{t-1} + z
    * c."""
    (h,) = state
    take, candidate = network.affine([x], "W", "b", SIGMOID, LINEAR)
    return [h + take * (candidate - h)]


MINGRU = Cell(
    step,
    ("h",),
    (Product("W", "b", ("take", "candidate"), reads=("x",)),),
    about="A gate and a candidate that see only the input: h = (1 - z) h' + z c, with z the take "
    "gate.",
    formulas=(
        "z   = sigmoid(x_t W_z + b_z)",
        "c   = x_t W_c + b_c",
        "h_t = (1 - z) * h_{t-1} + z * c",
        "columns of W and b: z (take; 1 takes the candidate), then c (candidate)",
    ),
    gates=("take",),
    memory_gates={"b": (-1, 0)},
)

"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import SIGMOID, TANH, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Cho et al. 2014, equations 5 to 8; Keras' with ``reset_after=False``."""
    (h,) = state
    update, reset = network.affine([x, h], "W", "b", SIGMOID, SIGMOID)
    (candidate,) = network.affine([x, reset * h], "Wc", "bc", TANH)
    return [update * h + (1 - update) * candidate]


GRU = Cell(
    step,
    ("h",),
    (Product("W", "b", ("update", "reset")), Product("Wc", "bc", ("candidate",))),
    about="Two gates and a candidate: h = z h' + (1 - z) c, with z the update gate. See update, "
    "reset, candidate.",
    formulas=(
        "[z, r] = sigmoid([x_t, h_{t-1}] W + b)",
        "c      = tanh([x_t, r * h_{t-1}] Wc + bc)",
        "h_t    = z * h_{t-1} + (1 - z) * c",
        "columns of W and b: z (update; 1 keeps the old state), then r (reset)",
        "columns of Wc and bc: c (candidate)",
        "as Keras' GRU with reset_after=False: r is applied before the product",
    ),
    limited=("h",),
    gates=("update", "reset"),
    memory_gates={"b": (1, 0)},
    keras=("GRU", {"reset_after": False}),
)

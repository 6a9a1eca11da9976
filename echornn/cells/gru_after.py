"""The gated recurrent unit whose reset gate acts after the product, as other libraries have it."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import LINEAR, SIGMOID, Cell, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """As in cuDNN, PyTorch, and Keras with ``reset_after=True``: the candidate's product with h has
    a bias of its own, which r scales too."""
    (h,) = state
    update, reset = network.affine([x, h], "W", "b", SIGMOID, SIGMOID)
    (candidate_x,) = network.affine([x], "Wx", "bx", LINEAR)
    (candidate_h,) = network.affine([h], "Wh", "bh", LINEAR)
    candidate = network.tanh(candidate_x + reset * candidate_h)
    return [update * h + (1 - update) * candidate]


GRU_AFTER = Cell(
    step,
    ("h",),
    (
        Product("W", "b", ("update", "reset")),
        Product("Wx", "bx", ("candidate_x",), reads=("x",)),
        Product("Wh", "bh", ("candidate_h",), reads=("h",)),
    ),
    about="The GRU of cuDNN, PyTorch and Keras: h = z h' + (1 - z) c, and r scales the product of "
    "h'. See update, reset, candidate.",
    formulas=(
        "[z, r] = sigmoid([x_t, h_{t-1}] W + b)",
        "c      = tanh(x_t Wx + bx + r * (h_{t-1} Wh + bh))",
        "h_t    = z * h_{t-1} + (1 - z) * c",
        "columns of W and b: z (update; 1 keeps the old state), then r (reset)",
        "columns of Wx and bx: candidate_x",
        "columns of Wh and bh: candidate_h",
        "as Keras' GRU with reset_after=True: r is applied after the product",
    ),
    limited=("h",),
    gates=("update", "reset"),
    memory_gates={"b": (1, 0)},
    keras=("GRU", {"reset_after": True}),
)

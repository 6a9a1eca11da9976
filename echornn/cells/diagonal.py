"""The diagonal linear recurrence, whose eigenvalues the input chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from echornn.cells.cell import LINEAR, SIGMOID, Cell, Network, Product, Vector


def step_from(least: float) -> Callable[[Vector, Sequence[Vector], Network], list[Vector]]:
    """Grazzi et al. 2025: h_t = a * h_{t-1} + x_t W_u + b_u, with eigenvalues a from ``least`` to
    1."""

    def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
        (h,) = state
        keep, drive = network.affine([x], "W", "b", SIGMOID, LINEAR)
        eigenvalue = least + (1 - least) * keep
        return [eigenvalue * h + drive]

    return step


DIAGONAL = Cell(
    step_from(-1),
    ("h",),
    (Product("W", "b", ("keep", "drive"), reads=("x",)),),
    about="Each unit is multiplied by a number from -1 to 1 that the input chooses: h = a h' + x W "
    "+ b, a = 2 k - 1, with k the keep gate.",
    formulas=(
        "k   = sigmoid(x_t W_k + b_k)",
        "a   = 2 k - 1",
        "h_t = a * h_{t-1} + x_t W_u + b_u",
        "columns of W and b: k (keep; 1 keeps the old state, 0 turns its sign), then u (drive)",
    ),
    gates=("keep",),
)

DIAGONAL_POSITIVE = replace(
    DIAGONAL,
    step=step_from(0),
    about="As diagonal with numbers from 0 to 1, so that no sign is turned: h = k h' + x W + b. "
    "See keep.",
    formulas=(
        "k   = sigmoid(x_t W_k + b_k)",
        "h_t = k * h_{t-1} + x_t W_u + b_u",
        "columns of W and b: k (keep; 1 keeps the old state), then u (drive)",
    ),
    memory_gates={"b": (1, 0)},
)

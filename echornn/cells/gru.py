"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import SIGMOID, TANH, Cell, Network, Product, Vector
from echornn.cells.on_the_echo import SMALL, OnTheEcho


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Cho et al. 2014, equations 5 to 8; Keras' with ``reset_after=False``.

    With [z, r] = sigmoid([x_t, h_{t-1}] W + b) and c = tanh([x_t, r * h_{t-1}] Wc + bc), the state is h_t = z * h_{t-1}
    + (1 - z) * c, each in [-1, 1].
    """
    (h,) = state
    update, reset = network.affine([x, h], "W", "b", SIGMOID, SIGMOID)
    (candidate,) = network.affine([x, reset * h], "Wc", "bc", TANH)
    return [update * h + (1 - update) * candidate]


ON_THE_ECHO = OnTheEcho(
    glorot_helps=True,
    large={"adagrad": 2.0, "sgd": 3.0, "adam": 0.5, "rmsprop": 0.3},
    small=SMALL,
    uniform_patience=26_000,
    most_uniform_units=8,
    one_number_short="not every seed solves",
)
"""Large rates: of 16 networks at most one solved the echo at 3, 3 and 0.3 with adagrad, sgd and rmsprop; the others are
those of the RNN.

Uniform starts: 16, 13 and 0 of 16 solve it with 4, 8 and 12 units in 26 640 windows, half of those after 836 and 8 709.

One number short (glorot, 20 000 windows, 32 seeds, several sizes): 2 to 24 seeds solve the echo.
"""

GRU = Cell(
    step,
    ("h",),
    (Product("W", "b", ("update", "reset")), Product("Wc", "bc", ("candidate",))),
    about="Two gates and a candidate: h = z h' + (1 - z) c, with z the update gate. See update, reset, candidate.",
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
    on_the_echo=ON_THE_ECHO,
    keras=("GRU", {"reset_after": False}),
)

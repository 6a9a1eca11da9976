"""The tutorial's cell."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import TANH, Cell, Network, Product, Vector
from echornn.cells.on_the_echo import SMALL, OnTheEcho


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """The tutorial's "Forward pass": h_t = tanh([x_t, h_{t-1}] W + b), each in [-1, 1]."""
    (h,) = state
    return network.affine([x, h], "W", "b", TANH)


ON_THE_ECHO = OnTheEcho(
    glorot_helps=True,
    large={"adagrad": 2.0, "sgd": 3.0, "adam": 0.5, "rmsprop": 0.3},
    small=SMALL,
    uniform_patience=10_000,
    most_uniform_units=6,
    is_pinned=True,
    one_number_short="only some seeds solve",
    sizes=True,
)
"""Large rates: of 32 networks with state 4 and glorot, at most one solved the echo in 6 000 windows, since units
saturate. Below, it is often solved and lost again: 31, 32 and 32 solved it at 1, 1 and 0.1 with adagrad, sgd and adam,
and 22, 5 and 12 of them still did at the end.

Uniform starts: of 32 seeds in 40 epochs, 30 learn at size 4, 15 at 6, 2 at 8 and none at 12. With state 4, 17 learn in
666 windows, 11 more in 6 660, and 2 more in 26 640.

One number short (glorot, 20 000 windows, 32 seeds, several sizes): 0 to 10 seeds solve the echo.
"""

RNN = Cell(
    step,
    ("h",),
    (Product("W", "b", ("h",)),),
    about="The tutorial's cell: h = tanh([x, h'] W + b). x is the input, h' the state one step before.",
    formulas=("h_t = tanh([x_t, h_{t-1}] W + b)", "columns of W and b: h"),
    limited=("h",),
    on_the_echo=ON_THE_ECHO,
    keras=("SimpleRNN", {}),
)

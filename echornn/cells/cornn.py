"""The coupled oscillators: each unit swings, damped, and is driven by a tanh of all the others."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.cells.cell import TANH, Cell, Network, Product, Vector

# Chosen by eye
TIME_STEP = 0.5
FREQUENCY = 1.0  # squared, and that of each unit alone
DAMPING = 1.0


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Rusch and Mishra 2021, for position h and velocity v."""
    h, v = state
    (force,) = network.affine([x, h, v], "W", "b", TANH)
    acceleration = force - FREQUENCY * h - DAMPING * v
    v = v + TIME_STEP * acceleration
    return [h + TIME_STEP * v, v]


CORNN = Cell(
    step,
    ("h", "v"),
    (Product("W", "b", ("force",), reads=("x", "h", "v")),),
    about="Oscillators: the speed v of a unit changes by tanh([x, h, v] W + b), a spring and "
    "damping; h moves with v.",
    formulas=(
        "a   = tanh([x_t, h_{t-1}, v_{t-1}] W + b)",
        f"v_t = v_{{t-1}} + {TIME_STEP:g} (a - {FREQUENCY:g} h_{{t-1}} - {DAMPING:g} v_{{t-1}})",
        f"h_t = h_{{t-1}} + {TIME_STEP:g} v_t",
        "columns of W and b: a (force)",
    ),
)

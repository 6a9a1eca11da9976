"""The independently recurrent cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from echornn.cells.cell import LINEAR, Arrays, Cell, Functions, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Li et al. 2018: h_t = relu(x_t W + u * h_{t-1} + b), each 0 or more."""
    (h,) = state
    (drive,) = network.affine([x], "W", "b", LINEAR)
    return [network.relu(drive + network.scale(h, "u"))]


def limited(weights: Mapping[str, Vector], functions: Functions, steps: int) -> dict[str, Vector]:
    """``u`` within -2^(1/T) and 2^(1/T), so that over T steps nothing grows more than twofold."""
    most = 2 ** (1 / steps)
    return {**weights, "u": functions.limited(weights["u"], -most, most)}


def first_units(rng: np.random.Generator, units: int, steps: int) -> Arrays:
    """Uniform in [0, 2^(1/T))."""
    most = np.float32(2 ** (1 / steps))
    return {"u": rng.random(units, dtype=np.float32) * most}


def eigenvalues(used: Arrays) -> Arrays:
    return {"u": used["u"][0]}


INDRNN = Cell(
    step,
    ("h",),
    (Product("W", "b", ("drive",), reads=("x",)),),
    about="Each unit hears only itself: h = relu(x W + u h' + b), with one number u for each unit.",
    formulas=(
        "h_t = relu(x_t W + u * h_{t-1} + b)",
        "columns of W and b: drive",
        "u: one number for each unit, used within -2^(1/T) and 2^(1/T), T the window",
    ),
    unit_weights=("u",),
    first_units=first_units,
    used=limited,
    eigenvalues=eigenvalues,
)

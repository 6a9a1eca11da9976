"""The linear recurrent unit: complex numbers that turn and shrink, each on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from echornn.cells.cell import LINEAR, TANH, Arrays, Cell, Functions, Network, Product, Vector


def step(x: Vector, state: Sequence[Vector], network: Network) -> list[Vector]:
    """Orvieto et al. 2023: s_t = l s_{t-1} + g (x_t W + b) with complex l, then h_t = tanh(Re(C
    s_t) + D x_t).

    Re(C s_t) is a product with the real and the imaginary parts of s_t. The tanh is the
    position-wise nonlinearity that the paper puts after each layer (there a gated linear unit).
    """
    _, real, imaginary = state
    drive_real, drive_imaginary = network.affine([x], "W", "b", LINEAR, LINEAR)
    turned = network.scale(real, "l_real") - network.scale(imaginary, "l_imaginary")
    real_after = turned + network.scale(drive_real, "g")
    turned = network.scale(real, "l_imaginary") + network.scale(imaginary, "l_real")
    imaginary_after = turned + network.scale(drive_imaginary, "g")
    (h,) = network.affine([real_after, imaginary_after, x], "Wc", "bc", TANH)
    return [h, real_after, imaginary_after]


def used(weights: Mapping[str, Vector], functions: Functions, steps: int) -> dict[str, Vector]:
    """l = exp(-exp(nu) + i exp(theta)), always inside the unit circle, and g = exp(gamma)."""
    rest = dict(weights)
    size = functions.exp(-functions.exp(rest.pop("nu")))
    angle = functions.exp(rest.pop("theta"))
    g = functions.exp(rest.pop("gamma"))
    l_real = size * functions.cos(angle)
    l_imaginary = size * functions.sin(angle)
    return {**rest, "l_real": l_real, "l_imaginary": l_imaginary, "g": g}


def eigenvalues(used: Arrays) -> Arrays:
    return {"l": used["l_real"][0] + 1j * used["l_imaginary"][0]}


def first_units(rng: np.random.Generator, units: int, steps: int) -> Arrays:
    """l uniform in the unit disk, and g = sqrt(1 - |l|^2)."""
    size = np.clip(np.sqrt(rng.random(units)), 1e-3, 0.999)
    angle = np.clip(2 * np.pi * rng.random(units), 1e-3, None)
    nu = np.log(-np.log(size))
    theta = np.log(angle)
    gamma = np.log(1 - size**2) / 2
    return {
        "nu": nu.astype(np.float32),
        "theta": theta.astype(np.float32),
        "gamma": gamma.astype(np.float32),
    }


LRU = Cell(
    step,
    ("h", "real", "imaginary"),
    (
        Product("W", "b", ("real", "imaginary"), reads=("x",)),
        Product("Wc", "bc", ("h",), reads=("real", "imaginary", "x")),
    ),
    about="Linear memory: complex numbers s = l s' + g x W, which turn and shrink, and h = "
    "tanh(Re(C s) + D x).",
    formulas=(
        "s_t = l * s_{t-1} + g * (x_t W + b), complex, carried as real and imaginary",
        "h_t = tanh([Re s_t, Im s_t, x_t] Wc + bc)",
        "l   = exp(-exp(nu) + i exp(theta)),  g = exp(gamma)",
        "columns of W and b: real, then imaginary",
        "columns of Wc and bc: h",
    ),
    limited=("h",),
    unread=("h",),
    unit_weights=("nu", "theta", "gamma"),
    first_units=first_units,
    used=used,
    eigenvalues=eigenvalues,
)

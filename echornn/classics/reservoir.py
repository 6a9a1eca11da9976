"""A linear reservoir whose units form a cycle, and the numbers that it is to remember."""

from dataclasses import dataclass

import numpy as np

from echornn import Batch, Cell, Numbers, Task

WEIGHT = 0.95  # of which the power 2N is far from 0 for 10 and for 20 units; chosen by eye


def step(x, state, network):
    """x(t+1) = V s(t+1) + W x(t), the linear reservoir of Rodan and Tino 2011, section V."""
    (h,) = state
    return [network.product(h, "cycle") + network.product(x, "enters")]


def first_units(rng, units, steps):
    """W has one weight, from each unit to the next. V begins as other weights do."""
    return {"cycle": (WEIGHT * np.roll(np.eye(units), 1, axis=1)).astype(np.float32)}


CYCLE = Cell(
    step,
    ("h",),
    (),
    other_weights={"cycle": ("units", "units"), "enters": ("inputs", "units")},
    first_units=first_units,
    fixed=("cycle", "enters"),
)


@dataclass(frozen=True)
class Noise(Task):
    """Say the number of the step before, of independent ones that are uniform in -0.5 to 0.5
    (Jaeger 2001, section 2)."""

    inputs = outputs = Numbers(1)

    def draw(self, rng, rows, steps):
        numbers = rng.random((rows, steps + 1, 1), np.float32) - np.float32(0.5)
        return Batch(numbers[:, 1:], numbers[:, :-1])

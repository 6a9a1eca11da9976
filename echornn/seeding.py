"""Independent streams of random numbers from one seed, so that no generator's state has to be
saved."""

from __future__ import annotations

import numpy as np

DATA = 0
WEIGHTS = 1
PROBES = 2
HELD_OUT = 3  # data that no training sees
NOISE = 4  # of a network's cell, if it runs without training


def stream(seed: int, *key: int) -> np.random.Generator:
    """The random generator for this seed and key, whose first number is one of the purposes
    above."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))

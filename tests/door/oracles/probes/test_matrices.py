"""What is read from the weights alone: how many there are, and how far a matrix stretches a
state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.door.oracles.probes.snapshots import random_weights, reading, small, without_window

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("cell", "vectors"), [("gru", 3), ("lstm", 4)])
def test_parameters_are_counted_as_by_the_formula(cell: str, vectors: int) -> None:
    config = small(cell, state_size=5, num_layers=3, num_classes=4)
    matrices = reading(without_window(config, random_weights(config)), "weights")
    lowest = vectors * 5 * (4 + 5 + 1)
    others = 2 * vectors * 5 * (5 + 5 + 1)
    assert matrices.parameters == lowest + others + (5 + 1) * 4


def test_no_state_is_stretched_more_than_by_the_spectral_norm() -> None:
    config = small("lstm", state_size=4)
    weights = random_weights(config)
    recurrent = reading(without_window(config, weights), "weights").recurrent
    w = weights["W"][1:].astype(np.float64)
    blocks = np.split(w, 4, axis=1)
    for matrix, block in zip(recurrent, blocks, strict=True):
        squares = np.linalg.eigvalsh(block.T @ block)
        largest = np.sqrt(squares[-1])
        assert matrix.spectral_norm == pytest.approx(largest, rel=1e-5)
        assert matrix.spectral_norm >= matrix.spectral_radius - 1e-6


def test_units_that_act_on_themselves_alone_stretch_by_their_largest_factor() -> None:
    config = small("indrnn", state_size=4)
    weights = random_weights(config)
    (matrix,) = reading(without_window(config, weights), "weights").recurrent
    largest = np.abs(weights["u"]).max()
    assert matrix.spectral_norm == pytest.approx(largest, rel=1e-6)
    radius = replace(matrix, spectral_norm=0.0).spectral_radius
    assert radius == pytest.approx(largest, rel=1e-6)

"""What is read from the weights alone: how many there are, and how far a matrix stretches a
state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.probes.examine import examine
from echornn.readings import Matrices, Question
from tests.door.oracles.probes.snapshots import random_weights, small, snapshot_of

pytestmark = pytest.mark.slow


def read(config: EchoConfig) -> tuple[dict[str, np.ndarray], Matrices]:
    weights = random_weights(config)
    found = examine(snapshot_of(weights, config), Question(frozenset({"weights"}))).weights
    assert found is not None
    return weights, found


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("cell", "vectors"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_parameters_are_counted_as_by_the_formula(cell: str, vectors: int, layers: int) -> None:
    units, classes = 5, 4
    config = small(cell, state_size=units, num_layers=layers, num_classes=classes)
    _, found = read(config)
    first = vectors * units * (classes + units + 1)
    others = (layers - 1) * vectors * units * (units + units + 1)
    assert found.parameters == first + others + (units + 1) * classes


@pytest.mark.parametrize(("cell", "vectors"), [("rnn", 1), ("lstm", 4)])
def test_no_state_is_stretched_more_than_by_the_spectral_norm(cell: str, vectors: int) -> None:
    weights, found = read(small(cell, state_size=4))
    blocks = np.split(weights["W"][1:].astype(np.float64), vectors, axis=1)
    assert len(found.recurrent) == vectors
    for matrix, block in zip(found.recurrent, blocks, strict=True):
        largest = np.sqrt(np.linalg.eigvalsh(block.T @ block)[-1])
        assert matrix.spectral_norm == pytest.approx(largest, rel=1e-5)
        assert matrix.spectral_norm >= matrix.spectral_radius - 1e-6


def test_units_that_act_on_themselves_alone_stretch_by_their_largest_factor() -> None:
    weights, found = read(small("indrnn", state_size=4))
    (matrix,) = found.recurrent
    assert matrix.spectral_norm == pytest.approx(np.abs(weights["u"]).max(), rel=1e-6)
    assert replace(matrix, spectral_norm=0.0).spectral_radius == pytest.approx(
        matrix.spectral_norm, rel=1e-6
    )

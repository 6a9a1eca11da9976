"""An examination returns the readings of the requested kinds, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.probes.examine import examine
from echornn.readings import Kind, Question
from echornn.state import Snapshot
from tests.compiled import make_trainer
from tests.door.oracles.probes.snapshots import random_weights, small, snapshot

pytestmark = pytest.mark.slow

KINDS = [kind for kind in get_args(Kind) if kind != "sample"]  # which only a text has
ALL = Question(frozenset(KINDS), flip=(0, 1))
WEIGHTS = Question(frozenset({"weights"}))


def test_without_a_window_there_is_nothing_that_needs_one() -> None:
    config = small()
    readings = examine(snapshot(config, random_weights(config), with_window=False), ALL)
    assert {one for one in KINDS if getattr(readings, one) is None} == {
        "connectivity",
        "effects",
        "flip",
        "gradient_sizes",
    }
    assert readings.units is not None
    assert readings.units.activity.shape == (0, 0, 3)


def test_states_that_are_not_finite_are_not_read() -> None:
    config = small("irnn")
    weights = {name: np.full_like(values, 1e3) for name, values in random_weights(config).items()}
    kinds: tuple[Kind, ...] = ("memory", "units", "plane", "gradient")
    for kind in kinds:
        readings = examine(snapshot(config, weights), Question(frozenset({kind, "reliance"})))
        assert (getattr(readings, kind), readings.reliance) == (None, None)
    assert examine(snapshot(config, weights), WEIGHTS).weights is not None


def test_rows_and_columns_have_names() -> None:
    config = small("gru", num_layers=2, state_size=2)
    found = examine(snapshot(config, random_weights(config)), WEIGHTS).weights
    assert found is not None
    assert list(found.weights) == list(found.rows) == list(found.columns) == list(found.update)
    assert found.rows["W"] == ("x", "h1", "h2")
    assert found.columns["W"] == ("update 1", "update 2", "reset 1", "reset 2")
    assert found.rows["Wc_layer2"] == ("below 1", "below 2", "h1", "h2")
    assert (found.rows["W2"], found.columns["W2"]) == (("h1", "h2"), ("class 0", "class 1"))
    for name, matrix in found.weights.items():
        assert matrix.shape == (len(found.rows[name]), len(found.columns[name]))
    kinds = ("W update", "W reset", "W candidate")
    assert [one.name for one in found.recurrent] == [
        f"{one} layer {layer}" for layer in (1, 2) for one in kinds
    ]
    assert all(np.isnan(update) for update in found.update.values())


def test_eigenvalues_are_those_of_the_part_from_state_to_state_the_largest_first() -> None:
    config = small(state_size=2)
    weights = random_weights(config)
    weights["W"][1:] = [[0.6, -0.8], [0.8, 0.6]]
    found = examine(snapshot(config, weights), WEIGHTS).weights
    assert found is not None
    np.testing.assert_allclose(np.sort(found.recurrent[0].eigenvalues.imag), [-0.8, 0.8], atol=1e-6)
    assert found.recurrent[0].spectral_radius == pytest.approx(1)


def test_updates_are_the_change_of_a_window_over_the_size() -> None:
    config = small()
    weights = random_weights(config)
    before = {name: value * np.float32(0.9) for name, value in weights.items()}
    found = examine(
        replace(snapshot(config, weights), before=before, windows_since=10), WEIGHTS
    ).weights
    assert found is not None
    assert found.update == {name: pytest.approx(0.01, rel=1e-4) for name in weights}


def test_seed_7_becomes_a_shift_register() -> None:
    trainer = make_trainer(EchoConfig())
    totals, before = {}, 0
    for window in (1, 330, 1000):
        progress = trainer.advance(window - before)
        before = window
        readings = examine(
            Snapshot(trainer.state, 0, window, progress), Question(frozenset({"memory", "units"}))
        )
        assert readings.memory is not None
        totals[window] = readings.memory.total
    assert totals[1] < 2.9
    assert totals[330] == pytest.approx(3.94, abs=0.05)
    assert totals[1000] == pytest.approx(3.88, abs=0.05)
    assert readings.units is not None
    assert set(readings.units.best_lag) <= {0, 1, 2, 3}

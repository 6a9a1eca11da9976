"""The plane of states, compared with NumPy and with the data of each kind of task; principal
components."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.probes.series import series_for
from echornn.probes.state_plane import MOST_SAMPLES, principal_components
from echornn.readings import MOST_COMPONENTS
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.snapshots import (
    CELLS,
    random_weights,
    reading,
    run_series,
    run_window,
    small,
    small_task,
    snapshot,
    without_window,
    zero_weights,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cell", CELLS)
def test_states_targets_and_logits_are_those_that_numpy_computes(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    network = snapshot(config, weights)
    series = series_for(config)
    plane = reading(network, "plane")

    _, parts = run_series(network, series)
    h = parts["h"][series.steps_back :].reshape(-1, 3)
    states = plane.mean + plane.states.astype(np.float64) @ plane.components
    distances = np.abs(states[:, np.newaxis] - h).max(axis=2)
    np.testing.assert_allclose(distances.min(axis=1), 0, atol=1e-4)
    logits = plane.readout[:, 0] + plane.states @ plane.readout[:, 1:].T
    np.testing.assert_allclose(logits, numpy_network.logits(weights, states), atol=1e-4)
    np.testing.assert_array_equal(plane.answers, logits.argmax(axis=1))
    first = np.array([1.0, 0, 0])
    assert plane.share(first) == plane.shares[0]

    _, parts = run_window(network)
    places = plane.place(parts["h"].astype(np.float32))
    np.testing.assert_allclose(plane.rows.swapaxes(0, 1), places, atol=1e-4)


def test_the_states_of_an_echo_have_the_echo_as_their_target() -> None:
    """A network whose only unit holds the newest input, for an echo of no step."""
    config = EchoConfig(state_size=1, echo_step=0, truncated_backprop_length=4)
    weights = zero_weights(config)
    weights["W"][:, 0] = 2, 0
    weights["W2"][0] = -1, 1
    plane = reading(without_window(config, weights), "plane")
    assert len(plane.states) == MOST_SAMPLES
    np.testing.assert_array_equal(plane.targets, plane.states[:, 0] > 0)
    assert plane.share(np.ones(1)) == pytest.approx(1)


@pytest.mark.parametrize("task", ["two_coins", "adding", "weighed_sums"])
def test_only_scored_states_of_tasks_are_shown_each_with_its_target(task: str) -> None:
    config = small_task(task)
    plane = reading(snapshot(config, random_weights(config)), "plane")
    series = series_for(config)
    count = series.y.shape[0] * series.y.shape[1]
    if series.scored is not None:
        count = series.scored.sum()
    assert len(plane.states) == len(plane.targets) == min(MOST_SAMPLES, count)
    assert plane.targets.shape == plane.answers.shape
    assert plane.rows.shape == (2, config.window_steps, 3)
    answers = plane.readout[:, 0] + plane.states @ plane.readout[:, 1:].T
    if config.has_classes:
        answers = answers.argmax(axis=1)
    np.testing.assert_allclose(plane.answers, answers, atol=1e-4)


@pytest.mark.parametrize(("samples", "units"), [(200, 4), (20, 300), (2, 8)])
def test_they_are_those_of_the_singular_value_decomposition(samples: int, units: int) -> None:
    rng = np.random.default_rng(samples)
    sizes = np.geomspace(1, 0.01, units)
    states = 3 + sizes * rng.normal(size=(samples, units))
    mean, components, shares = principal_components(states)
    expected = states.mean(axis=0)
    np.testing.assert_allclose(mean, expected)
    kept = min(MOST_COMPONENTS, units)
    np.testing.assert_allclose(components @ components.T, np.eye(kept), atol=1e-9)
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(kept), largest] > 0).all()

    _, sizes, directions = np.linalg.svd(states - expected, full_matrices=False)
    varying = min(kept, samples - 1)
    variances = sizes**2 / (sizes**2).sum()
    np.testing.assert_allclose(shares[:varying], variances[:varying])
    np.testing.assert_allclose(shares[varying:], 0, atol=1e-9)
    along = components[:varying] * directions[:varying]
    cosines = along.sum(axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1)

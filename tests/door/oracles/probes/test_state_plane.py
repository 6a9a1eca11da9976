"""The plane of states, compared with NumPy and with the data of each kind of task; principal
components."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.probes.examine import examine
from echornn.probes.series import series_for
from echornn.probes.state_plane import MOST_SAMPLES, principal_components
from echornn.readings import MOST_COMPONENTS, Question, StatePlane
from echornn.state import Snapshot
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.snapshots import CELLS, random_weights, small, snapshot, snapshot_of
from tests.door.oracles.probes.test_tasks import TASKS, config_of, with_window

pytestmark = pytest.mark.slow


def plane_of(one: Snapshot, part: str = "") -> StatePlane:
    plane = examine(one, Question(frozenset({"plane"}), part)).plane
    assert plane is not None
    return plane


@pytest.mark.parametrize("cell", CELLS)
def test_states_targets_and_logits_are_those_that_numpy_computes(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    one, series = snapshot(config, weights), series_for(config)
    plane = plane_of(one)
    first = np.resize(
        one.state.carried_state, (series.x.shape[1], one.state.carried_state.shape[1])
    )
    _, parts = numpy_network.run(cell, weights, series.x, first)
    h = parts["h"][series.steps_back :].reshape(-1, 3)
    found = plane.mean + plane.states.astype(np.float64) @ plane.components
    nearest = np.abs(found[:, np.newaxis] - h).max(axis=-1).min(axis=1)
    np.testing.assert_allclose(nearest, 0, atol=1e-4)
    in_plane = plane.readout[:, 0] + plane.states @ plane.readout[:, 1:].T
    np.testing.assert_allclose(in_plane, numpy_network.logits(weights, found), atol=1e-4)
    np.testing.assert_array_equal(plane.answers, in_plane.argmax(axis=1))
    assert plane.share(np.eye(3)[0]) == float(plane.shares[0])
    assert one.progress is not None
    _, of_window = numpy_network.run(cell, weights, one.progress.x.T, one.progress.init_state)
    np.testing.assert_allclose(
        np.swapaxes(plane.rows, 0, 1), plane.place(of_window["h"].astype(np.float32)), atol=1e-4
    )


def test_the_states_of_an_echo_have_the_echo_as_their_target() -> None:
    """A network whose only unit holds the newest input, for an echo of no step."""
    config = EchoConfig(state_size=1, echo_step=0, truncated_backprop_length=4)
    zero = {name: np.zeros_like(weight) for name, weight in random_weights(config).items()}
    w = np.array([[2.0], [0.0]], np.float32)
    plane = plane_of(
        snapshot_of({**zero, "W": w, "W2": np.array([[-1.0, 1.0]], np.float32)}, config)
    )
    assert len(plane.states) == MOST_SAMPLES
    np.testing.assert_array_equal(plane.targets, plane.states[:, 0] > 0)
    assert plane.share(np.ones(1)) == pytest.approx(1)


@pytest.mark.parametrize("task", TASKS)
def test_only_scored_states_of_tasks_are_shown_each_with_its_target(task: str) -> None:
    config = config_of(task)
    one = with_window(config, random_weights(config))
    plane, series = plane_of(one), series_for(config)
    scored = np.ones(series.y.shape[:2], np.bool_) if series.scored is None else series.scored
    assert len(plane.states) == min(MOST_SAMPLES, scored.sum()) == len(plane.targets)
    assert plane.targets.shape == plane.answers.shape
    assert plane.rows.shape == (2, config.window_steps, 3)
    in_plane = plane.readout[:, 0] + plane.states @ plane.readout[:, 1:].T
    said = in_plane.argmax(axis=1) if config.has_classes else in_plane
    np.testing.assert_allclose(plane.answers, said, atol=1e-4)


@pytest.mark.parametrize(("samples", "units"), [(200, 4), (50, 50), (20, 300), (3, 2), (2, 8)])
def test_they_are_those_of_the_singular_value_decomposition(samples: int, units: int) -> None:
    rng = np.random.default_rng(samples)
    states = rng.normal(size=(samples, units)) * np.geomspace(1, 0.01, units) + 3
    mean, components, shares = principal_components(states)
    kept = min(MOST_COMPONENTS, units)
    _, sizes, directions = np.linalg.svd(states - states.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(mean, states.mean(axis=0))
    np.testing.assert_allclose(components @ components.T, np.eye(kept), atol=1e-9)
    known = min(kept, samples - 1)  # beyond, the states do not vary
    np.testing.assert_allclose(shares[:known], sizes[:known] ** 2 / (sizes**2).sum())
    np.testing.assert_allclose(shares[known:], 0, atol=1e-9)
    np.testing.assert_allclose(np.abs((components[:known] * directions[:known]).sum(axis=1)), 1)
    assert (
        np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, np.newaxis], axis=1) > 0
    ).all()

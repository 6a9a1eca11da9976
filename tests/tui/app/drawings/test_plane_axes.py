"""The axes of the plane keep their place: no flip and no jump while a network trains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from echornn.plane_readings import StatePlane
from echornn.probes.states.principal import principal_components
from tui.app.drawings.plane_axes import AXES, PlaneAxes, ends, followed

Doubles = npt.NDArray[np.float64]


def plane_of(states: Doubles, part: str = "h") -> StatePlane:
    """The plane of these states, float64 [samples, units], without targets and rows."""
    mean, components, shares = principal_components(states)
    kept, nothing = len(components), np.zeros(0, np.uint8)
    none, no_readout = np.zeros((0, 0, kept), np.float32), np.zeros((0, 1 + kept), np.float32)
    arrays = [one.astype(np.float32) for one in (mean, components, shares, (states - mean) @ components.T)]
    return StatePlane(part, arrays[0], arrays[1], arrays[2], arrays[3], nothing, nothing, none, no_readout)


def cloud(*spread: float, seed: int = 0, samples: int = 400) -> Doubles:
    """States whose units vary by so much each, at random and independent."""
    return np.random.default_rng(seed).normal(size=(samples, len(spread))) * spread


def test_at_first_the_axes_are_the_principal_components() -> None:
    plane = plane_of(cloud(1, 3, 0.5, 2))
    axes = followed(plane, None)
    np.testing.assert_allclose(axes.directions, plane.components[:AXES], atol=1e-6)
    np.testing.assert_allclose(axes.within, np.eye(AXES, len(plane.components)), atol=1e-6)


def test_a_component_that_changes_its_sign_does_not_turn_the_picture_round() -> None:
    states = cloud(3, 1, 0.5)
    before = followed(plane_of(states), None)
    plane = plane_of(states)
    flipped = StatePlane(
        *(plane.part, plane.mean, -plane.components, plane.shares, -plane.states),
        *(plane.targets, plane.answers, plane.rows, plane.readout),
    )
    after = followed(flipped, before)
    np.testing.assert_allclose(after.directions, before.directions, atol=1e-6)


def test_two_components_that_change_places_turn_slowly_and_are_called_axes_until_they_have() -> None:
    before = followed(plane_of(cloud(1.1, 1, 0.1)), None)
    swapped = plane_of(cloud(1, 1.1, 0.1))
    gliding = followed(swapped, before)
    assert abs(gliding.directions[0, 0]) > 0.8, "it begins where it was"
    assert [gliding.name(axis) for axis in range(AXES)] == ["axis 1", "axis 2", "component 3"]
    for _ in range(30):
        step = followed(swapped, gliding)
        assert float((step.directions[0] * gliding.directions[0]).sum()) > 0.7, "no jump"
        gliding = step
    assert [gliding.name(axis) for axis in range(AXES)] == ["component 1", "component 2", "component 3"]
    np.testing.assert_allclose(np.abs(gliding.directions[:2]), np.abs(swapped.components[:2]), atol=1e-2)


def test_components_of_different_variance_are_reached_at_once() -> None:
    turned = cloud(3, 1, 0.5) @ np.linalg.qr(np.array([[1, 0.4, 0], [-0.4, 1, 0.3], [0, -0.3, 1]]))[0]
    after = followed(plane_of(turned), followed(plane_of(cloud(3, 1, 0.5)), None))
    assert [after.name(axis) for axis in range(AXES)] == ["component 1", "component 2", "component 3"]


def test_components_of_the_same_variance_keep_their_directions() -> None:
    """Each sample of such states has components in other directions; the picture stays."""
    axes = followed(plane_of(cloud(1, 1, 1, 1, samples=4000)), None)
    first = axes
    for seed in range(1, 12):
        plane = plane_of(cloud(1, 1, 1, 1, seed=seed, samples=4000))
        after = followed(plane, axes)
        assert (np.diag(after.directions @ axes.directions.T) > 0.99).all()
        axes = after
    assert (np.diag(axes.directions @ first.directions.T) > 0.8).all()


@pytest.mark.parametrize("units", [1, 2, 3])
def test_axes_beyond_the_units_are_zero(units: int) -> None:
    plane = plane_of(cloud(*[1.0] * units))
    for axes in (followed(plane, None), followed(plane, followed(plane, None))):
        np.testing.assert_allclose(np.linalg.norm(axes.directions, axis=1), np.arange(AXES) < units, atol=1e-6)


def test_states_that_do_not_vary_and_then_do() -> None:
    nothing = plane_of(np.full((9, 4), 0.5))
    before = followed(nothing, None)
    again, varied = followed(nothing, before), plane_of(cloud(3, 1, 0.5, 0.2))
    after: PlaneAxes = followed(varied, again)
    np.testing.assert_allclose(after.directions @ after.directions.T, np.eye(AXES), atol=1e-6)


def test_another_part_or_size_begins_anew() -> None:
    before = followed(plane_of(cloud(2, 1, 0.1)), None)
    for plane in (plane_of(cloud(1, 2, 0.1), "layer 1 h"), plane_of(cloud(1, 2, 0.1, 0.1))):
        np.testing.assert_allclose(followed(plane, before).directions, plane.components[:AXES], atol=1e-6)


def test_axes_end_at_round_numbers_and_stay_while_the_states_fill_them() -> None:
    assert ends(np.array([1.03, 0.0, 7.3]), np.zeros(AXES)).tolist() == [1.1, 1e-6, 8]
    assert ends(np.array([1.0, 0.85, 1.2]), np.full(AXES, 1.1)).tolist() == [1.1, 1.1, 1.25]
    assert ends(np.array([0.7, 0.0, 1.1]), np.full(AXES, 1.1)).tolist() == pytest.approx([0.7, 1e-6, 1.1])

"""Principal components, compared with NumPy's singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.probes.units import principal_components
from echornn.readings import MOST_COMPONENTS

pytestmark = pytest.mark.slow


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
    assert (np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, np.newaxis], axis=1) > 0).all()


@pytest.mark.parametrize(("samples", "units"), [(0, 3), (1, 3), (9, 1), (9, 4), (4, 9)])
def test_states_that_do_not_vary_have_components_too(samples: int, units: int) -> None:
    mean, components, shares = principal_components(np.full((samples, units), 0.5))
    assert shares.tolist() == [0] * min(MOST_COMPONENTS, units)
    np.testing.assert_allclose(components @ components.T, np.eye(min(MOST_COMPONENTS, units)), atol=1e-12)
    assert mean.shape == (units,)

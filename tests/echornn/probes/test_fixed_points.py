"""Fixed points of networks whose fixed points are known."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.network.shapes import weight_shapes
from echornn.probes import fixed_points_of
from echornn.progress import Floats

pytestmark = pytest.mark.slow


def one_unit(recurrent: float, bias: float = 0.0) -> tuple[dict[str, Floats], EchoConfig]:
    config = EchoConfig(state_size=1, total_series_length=400)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    return {**weights, "W": np.array([[0.5], [recurrent]], np.float32), "b": np.array([[bias]], np.float32)}, config


def test_a_tanh_unit_that_feeds_itself_has_three() -> None:
    found = fixed_points_of(*one_unit(2.0))
    resting = 0.9575040240772687  # tanh(2 h) = h
    assert found.kinds == ("stable", "stable", "unstable")
    assert sorted(found.states[:, 0]) == pytest.approx([-resting, 0, resting], abs=1e-7)
    slopes = 2 * (1 - found.states[:, 0] ** 2)  # of tanh(2 h)
    assert found.eigenvalues[:, 0] == pytest.approx(slopes, abs=1e-5)
    assert found.residuals.max() < 1e-12


def test_a_weak_one_has_one() -> None:
    found = fixed_points_of(*one_unit(0.5))
    assert found.kinds == ("stable",)
    assert found.states[0, 0] == pytest.approx(0, abs=1e-7)
    assert found.starts.tolist() == [found.searches]


def test_a_constant_input_can_leave_only_one() -> None:
    weights, config = one_unit(2.0)
    found = fixed_points_of({**weights, "W": np.array([[1.0], [2.0]], np.float32)}, config, held=(1,))
    assert found.held == [1]
    assert found.kinds == ("stable",)
    h = found.states[0, 0]
    assert h == pytest.approx(np.tanh(1 + 2 * h), abs=1e-6)

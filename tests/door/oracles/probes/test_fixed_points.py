"""Fixed points of networks whose fixed points are known, and of networks at random against slow
searches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes
from echornn.probes.examine import examine
from echornn.progress import Floats
from echornn.readings import FixedPoints, Question, kind_of
from echornn.tasks.flip_flop import FlipFlop
from tests.door.oracles.probes.numpy_network import step
from tests.door.oracles.probes.snapshots import CELLS, random_weights, small, snapshot_of

pytestmark = pytest.mark.slow

FLIP_FLOP = Path(__file__).with_name("flip_flop_3_bits.npz")
"""Weights of a network of 16 tanh units after 3 000 windows of the 3-bit flip-flop; see
`flip_flop`."""


def points_of(weights: dict[str, Floats], config: EchoConfig, held: Any = None) -> FixedPoints:
    found = examine(
        snapshot_of(weights, config), Question(frozenset({"fixed_points"}), held=held)
    ).fixed_points
    assert found is not None
    assert found.residuals[: len(found.kinds) - found.count("slow")].max(initial=0) < 1e-12
    return found


def one_unit(
    recurrent: float, x: float = 0.5, bias: float = 0.0
) -> tuple[dict[str, Floats], EchoConfig]:
    """A tanh unit: h = tanh(x input + recurrent h + bias)."""
    config = EchoConfig(state_size=1, total_series_length=400)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    return {
        **weights,
        "W": np.array([[x], [recurrent]], np.float32),
        "b": np.array([[bias]], np.float32),
    }, config


def test_a_tanh_unit_that_feeds_itself_has_three() -> None:
    found = points_of(*one_unit(2.0))
    resting = 0.9575040240772687  # tanh(2 h) = h
    assert found.kinds == ("stable", "stable", "unstable")
    assert sorted(found.states[:, 0]) == pytest.approx([-resting, 0, resting], abs=1e-7)
    moved = np.tanh(2 * found.states[:, 0]) - found.states[:, 0]
    # As the residual says, since states are not rounded to float32
    assert np.abs(moved).max() < 1e-15
    slopes = 2 * (1 - found.states[:, 0] ** 2)  # of tanh(2 h)
    assert found.eigenvalues[:, 0] == pytest.approx(slopes, abs=1e-5)


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ((0.5, 0.9), "stable"),
        ((0.5, 0.9995), "marginal"),
        ((1.5, 1.0), "saddle"),
        ((1.5, 0.5), "saddle"),
        ((1.5, 1.1), "unstable"),
    ],
)
def test_kinds(sizes: tuple[float, ...], kind: str) -> None:
    turned = np.array(sizes) * np.exp([1j, -1j])
    assert kind_of(turned) == kind


def test_linear_memories_rest_where_the_formula_says() -> None:
    """The lru's s = g (x W + b) / (1 - l), alone; l are eigenvalues, and h, which nothing reads,
    adds zeros."""
    config = small("lru", truncated_backprop_length=15)
    weights = random_weights(config)
    found = points_of(weights, config, held=(1,))
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    factor = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    of_real, of_imaginary = np.split(w["W"] + w["b"], 2, axis=1)
    s = np.exp(w["gamma"]) * (of_real + 1j * of_imaginary) / (1 - factor)
    assert found.kinds == ("stable",)
    _, real, imaginary = np.split(found.states, 3, axis=1)
    assert real + 1j * imaginary == pytest.approx(s, rel=1e-5)
    wanted = [*factor[0], *factor[0].conj(), 0, 0, 0]
    assert sorted(np.abs(found.eigenvalues[0])) == pytest.approx(sorted(np.abs(wanted)), abs=1e-6)


@pytest.mark.parametrize("length", [2, 20])
def test_units_on_their_own_use_weights_within_the_limit_of_the_window(length: int) -> None:
    """The indrnn's h = c / (1 - u), where the u that is used is at least -2^(1/T)."""
    config = small("indrnn", truncated_backprop_length=length)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights |= {
        "u": np.array([[0.5, 0.9, -3]], np.float32),
        "b": np.array([[1, -1, 1]], np.float32),
    }
    found = points_of(weights, config)
    limit = 2 ** (1 / length)
    assert found.kinds == ("saddle",)
    assert found.states[0] == pytest.approx([2, 0, 1 / (1 + limit)], rel=1e-6)
    assert found.eigenvalues[0] == pytest.approx([-limit, 0.5, 0], rel=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_no_cell_has_a_point_that_a_slow_search_finds_and_this_does_not(cell: str) -> None:
    config = small(cell, truncated_backprop_length=15)
    weights = random_weights(config, spread=1.0, seed=3)
    found = points_of(weights, config, held=(1,))

    def after(states: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return step(cell, weights, np.ones(len(states)), states)[0]

    rests = found.states[[kind != "slow" for kind in found.kinds]]
    assert after(rests.astype(np.float64)) == pytest.approx(rests, abs=1e-4)
    with np.errstate(over="ignore"):
        slowly = slow_search(after, carried_size(config))
    assert slowly
    for point in slowly:
        assert np.abs(rests - point).max(axis=1).min() < 1e-4, point


def slow_search(after: Any, size: int) -> list[npt.NDArray[np.float64]]:
    """Isolated points at rest, by Newton steps with a Jacobian of differences, from 100 random
    states."""
    found: list[npt.NDArray[np.float64]] = []
    rng = np.random.default_rng(7)
    shifts = 1e-6 * np.concatenate([np.eye(size), -np.eye(size), np.zeros((1, size))])
    for state in rng.uniform(-2, 2, (100, size)):
        for _ in range(30):
            ahead = after(state + shifts)
            r, slope = ahead[-1] - state, (ahead[:size] - ahead[size:-1]).T / 2e-6 - np.eye(size)
            if not np.isfinite(r).all() or np.abs(r).max() < 1e-13:
                break
            state = state - np.linalg.lstsq(slope, r)[0]
        rests = (
            np.isfinite(r).all()
            and np.abs(r).max() < 1e-10
            and np.abs(np.linalg.eigvals(slope)).min() > 1e-3
        )
        if rests and all(np.abs(state - one).max() > 1e-5 for one in found):
            found.append(state)
    return found


def flip_flop() -> tuple[dict[str, Floats], EchoConfig]:
    config = EchoConfig(
        task=FlipFlop(bits=3),
        state_size=16,
        init="glorot",
        optimizer="adam",
        learning_rate=0.003,
        batch_size=20,
        total_series_length=200_000,
    )
    with np.load(FLIP_FLOP) as weights:
        return dict(weights), config


def test_three_bits_are_held_by_eight_stable_points() -> None:
    """Sussillo and Barak 2013: a stable point for each memory, and saddles on the edges, faces and
    in the middle of the cube between them.
    """
    found = points_of(*flip_flop())
    assert (found.count("stable"), found.count("saddle"), len(found.kinds)) == (8, 19, 27)
    held = {tuple(np.sign(one).astype(int)) for one in found.outputs[:8]}
    assert held == {(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)}
    assert np.abs(np.abs(found.outputs[:8]) - 1).max() < 0.05
    pushing = (np.abs(found.eigenvalues) > 1).sum(axis=1)
    assert np.bincount(pushing, minlength=4).tolist() == [8, 12, 6, 1]

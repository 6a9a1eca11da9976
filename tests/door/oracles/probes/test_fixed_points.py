"""Fixed points of networks whose fixed points are known, and of networks at random against slow
searches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.readings import FixedPoints, kind_of
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.parity import Parity
from tests.door.oracles.probes.numpy_network import Array, doubles, step
from tests.door.oracles.probes.snapshots import (
    random_weights,
    reading,
    small,
    without_window,
    zero_weights,
)

pytestmark = pytest.mark.slow

FLIP_FLOP = Path(__file__).with_name("flip_flop_3_bits.npz")
"""Weights of a network of 16 tanh units after 3 000 windows of the 3-bit flip-flop; see
`test_three_bits_are_held_by_eight_stable_points`."""

LEARNED_PARITY = Path(__file__).with_name("parity.npz")
"""Weights of a network of 8 tanh units after 2 000 windows of 10 steps of 32 trials of parity, by
Adam with a learning rate of 0.01."""


def points_of(config: EchoConfig, weights: dict[str, Floats], held: Any = None) -> FixedPoints:
    points: FixedPoints = reading(without_window(config, weights), "fixed_points", held=held)
    rests = len(points.kinds) - points.count("slow")
    assert points.residuals[:rests].max(initial=0) < 1e-12
    return points


def test_q_is_half_the_square_of_a_step_at_slow_points() -> None:
    """tanh(2 h - b) misses h by 0.0001 and 0.0002 where it comes nearest; the input 1 drives it
    away."""
    config = small(state_size=2)
    weights = zero_weights(config)
    weights["W"][:] = [[2, 2], [2, 0], [0, 2]]
    nearest = np.sqrt(0.5) - np.arctanh(np.sqrt(0.5)) / 2
    weights["b"][:] = -2 * (nearest + np.array([0.0001, 0.0002]))
    points = points_of(config, weights)
    assert "slow" in points.kinds
    moves = np.tanh(2 * points.states + doubles(weights)["b"]) - points.states
    assert points.q == pytest.approx((moves**2).sum(axis=1) / 2, rel=1e-4, abs=1e-20)
    both = (np.abs(points.states - 0.707) < 0.01).all(axis=1)
    assert points.q[both] == pytest.approx([2.5e-8], rel=0.01)


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ((0.5, 0.9), "stable"),
        ((0.5, 0.9995), "marginal"),
        ((1.5, 1.0), "saddle"),
        ((1.5, 1.1), "unstable"),
    ],
)
def test_kinds(sizes: tuple[float, ...], kind: str) -> None:
    turned = np.array(sizes) * np.exp([1j, -1j])
    assert kind_of(turned) == kind


def test_linear_memories_rest_where_the_formula_says() -> None:
    """The lru's s = gamma (x W + b) / (1 - lambda), alone; its eigenvalues are lambda, and h, which
    nothing reads, adds zeros."""
    config = small("lru")
    weights = random_weights(config)
    points = points_of(config, weights, held=(1,))
    w = doubles(weights)
    size = np.exp(-np.exp(w["nu"]))
    lambda_ = size * np.exp(1j * np.exp(w["theta"]))
    real, imaginary = np.split(w["W"] + w["b"], 2, axis=1)
    gamma = np.exp(w["gamma"])
    s = gamma * (real + 1j * imaginary) / (1 - lambda_)
    assert points.kinds == ("stable",)
    _, real, imaginary = np.split(points.states, 3, axis=1)
    assert real + 1j * imaginary == pytest.approx(s, rel=1e-5)
    expected = sorted([0, 0, 0, *size[0], *size[0]])  # lambda, and its conjugates
    sizes = np.abs(points.eigenvalues[0])
    assert sorted(sizes) == pytest.approx(expected, abs=1e-6)


def test_units_on_their_own_use_weights_within_the_limit_of_the_window() -> None:
    """The indrnn's h = b / (1 - u), where the u that is used is at least -2^(1/T)."""
    config = small("indrnn")
    weights = zero_weights(config)
    weights["u"][0] = 0.5, 0.9, -3
    weights["b"][0] = 1, -1, 1
    points = points_of(config, weights)
    limit = 2 ** (1 / config.truncated_backprop_length)
    assert points.kinds == ("saddle",)
    expected = [2, 0, 1 / (1 + limit)]
    assert points.states[0] == pytest.approx(expected, rel=1e-6)
    assert points.eigenvalues[0] == pytest.approx([-limit, 0.5, 0], rel=1e-6)


@pytest.mark.parametrize("cell", ["irnn", "gru", "lstm"])
def test_no_cell_has_a_point_that_a_slow_search_finds_and_this_does_not(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config, spread=1.0, seed=3)
    points = points_of(config, weights, held=(1,))

    def after(states: Array) -> Array:
        return step(cell, weights, np.ones(len(states)), states)[0]

    rests = points.states[np.array(points.kinds) != "slow"]
    assert after(rests) == pytest.approx(rests, abs=1e-4)
    slowly = slow_search(after, carried_size(config))
    assert slowly
    for point in slowly:
        distances = np.abs(rests - point).max(axis=1)
        assert distances.min() < 1e-4, point


def slow_search(after: Callable[[Array], Array], size: int) -> list[Array]:
    """Isolated points at rest, by Newton steps with a Jacobian of differences, from 100 random
    states."""
    states = np.random.default_rng(7).uniform(-2, 2, (100, size))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(30):
            moves = after(states) - states
            slopes = jacobians_of(after, states) - np.eye(size)
            is_finite = np.isfinite(moves).all(axis=1) & np.isfinite(slopes).all(axis=(1, 2))
            newton = np.linalg.pinv(slopes[is_finite]) @ moves[is_finite, :, np.newaxis]
            states = states[is_finite] - newton[..., 0]
        is_at_rest = np.abs(after(states) - states).max(axis=1) < 1e-10

    found: list[Array] = []
    for state in states[is_at_rest]:
        is_isolated = np.abs(eigenvalues_of(after, state) - 1).min() > 1e-3
        is_new = all(np.abs(state - point).max() > 1e-5 for point in found)
        if is_isolated and is_new:
            found.append(state)
    return found


def jacobians_of(function: Callable[[Array], Array], states: Array) -> Array:
    """By differences, [states, after, before]."""
    count, size = states.shape
    shifts = 1e-6 * np.eye(size)
    around = states[:, np.newaxis]
    up = function((around + shifts).reshape(-1, size))
    down = function((around - shifts).reshape(-1, size))
    ahead = (up - down).reshape(count, size, size)
    return np.asarray(ahead.swapaxes(1, 2) / 2e-6)


def eigenvalues_of(function: Callable[[Array], Array], state: Array) -> Array:
    """Of its Jacobian."""
    return np.asarray(np.linalg.eigvals(jacobians_of(function, state[np.newaxis])[0]))


def test_three_bits_are_held_by_eight_stable_points() -> None:
    """Sussillo and Barak 2013: a stable point for each memory, and saddles on the edges, faces and
    in the middle of the cube between them.
    """
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
        points = points_of(config, dict(weights))
    assert points.count("stable") == 8
    assert points.count("saddle") == 19
    assert len(points.kinds) == 27
    outputs = points.outputs[:8]
    memories = np.unique(np.sign(outputs), axis=0)
    assert memories.shape == (8, 3)
    assert np.abs(np.abs(outputs) - 1).max() < 0.05
    growing = (np.abs(points.eigenvalues) > 1).sum(axis=1)
    assert np.bincount(growing, minlength=4).tolist() == [8, 12, 6, 1]


# ---- cycles

S = 0.9575040240772687  # tanh(2 s) = s
SLOPE = 2 * (1 - S**2)  # of tanh(2 h) there


def test_three_units_that_hand_their_states_on_have_two_stable_cycles_of_three() -> None:
    """One or two of them are positive; if all are alike, they rest."""
    config = small()
    weights = zero_weights(config)
    weights["W"][0] = 1, -2, 3
    weights["W"][1:] = 2 * np.roll(np.eye(3), 1, axis=1)
    points = points_of(config, weights)
    assert points.count("stable") == 2
    stable = [cycle for cycle in points.cycles if cycle.kind == "stable"]
    assert [len(cycle.states) for cycle in stable] == [3, 3]
    assert sorted(np.sign(cycle.states).sum() for cycle in stable) == [-3, 3]
    for cycle in stable:
        assert np.abs(cycle.states) == pytest.approx(np.full((3, 3), S), abs=1e-12)
        handed_on = np.roll(cycle.states, 1, axis=1)
        assert np.roll(cycle.states, -1, axis=0) == pytest.approx(handed_on, abs=1e-12)
        assert np.abs(cycle.eigenvalues) == pytest.approx([SLOPE**3] * 3, rel=1e-4)


def test_a_network_that_learned_parity_goes_between_two_states_while_ones_come() -> None:
    """All cycles come back, and no stable one is missing that a slow search for F(F(s)) = s
    finds."""
    config = EchoConfig(task=Parity(), state_size=8, batch_size=32, total_series_length=3200)
    with np.load(LEARNED_PARITY) as file:
        weights = dict(file)
    for bit in (0, 1):

        def after(states: Array, bit: int = bit) -> Array:
            return step("rnn", weights, np.full(len(states), bit), states)[0]

        def after_two(states: Array) -> Array:
            return after(after(states))

        cycles = [
            cycle for cycle in points_of(config, weights, (bit,)).cycles if len(cycle.states) == 2
        ]
        for cycle in cycles:
            turned = after(cycle.states)[::-1]
            assert turned == pytest.approx(cycle.states, abs=1e-6)
            assert np.abs(cycle.states[1] - cycle.states[0]).max() > 0.01
            sizes_there = np.abs(eigenvalues_of(after_two, cycle.states[0]))
            assert abs(cycle.eigenvalues[0]) == pytest.approx(sizes_there.max(), rel=1e-4)
        stable = [cycle for cycle in cycles if cycle.kind == "stable"]
        assert len(stable) == bit
        for cycle in stable:
            assert sorted(cycle.outputs.argmax(axis=1)) == [0, 1]

        for state in slow_search(after_two, 8):
            turns = np.abs(after(state[np.newaxis]) - state).max() > 1e-4
            if turns and np.abs(eigenvalues_of(after_two, state)).max() < 1:
                away = [np.abs(cycle.states - state).max(axis=1).min() for cycle in stable]
                assert min(away) < 1e-6

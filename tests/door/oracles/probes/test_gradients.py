"""How far the gradient reaches back, compared with finite differences of the NumPy network; ratios
of noisy means."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.probes.examine import examine
from echornn.probes.gradient_sizes import counted
from echornn.probes.gradients import gradient, ratios
from echornn.probes.prepared import Prepared
from echornn.probes.series import MOST_GROUPS, Series, targets_for
from echornn.progress import Floats
from echornn.readings import BINS_A_DECADE, Gradient, Question
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.numpy_network import Array
from tests.door.oracles.probes.snapshots import FEW, random_weights, small, snapshot, snapshot_of

pytestmark = pytest.mark.slow

D = 1e-5


TARGETS = 2


def targets_of(config: EchoConfig) -> Series:
    """The probes' target series for only a few steps, since finite differences are slow."""
    series = targets_for(config)
    return replace(series, x=series.x[-series.steps_back - TARGETS :], y=series.y[-TARGETS:])


def gradient_of(config: EchoConfig, weights: dict[str, Floats]) -> Gradient:
    prepared = Prepared(snapshot(config, weights))
    prepared.targets = targets_of(config)
    return gradient(prepared)


def states_of(config: EchoConfig, weights: dict[str, Floats]) -> Array:
    series, one = targets_of(config), snapshot(config, weights)
    first = np.resize(
        one.state.carried_state, (series.x.shape[1], one.state.carried_state.shape[1])
    )
    states, _ = numpy_network.run(str(config.cell), weights, series.x, first)
    return states


@pytest.mark.parametrize("cell", FEW)
def test_gradient_by_lag(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    series, states = targets_of(config), states_of(config, weights)
    steps = len(series.x)

    def loss_from(lag: int, end: int, state: Array) -> Array:
        """The loss of the step before ``end``, if the state ``lag`` steps earlier had this
        value."""
        run, _ = (
            numpy_network.run(cell, weights, series.x[end - lag : end], state)
            if lag
            else (state[None], {})
        )
        return numpy_network.losses(weights, run[-1], series.y[len(series.y) - 1 - (steps - end)])

    expected = []
    for lag in range(series.steps_back):
        sizes = []
        for end in range(steps, steps - len(series.y), -1):
            at = states[end - lag]
            units = np.eye(at.shape[1])
            slopes = [
                (loss_from(lag, end, at + D * one) - loss_from(lag, end, at - D * one)) / (2 * D)
                for one in units
            ]
            sizes.append(np.linalg.norm(slopes, axis=0).mean())
        expected.append(np.mean(sizes))
    np.testing.assert_allclose(gradient_of(config, weights).by_lag, expected, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("cell", FEW)
def test_truncation_bias(cell: str) -> None:
    """g_K is the gradient of a group's mean loss if only the weights in the last K steps change."""
    config = small(cell, state_size=2)
    weights = random_weights(config, 0.9)
    series, states = targets_of(config), states_of(config, weights)
    steps, most = len(series.x), series.steps_back

    def slopes_of_last(count: int) -> Array:
        """The gradients for the last ``count`` steps, [weights, groups]."""
        found = []
        for name in weights:
            if name in ("W2", "b2"):
                continue
            for place in np.ndindex(weights[name].shape):
                both = []
                for change in (D, -D):
                    moved = {key: np.asarray(value, np.float64) for key, value in weights.items()}
                    moved[name] = moved[name].copy()
                    moved[name][place] += change
                    total = np.zeros(MOST_GROUPS)
                    for y, end in zip(series.y[::-1], range(steps, 0, -1), strict=False):
                        run, _ = numpy_network.run(
                            cell, moved, series.x[end - count : end], states[end - count]
                        )
                        losses = numpy_network.losses(weights, run[-1], y)
                        total += losses.reshape(MOST_GROUPS, -1).mean(axis=1) / len(series.y)
                    both.append(total)
                found.append((both[0] - both[1]) / (2 * D))
        return np.array(found)

    def size(of_groups: Array) -> float:
        """The root of the mean product of two different groups' vectors."""
        pairs = [one @ other for one, other in itertools.permutations(of_groups.T, 2)]
        return float(np.sqrt(max(0.0, float(np.mean(pairs)))))

    g = np.array([slopes_of_last(count) for count in range(1, most + 1)])
    whole = size(g[-1])
    found = gradient_of(config, weights)
    np.testing.assert_allclose(found.bias, [size(one - g[-1]) / whole for one in g], atol=1e-3)
    window = config.truncated_backprop_length
    of_windows = size(g[:window].mean(axis=0) - g[-1]) / whole
    assert found.bias_of_windows == pytest.approx(of_windows, abs=5e-4)
    plain = np.linalg.norm((g - g[-1]).mean(axis=-1), axis=1) / np.linalg.norm(g[-1].mean(axis=-1))
    assert (np.abs(found.bias - plain) <= found.bias_spread + 0.01).all()


def test_a_gradient_too_small_for_float32_to_square_has_a_size() -> None:
    """The state shrinks to a hundredth at each step."""
    config = small(state_size=2, truncated_backprop_length=15)
    weights = random_weights(config)
    weights["W"][0], weights["b"][:] = 0, 0
    weights["W"][1:] = 0.01 * np.eye(2)
    found = examine(snapshot_of(weights, config), Question(frozenset({"gradient"}))).gradient
    assert found is not None
    sizes = found.by_lag[:18].astype(np.float64)
    np.testing.assert_allclose(sizes[1:] / sizes[:-1], 0.01, rtol=1e-3)


@pytest.mark.parametrize("cell", FEW)
def test_connectivity(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    one = snapshot(config, weights)
    assert one.progress is not None
    x, y = one.progress.x.T.astype(np.float64), one.progress.y.T
    length, rows = x.shape

    def target_logits(x: Array) -> Array:
        assert one.progress is not None
        states, _ = numpy_network.run(cell, weights, x, one.progress.init_state)
        return np.take_along_axis(
            numpy_network.logits(weights, states[1:]), y[..., None].astype(int), -1
        )[..., 0]

    expected = np.zeros((rows, length, length))
    for step in range(length):
        up, down = x.copy(), x.copy()
        up[step] += D
        down[step] -= D
        expected[:, :, step] = np.abs((target_logits(up) - target_logits(down)) / (2 * D)).T
    found = examine(one, Question(frozenset({"connectivity"}))).connectivity
    assert found is not None
    np.testing.assert_allclose(found.strength, expected, atol=1e-5)
    states, _ = numpy_network.run(cell, weights, x, one.progress.init_state)
    logits = numpy_network.logits(weights, states[1:])
    predicted = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found.probabilities, predicted.swapaxes(0, 1), atol=1e-5)


def test_a_flipped_input_changes_what_comes_after_it() -> None:
    config = small()
    weights = random_weights(config)
    one = snapshot(config, weights)
    assert one.progress is not None
    flip = examine(one, Question(frozenset({"flip"}), flip=(1, 2))).flip
    assert flip is not None
    x = one.progress.x[1].copy()
    before, _ = numpy_network.run("rnn", weights, x[:, None], one.progress.init_state[1:])
    x[2] = 1 - x[2]
    after, _ = numpy_network.run("rnn", weights, x[:, None], one.progress.init_state[1:])
    np.testing.assert_array_equal(flip.x, x)
    for found, states in ((flip.before, before), (flip.after, after)):
        expected = numpy_network.softmax(numpy_network.logits(weights, states[1:, 0]))
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(flip.before[:2], flip.after[:2])


def test_lyapunov_exponents_of_a_linear_network_are_the_logarithms_of_its_eigenvalues() -> None:
    """Without an input weight the state decays to zero, where tanh is linear."""
    config = EchoConfig(state_size=4)
    values = np.array([0.9, 0.6, 0.3, 0.1])
    mix = np.random.default_rng(3).normal(size=(4, 4))
    weights = random_weights(config)
    weights["W"][0], weights["b"][:] = 0, 0
    weights["W"][1:] = mix @ np.diag(values) @ np.linalg.inv(mix)
    found = examine(snapshot_of(weights, config), Question(frozenset({"lyapunov"}))).lyapunov
    assert found is not None
    np.testing.assert_allclose(found, np.log(values), atol=0.02)


GROUPS, NUMBERS = 16, 24


def drawn(seed: int, noise: float, *sizes: float) -> list[np.ndarray]:
    """For each size, random vectors of the groups, [groups, numbers]: a mean of this size plus
    independent noise."""
    rng = np.random.default_rng(seed)
    return [size / NUMBERS**0.5 + noise * rng.standard_normal((GROUPS, NUMBERS)) for size in sizes]


def products(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors @ vectors.T)


def test_noise_is_not_read_as_size_and_the_spread_covers_the_truth() -> None:
    """The noise of the mean has size 1.2, the whole 2: a plain ratio would say that half is cut
    off."""
    covered, plain, found = [], [], []
    for seed in range(40):
        whole, cut = drawn(seed, 1.0, 2.0, 0.1)
        sizes, spreads = ratios(products(cut)[np.newaxis], products(whole))
        plain.append(np.linalg.norm(cut.mean(axis=0)) / np.linalg.norm(whole.mean(axis=0)))
        if np.isfinite(sizes[0]):
            found.append(sizes[0])
            covered.append(sizes[0] <= 0.05 + spreads[0] and sizes[0] + spreads[0] >= 0.05)
    assert np.mean(plain) > 0.4
    assert len(found) > 30
    assert np.median(found) < 0.1
    assert np.mean(covered) > 0.8


@pytest.mark.parametrize("size", [0.0, np.nan, np.inf])
def test_a_whole_that_is_none_or_no_number_tells_nothing(size: float) -> None:
    whole = np.full((GROUPS, GROUPS), size)
    sizes, spreads = ratios(np.zeros((3, GROUPS, GROUPS)), whole)
    assert np.isnan(sizes).all()
    assert np.isinf(spreads).all()


SIZES = Question(frozenset({"gradient_sizes"}))


def numbers_by_decade(d_states: Array, first: int, bins: int) -> list[int]:
    edges = 10.0 ** (first + np.arange(bins + 1) / BINS_A_DECADE)
    counts, _ = np.histogram(np.abs(d_states), edges)
    return [int(count) for count in counts]


def test_the_sizes_of_the_gradient_are_those_of_backprop_through_the_window() -> None:
    config = small(truncated_backprop_length=6)
    weights = random_weights(config)
    one = snapshot(config, weights)
    assert one.progress is not None
    x, y = one.progress.x.T, one.progress.y.T
    states, _ = numpy_network.run("rnn", weights, x, one.progress.init_state)
    wide = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    d_states = np.zeros_like(states[1:])
    d_later = np.zeros_like(states[0])
    for t in reversed(range(len(x))):
        p = numpy_network.softmax(numpy_network.logits(weights, states[t + 1]))
        d_states[t] = (p - np.eye(2)[y[t]]) @ wide["W2"].T + d_later
        d_later = (d_states[t] * (1 - states[t + 1] ** 2)) @ wide["W"][1:].T
    found = examine(one, SIZES).gradient_sizes
    assert found is not None
    assert found.counts.tolist() == numbers_by_decade(d_states, found.first, len(found.counts))
    assert (found.total, found.zeros, found.unknown) == (d_states.size, 0, 0)


@pytest.mark.parametrize("cell", FEW)
def test_the_sizes_of_the_gradient_are_slopes_of_a_rows_summed_loss(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    one = snapshot(config, weights)
    assert one.progress is not None
    x, y = one.progress.x.T, one.progress.y.T
    states, _ = numpy_network.run(cell, weights, x, one.progress.init_state)

    def loss_from(t: int, state: Array) -> Array:
        """The losses of step t and later ones, if the state after step t is this."""
        after: Any = [state]
        if t + 1 < len(x):
            after, _ = numpy_network.run(cell, weights, x[t + 1 :], state)
        return sum(
            (numpy_network.losses(weights, at, y[t + k]) for k, at in enumerate(after)),
            start=np.zeros(len(state)),
        )

    slopes = []
    for t, state in enumerate(states[1:]):
        for unit in D * np.eye(state.shape[1]):
            slopes.append((loss_from(t, state + unit) - loss_from(t, state - unit)) / (2 * D))
    found = examine(one, SIZES).gradient_sizes
    assert found is not None
    d_states = np.array(slopes)
    nothing = np.abs(d_states) < 1e-9  # what is not read out after the last step
    expected = numbers_by_decade(d_states[~nothing], found.first, len(found.counts))
    assert found.counts.tolist() == expected
    assert (found.total, found.zeros) == (d_states.size, nothing.sum())


def test_sizes_that_are_zero_or_no_numbers_are_counted_apart() -> None:
    found = counted(np.array([0, 0, 0.001, 0.05, 0.9, 1, np.inf, np.nan], np.float32))
    assert (found.first, found.zeros, found.unknown, found.total) == (-3, 2, 2, 8)
    assert np.flatnonzero(found.counts).tolist() == [0, 6, 11, 12]
    assert counted(np.zeros((2, 3), np.float32)).total == 6


def test_the_slope_is_that_of_a_line_through_the_logarithms() -> None:
    rng = np.random.default_rng(4)
    by_lag = 10.0 ** (-0.3 * np.arange(40) + rng.normal(0, 0.2, 40))
    by_lag[[3, 7]] = np.inf, 0
    lags = np.flatnonzero(np.isfinite(by_lag) & (by_lag > 1e-8))
    found = Gradient(by_lag.astype(np.float32), np.zeros(40, np.float32), 0.1).slope
    assert found is not None
    assert found.decades == pytest.approx(np.polyfit(lags, np.log10(by_lag[lags]), 1)[0], abs=1e-6)
    assert (found.first, found.last) == (lags[0], lags[-1])
    few = np.array([1, 0.1, 1e-9, np.nan], np.float32)
    assert Gradient(few, np.zeros(4, np.float32), 0.1).slope is None


def test_the_slope_of_a_linear_network_is_the_logarithm_of_its_only_factor() -> None:
    config = small(state_size=2, truncated_backprop_length=15)
    weights = random_weights(config)
    weights["W"][0], weights["b"][:] = 0, 0
    weights["W"][1:] = 0.5 * np.eye(2)
    found = examine(snapshot_of(weights, config), Question(frozenset({"gradient"}))).gradient
    assert found is not None
    assert found.slope is not None
    assert found.slope.decades == pytest.approx(np.log10(0.5), abs=1e-3)
    fitted = found.by_lag[found.slope.first : found.slope.last + 1].astype(np.float64)
    line = np.polyfit(np.arange(len(fitted)), np.log10(fitted), 1)
    assert found.slope.decades == pytest.approx(line[0], abs=1e-6)

"""How far the gradient reaches back, compared with finite differences of the NumPy network; ratios
of noisy means."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.probes.gradient_sizes import counted
from echornn.probes.gradients import ratios
from echornn.probes.series import targets_for
from echornn.progress import Floats
from echornn.readings import BINS_A_DECADE
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.numpy_network import AnyWeights, Array
from tests.door.oracles.probes.snapshots import (
    newest_window,
    random_weights,
    reading,
    run,
    run_series,
    run_window,
    small,
    small_task,
    snapshot,
    without_window,
)

pytestmark = pytest.mark.slow

D = 1e-5


class Followed:
    """A network, a few errors that the probe follows back, since finite differences are slow, and
    what it reads of them."""

    def __init__(
        self, config: EchoConfig, spread: float, monkeypatch: pytest.MonkeyPatch, rows: int = 64
    ) -> None:
        monkeypatch.setattr("echornn.probes.series.MOST_ROWS", rows)
        monkeypatch.setattr("echornn.probes.series.MOST_TARGETS", 2 * rows)
        series = targets_for.__wrapped__(config)
        monkeypatch.setattr("echornn.probes.prepared.targets_for", lambda _: series)
        network = snapshot(config, random_weights(config, spread))
        self.config = config
        self.series = series
        self.weights = numpy_network.doubles(network.state.weights)
        self.states, _ = run_series(network, series)
        self.gradient = reading(network, "gradient")
        # By which losses are weighed: 0 or 1, or with a mean of 1 where they count
        self.weighed = np.ones(series.y.shape[:2])
        if series.scored is not None:
            self.weighed = series.scored / series.scored[series.scored > 0].mean()
        self.scored = self.weighed > 0

    def end(self, target: int) -> int:
        """The step after a target's."""
        return len(self.series.x) - len(self.series.y) + target + 1

    def losses(self, target: int, begin: int, weights: AnyWeights, shift: Array) -> Array:
        """The losses of a target, [rows], if before step ``begin`` the states are shifted, and from
        there on the weights are these."""
        x = self.series.x[begin : self.end(target)]
        states, _ = run(self.config, weights, x, self.states[begin] + shift)
        losses = numpy_network.losses(weights, states[-1], self.series.y[target])
        weighed: Array = losses * self.weighed[target]
        return weighed

    def size_of_error(self, target: int, begin: int) -> Array:
        """How much the loss of each row depends on the state before step ``begin``."""
        slopes = []
        for shift in D * np.eye(self.states.shape[2]):
            up = self.losses(target, begin, self.weights, shift)
            down = self.losses(target, begin, self.weights, -shift)
            slopes.append((up - down) / (2 * D))
        sizes: Array = np.linalg.norm(slopes, axis=0)
        return sizes

    def slopes(self, target: int, begin: int) -> Array:
        """The gradient of each group's loss by the weights that are used from step ``begin`` on,
        [weights, groups]."""
        slopes = []
        shifted = numpy_network.doubles(self.weights)
        for name in self.weights.keys() - {"W2", "b2"}:
            for place in np.ndindex(self.weights[name].shape):
                shifted[name][place] += D
                up = self.losses(target, begin, shifted, np.zeros(1))
                shifted[name][place] -= 2 * D
                down = self.losses(target, begin, shifted, np.zeros(1))
                shifted[name][place] = self.weights[name][place]
                rows = (up - down) / (2 * D)
                slopes.append(rows.reshape(self.series.groups, -1).sum(axis=1))
        return np.array(slopes)


def size(slopes: Array) -> float:
    """The root of the sum of the products of any two different groups' vectors."""
    products = slopes.T @ slopes
    pairs = products.sum() - np.trace(products)
    return float(np.sqrt(max(0.0, pairs)))


@pytest.mark.parametrize(
    "config",
    [small("lstm"), small_task("adding"), small_task("weighed_sums")],
    ids=["lstm", "adding", "weighed_sums"],
)
def test_gradient_by_lag(config: EchoConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the task's own loss, with errors of scored steps only, and of trials none beyond the first
    step."""
    followed = Followed(config, 0.7, monkeypatch)
    expected = []
    for lag in range(followed.series.steps_back):
        sizes = []
        for target, scored in enumerate(followed.scored):
            begin = followed.end(target) - lag
            if begin > 0:
                sizes.append(followed.size_of_error(target, begin)[scored])
        expected.append(np.concatenate(sizes).mean())
    np.testing.assert_allclose(followed.gradient.by_lag, expected, rtol=2e-3, atol=1e-7)


def test_truncation_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    """g_K is the gradient of a group's loss if only the weights in the last K steps change."""
    config = small("indrnn", state_size=2)
    followed = Followed(config, 0.9, monkeypatch, rows=512)
    by_steps = []
    for steps in range(1, followed.series.steps_back + 1):
        last = followed.slopes(1, followed.end(1) - steps)
        before = followed.slopes(0, followed.end(0) - steps)
        by_steps.append(last + before)
    g = np.array(by_steps)  # [K, weights, groups]
    gradient = followed.gradient
    whole = size(g[-1])
    bias = [size(cut) / whole for cut in g - g[-1]]
    np.testing.assert_allclose(gradient.bias, bias, atol=1e-3)
    of_windows = g[: config.truncated_backprop_length].mean(axis=0)
    expected = size(of_windows - g[-1]) / whole
    assert gradient.bias_of_windows == pytest.approx(expected, abs=5e-4)
    mean = g.mean(axis=2)
    cut = np.linalg.norm(mean - mean[-1], axis=1)
    plain = cut / np.linalg.norm(mean[-1])
    assert (np.abs(gradient.bias - plain) <= gradient.bias_spread + 0.01).all()


def test_the_bias_of_trials_is_where_training_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error goes back to the last multiple of T, counted from the trial's beginning."""
    config = small_task("adding")
    followed = Followed(config, 0.6, monkeypatch)
    whole = kept = np.zeros(1)
    for target in range(len(followed.scored)):
        step = followed.end(target) - 1
        whole = whole + followed.slopes(target, 0)
        kept = kept + followed.slopes(target, step - step % config.truncated_backprop_length)
    expected = size(whole - kept) / size(whole)
    assert followed.gradient.complete
    assert followed.gradient.bias_of_windows == pytest.approx(expected, abs=2e-3)


def without_input(config: EchoConfig, recurrent: Array) -> dict[str, Floats]:
    """Weights of a network whose state decays to zero, where tanh is linear."""
    weights = random_weights(config)
    weights["W"][0] = 0
    weights["W"][1:] = recurrent
    weights["b"][:] = 0
    return weights


def test_of_a_linear_network_even_gradients_too_small_to_square_shrink_by_its_only_factor() -> None:
    config = small(state_size=2, truncated_backprop_length=15)
    weights = without_input(config, 0.01 * np.eye(2))
    gradient = reading(without_window(config, weights), "gradient")
    assert gradient.slope.decades == pytest.approx(-2, abs=1e-3)
    sizes = gradient.by_lag[:18].astype(np.float64)
    np.testing.assert_allclose(sizes[1:] / sizes[:-1], 0.01, rtol=1e-3)


def test_lyapunov_exponents_of_a_linear_network_are_the_logarithms_of_its_eigenvalues() -> None:
    config = EchoConfig(state_size=4)
    values = np.array([0.9, 0.6, 0.3, 0.1])
    mix = np.random.default_rng(3).normal(size=(4, 4))
    recurrent = mix @ np.diag(values) @ np.linalg.inv(mix)
    weights = without_input(config, recurrent)
    exponents = reading(without_window(config, weights), "lyapunov")
    np.testing.assert_allclose(exponents, np.log(values), atol=0.02)


def test_connectivity() -> None:
    config = small("lstm")
    weights = random_weights(config)
    network = snapshot(config, weights)
    window = newest_window(network)
    found = reading(network, "connectivity")
    states, _ = run_window(network)
    logits = numpy_network.logits(weights, states[1:])
    probabilities = numpy_network.softmax(logits).swapaxes(0, 1)
    np.testing.assert_allclose(found.probabilities, probabilities, atol=1e-5)

    x = window.x.T.astype(np.float64)
    targets = window.y.T[..., np.newaxis].astype(int)

    def target_logits(x: Array) -> Array:
        states, _ = run(config, weights, x, window.init_state)
        logits = numpy_network.logits(weights, states[1:])
        return np.take_along_axis(logits, targets, axis=2)[..., 0]

    for step in range(len(x)):
        shift = np.zeros_like(x)
        shift[step] = D
        up = target_logits(x + shift)
        down = target_logits(x - shift)
        expected = np.abs(up - down).T / (2 * D)
        np.testing.assert_allclose(found.strength[:, :, step], expected, atol=1e-5)


def test_a_flipped_input_changes_what_comes_after_it() -> None:
    config = small()
    weights = random_weights(config)
    network = snapshot(config, weights)
    flip = reading(network, "flip", flip=(1, 2))
    window = newest_window(network)
    x = window.x.copy()
    x[1, 2] = 1 - x[1, 2]
    np.testing.assert_array_equal(flip.x, x[1])
    for inputs, found in ((window.x, flip.before), (x, flip.after)):
        states, _ = run(config, weights, inputs.T, window.init_state)
        probabilities = numpy_network.softmax(numpy_network.logits(weights, states[1:, 1]))
        np.testing.assert_allclose(found, probabilities, atol=1e-6)
    np.testing.assert_array_equal(flip.before[:2], flip.after[:2])


GROUPS, NUMBERS = 16, 24


def test_noise_is_not_read_as_size_and_the_spread_covers_the_truth() -> None:
    """The vectors of the groups, [groups, numbers], are a mean plus independent noise. The noise of
    the mean has size 1.2, the whole 2, and what is cut 0.1: a plain ratio would say that half is
    cut off."""
    covered, plain, sizes = [], [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        whole = 2.0 / NUMBERS**0.5 + rng.standard_normal((GROUPS, NUMBERS))
        cut = 0.1 / NUMBERS**0.5 + rng.standard_normal((GROUPS, NUMBERS))
        noisy_cut = np.linalg.norm(cut.mean(axis=0))
        noisy_whole = np.linalg.norm(whole.mean(axis=0))
        plain.append(noisy_cut / noisy_whole)
        products = cut @ cut.T
        (size,), (spread,) = ratios(products[np.newaxis], whole @ whole.T)
        if np.isfinite(size):
            sizes.append(size)
            covered.append(abs(size - 0.05) <= spread)
    assert np.mean(plain) > 0.4
    assert len(sizes) > 30
    assert np.median(sizes) < 0.1
    assert np.mean(covered) > 0.8


@pytest.mark.parametrize("size", [0.0, np.nan])
def test_a_whole_that_is_none_or_no_number_tells_nothing(size: float) -> None:
    whole = np.full((GROUPS, GROUPS), size)
    sizes, spreads = ratios(np.zeros((3, GROUPS, GROUPS)), whole)
    assert np.isnan(sizes).all()
    assert np.isinf(spreads).all()


def test_the_sizes_of_the_gradient_are_slopes_of_a_rows_summed_loss() -> None:
    config = small("lstm")
    weights = random_weights(config)
    network = snapshot(config, weights)
    window = newest_window(network)

    def loss_from(t: int, state: Array) -> Array:
        """The losses of step t and later ones, if the state after step t is this."""
        states, _ = run(config, weights, window.x.T[t + 1 :], state)
        total = np.zeros(len(state))
        for after, y in zip(states, window.y.T[t:], strict=True):
            total += numpy_network.losses(weights, after, y)
        return total

    slopes = []
    states, _ = run_window(network)
    for t, state in enumerate(states[1:]):
        for shift in D * np.eye(state.shape[1]):
            up = loss_from(t, state + shift)
            down = loss_from(t, state - shift)
            slopes.append((up - down) / (2 * D))
    sizes = np.abs(slopes)
    found = reading(network, "gradient_sizes")
    decades = found.first + np.arange(len(found.counts) + 1) / BINS_A_DECADE
    is_read = sizes > 1e-9  # which after the last step is h alone
    expected, _ = np.histogram(sizes[is_read], 10.0**decades)
    assert found.counts.tolist() == expected.tolist()
    assert found.total == sizes.size
    assert found.zeros == np.sum(~is_read)
    assert found.unknown == 0


def test_sizes_that_are_zero_or_no_numbers_are_counted_apart() -> None:
    sizes = [0, 0, 0.001, 0.05, 0.9, 1, np.inf, np.nan]
    found = counted(np.array(sizes, np.float32))
    assert (found.first, found.zeros, found.unknown, found.total) == (-3, 2, 2, 8)
    assert np.flatnonzero(found.counts).tolist() == [0, 6, 11, 12]
    assert counted(np.zeros((2, 3), np.float32)).total == 6

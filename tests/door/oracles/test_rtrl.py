"""Real-time recurrent learning: with weights that stay, its gradient is that of the whole past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from echornn import EchoConfig, batch_of
from echornn.network.model import EchoRNN
from echornn.network.shapes import carried_size, influence_shapes, layer_weight_names
from echornn.tasks.adding import Adding
from echornn.training.rules import LEARN, WindowData
from tests.compiled import SMALL, SharedPrograms, plain, trainer_of
from tests.door.oracles.probes.numpy_network import Array, doubles, losses, step
from tests.door.oracles.probes.snapshots import random_weights, small

pytestmark = pytest.mark.slow

STEP = 1e-6

Symbols = npt.NDArray[np.uint8]


class Past(NamedTuple):
    """A window, and all before it: symbols [steps, rows]."""

    config: EchoConfig
    x: Symbols
    y: Symbols
    begin: int  # of the window


def states(config: EchoConfig, weights: Mapping[str, Array], x: Symbols) -> Array:
    """The carried states of all layers after each step, from zero, [steps, rows, carried]."""
    carried = carried_size(config) // config.num_layers
    layers = np.zeros((config.num_layers, x.shape[1], carried))
    after = []
    for below in x.astype(np.float64):
        for layer, names in enumerate(layer_weight_names(config)):
            own = {name: weights[full_name] for name, full_name in names.items()}
            layers[layer], parts = step(str(config.cell), own, below, layers[layer])
            below = parts["h"]
        after.append(np.hstack([*layers]))
    return np.array(after)


def loss(weights: Mapping[str, Array], past: Past) -> float:
    """The mean cross-entropy of the window, after running through the whole past."""
    top = carried_size(past.config) // past.config.num_layers
    after = states(past.config, weights, past.x)
    window = range(past.begin, len(past.x))
    total = 0.0
    for t in window:
        total += losses(weights, after[t, :, -top:], past.y[t]).mean()
    return total / len(window)


def gradient(weights: Mapping[str, npt.ArrayLike], past: Past) -> dict[str, Array]:
    """The gradient of `loss` by every weight, by central differences."""
    shifted = doubles(weights)
    gradients = {name: np.zeros_like(weight) for name, weight in shifted.items()}
    for name, weight in shifted.items():
        for index in np.ndindex(weight.shape):
            value = weight[index]
            weight[index] = value + STEP
            above = loss(shifted, past)
            weight[index] = value - STEP
            below = loss(shifted, past)
            weight[index] = value
            gradients[name][index] = (above - below) / (2 * STEP)
    return gradients


TRIALS = EchoConfig(task=Adding(length=4), total_series_length=240, batch_size=3)


def learned(config: EchoConfig, windows: int) -> dict[str, Array]:
    """The gradient of the last of these windows, with weights that stay as they are."""
    model = EchoRNN(config, random_weights(config))
    batch = batch_of(config)
    state = tf.zeros([config.batch_size, carried_size(config)])
    influence = {name: tf.zeros(shape) for name, shape in influence_shapes(config).items()}
    no_key = tf.zeros([2], tf.int32)
    for window in range(windows):
        begin = window * config.window_stride
        steps = slice(begin, begin + config.window_steps)
        x = tf.constant(batch.x[:, steps].T)
        labels = tf.constant(batch.y[:, steps].T.astype(np.int32))
        data = WindowData(x, labels, None, state, no_key)
        result = LEARN[config.rule](model, data, influence)
        state = result.states[config.window_stride - 1]
        influence = result.influence
    return dict(zip(model.weights, map(np.array, result.gradients), strict=True))


def assert_is_that_of_the_whole_past(config: EchoConfig, windows: int) -> None:
    batch = batch_of(config)
    begin = (windows - 1) * config.window_stride
    steps = slice(begin + config.window_steps)
    x = batch.x[:, steps].T
    y = batch.y[:, steps].T
    past = Past(config, x, y, begin)
    expected = gradient(random_weights(config), past)
    gradients = learned(config, windows)
    for name, value in expected.items():
        np.testing.assert_allclose(gradients[name], value, rtol=2e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("cell", ["lstm", "lru"])
def test_the_gradient_of_the_whole_past_of_two_layers_and_windows_that_overlap(cell: str) -> None:
    sizes = {"num_layers": 2, "state_size": 2, "truncated_backprop_length": 3, "stride": 2}
    assert_is_that_of_the_whole_past(small(cell, rule="rtrl", **sizes), 3)


def test_windows_so_long_that_they_are_loops_over_blocks() -> None:
    long = small(rule="rtrl", state_size=2, truncated_backprop_length=35, stride=34)
    assert_is_that_of_the_whole_past(long, 2)


@pytest.fixture(scope="module")
def programs() -> Iterator[SharedPrograms]:
    with plain() as programs:
        yield programs


def test_a_switch_keeps_the_weights_and_starts_the_influence_at_zero(
    programs: SharedPrograms,
) -> None:
    trainer = trainer_of(SMALL, programs)
    trainer.advance(3)
    before = trainer.state
    trainer.edit(replace(SMALL, rule="rtrl"))
    after = trainer.state
    assert all(map(np.array_equal, after.optimizer, before.optimizer))
    np.testing.assert_array_equal(after.carried_state, before.carried_state)
    np.testing.assert_array_equal(after.weights["W"], before.weights["W"])
    assert after.influence.keys() == {"W", "b"}
    assert after.influence["W"].shape == (4, 4, 5, 4)
    assert after.influence["b"].shape == (4, 4, 1, 4)
    assert not after.influence["W"].any()
    assert not after.influence["b"].any()
    by_rtrl = trainer.advance(4).losses
    assert trainer.state.influence["W"].any()
    trainer.edit(SMALL)
    assert trainer.state.influence == {}
    trainer.restore(before)
    by_tbptt = trainer.advance(4).losses
    # The first gradient knows no steps before
    np.testing.assert_allclose(by_tbptt[:2], by_rtrl[:2], rtol=1e-5)
    assert abs(by_tbptt[3] - by_rtrl[3]) > 1e-5


def test_within_trials_it_is_back_propagation_through_the_whole_trial(
    programs: SharedPrograms,
) -> None:
    cut = replace(TRIALS, truncated_backprop_length=2)
    whole = trainer_of(TRIALS, programs).advance(8).losses
    by_rtrl = trainer_of(replace(cut, rule="rtrl"), programs).advance(8).losses
    np.testing.assert_array_equal(by_rtrl, whole)


def test_an_epoch_begins_without_an_influence(programs: SharedPrograms) -> None:
    trainer = trainer_of(replace(SMALL, rule="rtrl"), programs)
    trainer.advance(SMALL.windows_per_epoch)
    state = trainer.state
    assert state.influence["W"].any()
    expected = trainer.advance(4).losses
    influence = {name: matrix + 1 for name, matrix in state.influence.items()}
    trainer.restore(replace(state, influence=influence))
    np.testing.assert_array_equal(trainer.advance(4).losses, expected)

"""Real-time recurrent learning: with weights that stay, its gradient is that of the whole past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from echornn import EchoConfig, batch_of
from echornn.network.model import EchoRNN
from echornn.network.shapes import carried_size, influence_shapes, layer_weight_names
from echornn.tasks.adding import Adding
from echornn.training.population import Trainer
from echornn.training.rules import LEARN, WindowData
from tests.compiled import SMALL, make_trainer, plain
from tests.door.oracles.probes.numpy_network import TWINS, Array, losses
from tests.door.oracles.probes.snapshots import FEW, random_weights, small

pytestmark = pytest.mark.slow

STEP = 1e-6


def states(config: EchoConfig, weights: Mapping[str, Array], x: npt.NDArray[np.uint8]) -> Array:
    """The carried states of all layers after each step, from zero, [steps, rows, carried]."""
    rows, size = x.shape[1], config.state_size
    each = carried_size(config) // config.num_layers
    now = [np.zeros((rows, each)) for _ in range(config.num_layers)]
    after = []
    for symbols in x.astype(np.float64):
        below = symbols[:, np.newaxis]
        for layer, names in enumerate(layer_weight_names(config)):
            twin, own = TWINS[str(config.cell)], {one: weights[name] for one, name in names.items()}
            now[layer], _ = twin(own, below, now[layer])
            below = now[layer][:, :size]
        after.append(np.hstack(now))
    return np.array(after)


def loss(
    config: EchoConfig,
    weights: Mapping[str, Array],
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.uint8],
    begin: int,
) -> float:
    """The mean cross-entropy of all steps from ``begin`` on, after running through the whole
    past."""
    top = states(config, weights, x)[begin:, :, -carried_size(config) // config.num_layers :]
    return float(
        np.mean([losses(weights, now, target) for now, target in zip(top, y[begin:], strict=True)])
    )


def gradient(
    config: EchoConfig,
    weights: Mapping[str, npt.ArrayLike],
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.uint8],
    begin: int,
) -> dict[str, Array]:
    """The gradient of `loss` by every weight, by central differences."""
    w = {name: np.array(value, np.float64) for name, value in weights.items()}
    found = {name: np.zeros_like(value) for name, value in w.items()}
    for name, value in w.items():
        for at in np.ndindex(value.shape):
            kept = value[at]
            value[at] = kept + STEP
            above = loss(config, w, x, y, begin)
            value[at] = kept - STEP
            found[name][at] = (above - loss(config, w, x, y, begin)) / (2 * STEP)
            value[at] = kept
    return found


TRIALS = EchoConfig(task=Adding(length=10), total_series_length=600, batch_size=3)


def learned(config: EchoConfig, windows: int) -> list[dict[str, Array]]:
    """The gradients of the first windows, with weights that stay as they are."""
    model = EchoRNN(config, random_weights(config))
    batch = batch_of(config)
    state = tf.zeros([config.batch_size, carried_size(config)])
    influence = {name: tf.zeros(shape) for name, shape in influence_shapes(config).items()}
    found = []
    for window in range(windows):
        begin = window * config.window_stride
        x, y = (one[:, begin : begin + config.window_steps].T for one in (batch.x, batch.y))
        data = WindowData(
            tf.constant(x), tf.constant(y.astype(np.int32)), None, state, tf.zeros([2], tf.int32)
        )
        result = LEARN[config.rule](model, data, influence)
        state, influence = result.states[config.window_stride - 1], result.influence
        found.append(
            {name: one.numpy() for name, one in zip(model.weights, result.gradients, strict=True)}
        )
    return found


def of_whole_past(config: EchoConfig, window: int) -> dict[str, Array]:
    begin = window * config.window_stride
    batch = batch_of(config)
    x, y = (one[:, : begin + config.window_steps].T for one in (batch.x, batch.y))
    return gradient(config, random_weights(config), x, y, begin)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", FEW)
def test_the_gradient_of_the_whole_past(cell: str, layers: int) -> None:
    config = small(cell, rule="rtrl", num_layers=layers, state_size=3 if layers == 1 else 2)
    found = learned(config, 3)[-1]
    expected = of_whole_past(config, 2)
    for name, one in expected.items():
        np.testing.assert_allclose(found[name], one, rtol=2e-3, atol=2e-5, err_msg=name)


def test_windows_that_overlap_and_long_ones() -> None:
    """A stride below T, and windows so long that they are loops over blocks."""
    for config, windows in (
        (small(rule="rtrl", truncated_backprop_length=5, stride=2), 3),
        (small("gru", rule="rtrl", state_size=2, truncated_backprop_length=37, stride=35), 2),
    ):
        found, expected = learned(config, windows)[-1], of_whole_past(config, windows - 1)
        for name, one in expected.items():
            np.testing.assert_allclose(found[name], one, rtol=2e-3, atol=2e-5, err_msg=name)


def test_a_switch_keeps_the_weights_and_starts_the_influence_at_zero() -> None:
    trainer = make_trainer(SMALL)
    trainer.advance(3)
    before = trainer.state
    trainer.edit(replace(SMALL, rule="rtrl"))
    after = trainer.state
    assert all(map(np.array_equal, after.optimizer, before.optimizer))
    np.testing.assert_array_equal(after.carried_state, before.carried_state)
    np.testing.assert_array_equal(after.weights["W"], before.weights["W"])
    assert {name: one.shape for name, one in after.influence.items()} == {
        "W": (4, 4, 5, 4),
        "b": (4, 4, 1, 4),
    }
    assert not any(one.any() for one in after.influence.values())
    by_rtrl = trainer.advance(4).losses
    assert trainer.state.influence["W"].any()
    trainer.edit(SMALL)
    assert trainer.state.influence == {}
    trainer.restore(before)
    by_tbptt = trainer.advance(4).losses
    # The first gradient knows no steps before
    np.testing.assert_allclose(by_tbptt[:2], by_rtrl[:2], rtol=1e-5)
    assert abs(by_tbptt[3] - by_rtrl[3]) > 1e-5


def test_within_trials_it_is_back_propagation_through_the_whole_trial() -> None:
    cut = replace(TRIALS, truncated_backprop_length=3)
    with plain() as programs:
        whole = Trainer(TRIALS, programs).advance(8)
        np.testing.assert_array_equal(
            Trainer(replace(cut, rule="rtrl"), programs).advance(8).losses, whole.losses
        )
        assert (Trainer(cut, programs).advance(8).losses != whole.losses).any()


def test_an_epoch_begins_without_an_influence() -> None:
    trainer = make_trainer(replace(SMALL, rule="rtrl"))
    trainer.advance(SMALL.windows_per_epoch)
    before = trainer.state
    assert before.influence["W"].any()
    expected = trainer.advance(4).losses
    trainer.restore(
        replace(before, influence={name: one + 1 for name, one in before.influence.items()})
    )
    np.testing.assert_array_equal(trainer.advance(4).losses, expected)

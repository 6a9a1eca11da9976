"""Windows of a stream that each begin with a zero state."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from echornn import Trainer, levels
from echornn.data import held_out_batch, held_out_config
from tests.compiled import plain
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.snapshots import random_weights, reading, small, without_window

pytestmark = pytest.mark.slow

IN_PIECES = small(start_state="zero")  # an echo of two steps in windows of four


def test_held_out_data_are_windows_from_a_zero_state() -> None:
    weights = random_weights(IN_PIECES)
    held_out = reading(without_window(IN_PIECES, weights), "held_out")
    batch = held_out_batch(held_out_config(IN_PIECES))
    assert (held_out.rows, held_out.steps) == batch.x.shape == (64 * 64, 4)
    np.testing.assert_array_equal(batch.y[:, 2:], batch.x[:, :-2])
    pairs = batch.x[:-1, 2:], batch.y[1:, :2]  # windows follow each other, save from row to row
    assert np.equal(*pairs).all(axis=1).mean() > 0.98

    states, _ = numpy_network.run("rnn", weights, batch.x.T, np.zeros((len(batch.x), 3)))
    logits = numpy_network.logits(weights, states[1:])
    likelihood = np.take_along_axis(
        numpy_network.softmax(logits), batch.y.T[..., np.newaxis].astype(int), axis=2
    )
    expected = -np.log(likelihood[..., 0]).mean(axis=1)
    np.testing.assert_allclose(held_out.loss_by_step, expected, rtol=1e-4)


def test_nothing_is_promised_of_what_no_window_can_know() -> None:
    (chance,) = levels.ladder_of(IN_PIECES)
    assert chance.loss == pytest.approx(math.log(2))
    assert not levels.can_be_solved(IN_PIECES)
    assert levels.boundary_floor(IN_PIECES) == levels.boundary_floor(IN_PIECES, 3) == 0
    assert levels.solved_level(replace(IN_PIECES, solved_below=0.4)) == 0.4


def test_a_trainer_carries_nothing_on() -> None:
    with plain() as programs:
        trainer = Trainer(IN_PIECES, programs)
        trainer.advance(3)
    assert not trainer.carried_state.any()

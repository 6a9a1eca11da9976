"""Several networks in a session with TensorFlow: one of them continues alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from echornn.population_state import PopulationState
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.compiled import SMALL as FOUR_EPOCHS
from tests.compiled import make_population

pytestmark = pytest.mark.slow

SMALL = replace(FOUR_EPOCHS, num_epochs=100, seed=3)


def assert_same(one: PopulationState, other: PopulationState) -> None:
    assert (one.config, one.epoch, one.window) == (other.config, other.epoch, other.window)
    pairs = zip(one.weights.items(), other.weights.items(), strict=True)
    for (name, weights), (other_name, others) in pairs:
        assert name == other_name
        np.testing.assert_array_equal(weights, others)
    for slot, other_slot in zip(one.optimizer, other.optimizer, strict=True):
        np.testing.assert_array_equal(slot, other_slot)


@pytest.mark.usefixtures("one_processor")
def test_one_goes_on_alone_as_a_trainer_that_takes_over_its_state_and_every_moment_comes_back() -> None:
    live = LiveRun(SMALL, make_population, Recorder(), Pace(math.inf, lambda: 0.0), lambda: 0.0)
    live.load()
    live.begin()
    live.train(12)
    live.edit(replace(live.config, replicas=3))
    live.train(25)
    live.choose(1)
    before = live.trainer.state
    live.alone()
    took_over = live.trainer.state
    live.train(15)
    after, losses = live.trainer.state, live.timeline.losses(live.here, 25)

    trainer = make_population(replace(SMALL, seed=4))
    trainer.restore(before.only([1]))
    assert_same(took_over, trainer.state)
    np.testing.assert_array_equal(trainer.advance(15).losses[:, 0], losses)
    assert_same(after, trainer.state)

    end = live.here
    for position, state in ((Position(1, 25), before), (end, after), (Position(2, 20), None), (end, after)):
        live.go(position)
        while not live.arrived:
            live.step(7)
        if state is not None:
            assert_same(live.trainer.state, state)
    live.undo()
    assert live.config.replicas == 3
    assert live.replica == 1

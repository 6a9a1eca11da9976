"""What is shown fits together in every frame, also in those between two steps of the training thread."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from echornn.analysis.evidence import Evidence
from echornn.config import EchoConfig
from echornn.session.frame import Frame, State
from echornn.session.stage import Stage, place
from tests.scripted import SMALL, ScriptedTrainer, make_progress
from tests.scripted_population import SMALL_LOTTERY, ScriptedPopulation

TEN_EPOCHS = EchoConfig(num_epochs=10)


@pytest.mark.parametrize(
    ("trainers", "shown"), [((0, 0), (1, 0)), ((0, 7), (1, 7)), ((1, 0), (2, 0)), ((9, 665), (10, 665))]
)
def test_the_place_counts_the_windows_done(trainers: tuple[int, int], shown: tuple[int, int]) -> None:
    assert place(*trainers, TEN_EPOCHS) == shown


def test_after_the_last_epoch_all_its_windows_are_done() -> None:
    assert place(10, 0, TEN_EPOCHS) == (10, 666)


def test_a_frame_says_where_the_windows_that_it_shows_are() -> None:
    stage = Stage(Frame(State.RUNNING, SMALL))
    trainer = ScriptedTrainer(SMALL)
    stage.stand(trainer, SMALL, (), Evidence(), state=State.PAUSED)
    assert (stage.frame.epoch, stage.frame.window, stage.frame.progress, stage.frame.tape) == (1, 0, None, ())
    assert math.isnan(stage.frame.loss)
    shown = tuple(trainer.advance(1) for _ in range(10))
    evidence = Evidence().after(np.concatenate([one.losses for one in shown]), SMALL)
    stage.stand(trainer, SMALL, shown, evidence)
    frame = stage.frame
    assert (frame.epoch, frame.window, frame.progress, frame.tape) == (1, 10, shown[-1], shown[:-1])
    assert frame.loss == shown[-1].losses[-1]


def test_while_another_network_compiles_nothing_of_the_one_before_is_shown() -> None:
    stage = Stage(Frame(State.RUNNING, SMALL))
    stage.stand(ScriptedTrainer(SMALL), SMALL, (make_progress(SMALL),), Evidence(windows=1))
    other = replace(SMALL, state_size=9)
    stage.compile(other)
    frame = stage.frame
    assert (frame.state, frame.config, frame.epoch, frame.window, frame.tape) == (State.LOADING, other, 1, 0, ())
    assert np.isnan(frame.accuracy)


def test_what_was_shown_of_a_replica_is_not_taken_out_again_until_another_is_chosen() -> None:
    stage, population = Stage(Frame(State.RUNNING, SMALL_LOTTERY)), ScriptedPopulation(SMALL_LOTTERY)
    shown = [population.advance(1) for _ in range(3)]
    stage.stand(population, SMALL_LOTTERY, tuple(shown[:2]), Evidence(), 1)
    first = (*stage.frame.tape, stage.frame.progress)
    stage.stand(population, SMALL_LOTTERY, tuple(shown[1:]), Evidence(), 1)
    assert stage.frame.tape == first[1:]
    assert stage.frame.progress is not None
    assert stage.frame.progress.losses[0] == shown[2].losses[0, 1]
    stage.stand(population, SMALL_LOTTERY, tuple(shown[1:]), Evidence(), 2)
    assert [one.losses[0] for one in stage.frame.tape] == [shown[1].losses[0, 2]]
    assert stage.frame.progress.losses[0] == shown[2].losses[0, 2]

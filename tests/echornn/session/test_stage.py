"""What is shown fits together in every frame, also in those between two steps of the training thread."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.session.frame import Frame, State
from echornn.session.stage import TAPE_WINDOWS, Stage, place
from tests.scripted import SMALL, make_progress

TEN_EPOCHS = EchoConfig(num_epochs=10)


@pytest.mark.parametrize(
    ("trainers", "shown"), [((0, 0), (1, 0)), ((0, 7), (1, 7)), ((1, 0), (2, 0)), ((9, 665), (10, 665))]
)
def test_the_place_counts_the_windows_done(trainers: tuple[int, int], shown: tuple[int, int]) -> None:
    assert place(*trainers, TEN_EPOCHS) == shown


def test_after_the_last_epoch_all_its_windows_are_done() -> None:
    assert place(10, 0, TEN_EPOCHS) == (10, 666)


def test_windows_change_everything_that_they_change_at_once() -> None:
    stage = Stage(Frame(State.RUNNING, SMALL))
    for number in range(TAPE_WINDOWS + 3):
        progress = make_progress(SMALL, epoch=number // 5, window=number % 5, losses=[0.5, 0.25])
        stage.windows(progress, SMALL)
        frame = stage.frame
        assert (frame.epoch, frame.window) == (number // 5 + 1, number % 5 + 1)
        assert frame.trained == frame.evidence.windows == 2 * (number + 1)
        assert frame.loss == 0.25
        assert len(frame.tape) == min(number, TAPE_WINDOWS)
        assert not number or frame.tape[-1].window == (number - 1) % 5


def test_new_data_keeps_what_was_learned_and_new_weights_do_not() -> None:
    stage = Stage(Frame(State.RUNNING, SMALL))
    stage.windows(make_progress(SMALL), SMALL)
    before = stage.frame
    stage.begin(SMALL, weights_stay=True)
    assert (stage.frame.progress, stage.frame.tape, stage.frame.evidence) == (None, (), before.evidence)
    stage.begin(SMALL, weights_stay=False)
    assert stage.frame.evidence.windows == 0
    assert math.isnan(stage.frame.loss)


def test_while_another_network_compiles_nothing_of_the_one_before_is_shown_until_it_comes_back() -> None:
    stage = Stage(Frame(State.RUNNING, SMALL))
    for window in range(3):
        stage.windows(make_progress(SMALL, window=window), SMALL)
    before = stage.frame
    other = replace(SMALL, state_size=9)
    stage.compile(other)
    frame = stage.frame
    assert (frame.state, frame.config, frame.epoch, frame.window, frame.tape) == (State.LOADING, other, 1, 0, ())
    assert np.isnan(frame.accuracy)
    stage.go_back(SMALL, before)
    assert (stage.frame.config, stage.frame.progress, stage.frame.tape) == (SMALL, before.progress, before.tape)
    assert stage.frame.evidence is before.evidence

"""All values of a frame belong together, even if it was taken between two steps of the training thread."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.session.frame import Frame, State
from echornn.session.frame_holder import FrameHolder, place
from tests.scripted import SMALL, ScriptedTrainer

TEN_EPOCHS = EchoConfig(num_epochs=10)


@pytest.mark.parametrize(
    ("trainers", "shown"), [((0, 0), (1, 0)), ((0, 7), (1, 7)), ((1, 0), (2, 0)), ((9, 665), (10, 665))]
)
def test_the_place_counts_the_windows_done(trainers: tuple[int, int], shown: tuple[int, int]) -> None:
    assert place(*trainers, TEN_EPOCHS) == shown


def test_after_the_last_epoch_all_its_windows_are_done() -> None:
    assert place(10, 0, TEN_EPOCHS) == (10, 666)


def test_a_frame_says_where_the_windows_that_it_shows_are() -> None:
    stage = FrameHolder(Frame(State.RUNNING, SMALL))
    trainer = ScriptedTrainer(SMALL)
    stage.stand(trainer, SMALL, (), LossStats(), state=State.PAUSED)
    assert (stage.frame.epoch, stage.frame.window, stage.frame.progress, stage.frame.tape) == (1, 0, None, ())
    assert math.isnan(stage.frame.loss)
    shown = tuple(trainer.advance(1) for _ in range(10))
    loss_stats = LossStats().after(np.concatenate([one.losses[:, 0] for one in shown]), SMALL)
    stage.stand(trainer, SMALL, shown, loss_stats)
    frame = stage.frame
    assert frame.progress is not None
    assert (frame.epoch, frame.window, frame.progress.window) == (1, 10, 9)
    assert [one.losses.tolist() for one in frame.tape] == [one.losses[:, 0].tolist() for one in shown[:-1]]
    assert frame.loss == frame.progress.losses[-1] == shown[-1].losses[-1, 0]


@pytest.mark.parametrize(
    ("change", "of"),
    [({"state_size": 9}, ""), ({"replicas": 6400}, " of 6,400 networks")],
)
def test_while_another_network_compiles_the_moment_before_is_shown_as_a_whole(change: dict[str, Any], of: str) -> None:
    stage = FrameHolder(Frame(State.RUNNING, SMALL))
    stage.stand(ScriptedTrainer(SMALL), SMALL, (ScriptedTrainer(SMALL).advance(1),), LossStats(windows=1))
    before = stage.frame
    coming = replace(SMALL, **change)
    stage.compile(coming)
    loading = {"state": State.LOADING, "message": f"compiling the training loop{of}", "coming": coming}
    assert vars(stage.frame) == {**vars(before), **loading}

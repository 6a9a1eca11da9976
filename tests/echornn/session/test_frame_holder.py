"""All values of a frame belong together, even if it was taken between two steps of the training thread."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from echornn.config import EchoConfig
from echornn.session.frame_holder import FrameHolder
from echornn.session.frame_maker import newest_windows, place
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from echornn.training.window_cost import cost_note
from tests.on_a_thread import running
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
    trainer = ScriptedTrainer(SMALL)
    frame = Frame(State.PAUSED, SMALL, **newest_windows(trainer, SMALL, ()))
    assert (frame.epoch, frame.window, frame.progress, frame.tape) == (1, 0, None, ())
    assert math.isnan(frame.loss)
    shown = [trainer.advance(1).of(0) for _ in range(10)]
    frame = Frame(State.PAUSED, SMALL, **newest_windows(trainer, SMALL, shown))
    assert (frame.epoch, frame.window, frame.progress, frame.tape) == (1, 10, shown[-1], tuple(shown[:-1]))
    assert shown[-1].window == 9
    assert frame.loss == shown[-1].losses[-1]


LARGE: dict[str, Any] = {"rule": "rtrl", "state_size": 128}
"""A window of it takes hundreds of times as long as with tbptt."""


@pytest.mark.parametrize(
    ("change", "of"),
    [
        ({"state_size": 9}, ""),
        ({"rule": "rtrl"}, " of rule rtrl"),
        ({"replicas": 4000}, " of 4,000 networks"),
        (LARGE, f" of rule rtrl: {cost_note(replace(SMALL, **LARGE))}"),
    ],
)
def test_while_another_network_compiles_the_moment_before_is_shown_as_a_whole(change: dict[str, Any], of: str) -> None:
    before = Frame(State.RUNNING, SMALL, progress=ScriptedTrainer(SMALL).advance(1).of(0), window=1, trained=1)
    stage = FrameHolder(before)
    coming = replace(SMALL, **change)
    assert (": a window takes about " in of) == (change is LARGE)
    stage.compile(coming)
    loading = {"state": State.LOADING, "message": f"compiling the training loop{of}", "coming": coming}
    assert vars(stage.frame) == {**vars(before), **loading}


def test_before_the_speed_of_long_windows_is_known_it_says_that_it_computes() -> None:
    shown: list[Frame] = []

    def change(stage: FrameHolder, **changes: object) -> None:
        stage.frame = replace(stage.frame, **changes)  # type: ignore[arg-type]
        shown.append(stage.frame)

    for config in (SMALL, replace(SMALL, rule="rtrl", state_size=400)):
        shown.clear()
        session = Session(config, make_trainer=ScriptedTrainer, clock=lambda: 0.0)
        with patch.object(FrameHolder, "change", change), running(session):
            pass
        said = {frame.message for frame in shown if frame.state is State.RUNNING} - {""}
        assert said == ({"computing a window, which takes about 2.9 s"} if config.state_size == 400 else set())
        assert session.frame.message == ""

"""Repeated nudges of a held key: training uses each at once, and a single undo takes all of them back."""

from __future__ import annotations

import pytest

from echornn.session.commands import Edit, Reset, Step, Undo
from echornn.timeline.undoing import HELD_SECONDS
from tests.clock import Clock
from tests.echornn.session.test_session import ENDLESS, on_stage


def test_nudges_in_quick_succession_are_undone_together() -> None:
    clock = Clock()
    with on_stage(ENDLESS, paused=True, clock=clock) as stage:
        stage.obeyed()
        for rate in (0.5, 0.7, 1.0):
            stage.session.send(Edit({"learning_rate": rate}, held=True))
            stage.session.send(Step())
            clock.now += HELD_SECONDS / 2
            stage.obeyed()
            assert stage.session.frame.config.learning_rate == rate
            assert stage.session.frame.undoable == 1
        stage.session.send(Undo())
        stage.obeyed()
        assert stage.session.frame.config.learning_rate == ENDLESS.learning_rate
        assert (stage.session.frame.undoable, stage.trainer.trained) == (0, 0)


@pytest.mark.parametrize("between", ["a pause", "another field", "a reset", "an edit"])
def test_nudges_that_something_comes_between_are_undone_one_by_one(between: str) -> None:
    clock = Clock()
    with on_stage(ENDLESS, paused=True, clock=clock) as stage:
        stage.session.send(Edit({"learning_rate": 0.5}, held=True))
        stage.session.send(Step())
        stage.obeyed()
        match between:
            case "a pause":
                clock.now += HELD_SECONDS
            case "another field":
                stage.session.send(Edit({"echo_step": 2}, held=True))
            case "a reset":
                stage.session.send(Reset())
            case "an edit":
                stage.session.send(Edit({"learning_rate": 0.6}))
        stage.session.send(Step())
        stage.obeyed()
        before = stage.session.frame.undoable
        stage.session.send(Edit({"learning_rate": 0.7}, held=True))
        stage.obeyed()
        assert stage.session.frame.undoable == before + 1

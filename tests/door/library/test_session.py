"""What each command of a session does: to the position, the branch, the state, the speed, and its
answer."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn import ConfigError, EchoConfig, PopulationProgress, Session
from echornn.session.commands import (
    Alone,
    Choose,
    Command,
    Edit,
    Faster,
    FinishEpoch,
    Go,
    Hide,
    Move,
    MoveEpochs,
    Pause,
    Redo,
    Redraw,
    Regenerate,
    Reset,
    Resume,
    SetSpeed,
    Slower,
    StartOver,
    Step,
    Toggle,
    ToggleReplicas,
    Undo,
)
from tests.door.library.sessions import ENDLESS, Query, Stage, losses_between, on_stage
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, Clock, wait_for
from tests.scripted import SMALL, ScriptedTrainer, scripted, scripted_loss


def causes(session: Session) -> list[str]:
    return [branch.cause for branch in session.tree.branches]


def without_gpu(config: EchoConfig) -> ScriptedTrainer:
    if config.device == "gpu":
        raise ConfigError("device", "gpu", "TensorFlow sees no GPU here")
    if config.state_size == 666:
        raise MemoryError("too large")
    return ScriptedTrainer(config)


def test_it_loads_and_trains_every_epoch_at_full_speed_and_finishes() -> None:
    stage = Stage(SMALL)
    frame = stage.frame
    assert frame.state == "loading"
    assert frame.epoch == 1
    assert frame.window == 0
    assert frame.trained == 0
    assert math.isnan(frame.loss)
    with on_a_thread(stage.session):
        wait_for(lambda: stage.frame.state == "finished")
        frame = stage.settled()
        assert frame.epoch == 3
        assert frame.window == 10
        assert frame.trained == 30
        assert frame.rate == 0.0
        losses = losses_between(0, 30)
        np.testing.assert_allclose(stage.losses(), losses, rtol=1e-6)
        np.testing.assert_allclose(np.concatenate(stage.shown)[:, 0], losses, rtol=1e-6)
        assert stage.frame is stage.frame, "nothing has changed"
        assert stage.do(Step(), FinishEpoch()).trained == 30
        stage.session.send(Resume())
        stage.session.send(Reset())
        wait_for(lambda: stage.frame.trained_in_all == 60)
        assert stage.settled().state == "finished"


STEPS: list[tuple[Command, int, int]] = [
    (Step(), 1, 1),
    (Step(3), 1, 4),
    (FinishEpoch(), 1, 10),
    (FinishEpoch(), 2, 10),
    (Step(2), 3, 2),
    (FinishEpoch(), 3, 10),
]
"""Commands one after the other, and the epoch and the window to which they lead."""


def test_steps_epochs_and_toggles_train_exactly_what_they_say() -> None:
    with on_stage() as stage:
        assert stage.place == (0, 0, "paused")
        for command, epoch, window in STEPS:
            frame = stage.do(command)
            assert frame.epoch == epoch
            assert frame.window == window
            assert frame.trained == 10 * (epoch - 1) + window
        stage.session.send(Toggle())
        wait_for(lambda: stage.frame.trained > 100)
        assert stage.frame.state == "running"
        assert stage.do(Toggle()).state == "paused"
        stage.session.send(Resume())
        wait_for(lambda: stage.frame.state == "running")
        assert stage.do(Pause()).state == "paused"


def test_slow_enough_to_watch_every_window_is_shown_in_full() -> None:
    with on_stage(speed=100.0) as stage:
        stage.session.send(Resume())
        wait_for(lambda: stage.frame.trained > 5)
        frame = stage.do(Pause())
        assert frame.progress is not None
        shown = [10 * one.epoch + one.window for one in (*frame.recent, frame.progress)]
        assert shown == list(range(frame.trained))
        assert {len(losses) for losses in stage.shown} == {1}


def test_the_speed_goes_up_and_down_in_notches_and_at_full_speed_from_what_is_reached() -> None:
    full = SetSpeed(math.inf)
    with on_stage(speed=100.0, clock=Clock()) as stage:
        commands = (Faster(), Faster(), Slower(), full, Faster(), Slower())
        speeds = [stage.do(command).speed for command in commands]
        assert speeds == [200, 500, 200, math.inf, math.inf, 1e6]
        assert stage.do(SetSpeed(0.25)).speed == 0.25
    for refused in (0.0, -1.0, math.nan, 1e7):
        with pytest.raises(ValueError, match=r"0\.01 to 1,000,000"):
            SetSpeed(refused)


def test_so_many_windows_a_second_are_trained_as_the_speed_says() -> None:
    clock = Clock()
    with on_stage(speed=1000.0, clock=clock) as stage:
        stage.do(Step(1), Resume())
        for _ in range(100):
            clock.now += 0.01
            stage.settled()
        assert stage.do(Pause()).trained == pytest.approx(1001, abs=30)


@pytest.mark.parametrize("diverges_at", [None, 700])
def test_a_command_is_obeyed_within_a_tenth_of_a_second_and_one_window(
    diverges_at: int | None,
) -> None:
    """Also when each window suddenly takes half a second."""
    clock = Clock()
    sent, late = list[float](), list[float]()

    class Costly(ScriptedTrainer):
        """A trainer that takes 1 ms for each window, and half a second with a state of 8; each
        slice of windows begins with a command to the session."""

        def advance(self, n: int) -> PopulationProgress:
            seconds = 0.5 if self.config.state_size == 8 else 0.001
            if sent:
                late.append(clock.now - sent.pop() - seconds)
            sent.append(clock.now)
            stage.session.send(Choose(0))
            if len(late) == 100:
                stage.session.send(Edit({"state_size": 8}))
                stage.session.send(Resume())
            if len(late) > 110:
                stage.session.send(Pause())
            progress = super().advance(n)
            clock.now += len(progress.losses) * seconds
            return progress

    def make(config: EchoConfig) -> Costly:
        trainer = Costly(config)
        trainer.diverges_at = diverges_at
        return trainer

    def has_enough() -> bool:
        if len(late) > 110:
            return True
        if stage.frame.state == "paused":  # where the loss diverged
            stage.session.send(Resume())
        return False

    stage = Stage(replace(ENDLESS, total_series_length=10**6), make, clock=clock)
    with on_a_thread(stage.session):
        wait_for(has_enough)
    assert max(late) <= 0.1 + 1e-9


LIVE = {"learning_rate": 0.1, "num_epochs": 4}
WIDER = {"state_size": 8}


@pytest.mark.parametrize(
    ("command", "at", "cause", "changes"),
    [
        (Reset(), (1, 0, 0, 0), "reset", {}),
        (Regenerate(), (2, 0, 1, 0), "regenerate", {}),
        (Edit(LIVE), (2, 2, 0, 0), "edit", LIVE),
        (Edit(WIDER), (1, 0, 0, 0), "edit", WIDER),
        (StartOver(WIDER), (1, 0, 0, 0), "preset", WIDER),
    ],
    ids=repr,
)
def test_each_change_begins_a_branch_which_undo_leaves_and_redo_comes_back_to(
    command: Command, at: tuple[int, int, int, int], cause: str, changes: dict[str, Any]
) -> None:
    with on_stage(SMALL) as stage:
        before = stage.do(Step(12))
        losses = stage.losses()
        changed = stage.do(command)
        starts_over = at[0] == 1
        assert (changed.epoch, changed.window, changed.data_version, changed.init_index) == at
        assert changed.config == stage.session.config == replace(SMALL, **changes)
        assert (changed.path_branch, changed.branch, changed.trained) == (
            1,
            1,
            0 if starts_over else 12,
        )
        assert changed.undoable == 1
        assert not changed.redoable
        assert changed.state == "paused"
        assert causes(stage.session) == ["start", cause]
        assert stage.losses() == ([] if starts_over else losses)
        if at[1] == 0:
            assert changed.progress is None, "no rows of other weights or data"
            assert changed.recent == ()
        stage.do(Step(3))
        back = stage.do(Undo())
        for name in (
            "config",
            "epoch",
            "window",
            "init_index",
            "data_version",
            "trained",
            "path_branch",
            "branch",
            "is_past",
        ):
            assert getattr(back, name) == getattr(before, name), name
        assert back.progress is not None
        assert before.progress is not None
        np.testing.assert_array_equal(back.progress.x, before.progress.x)
        assert back.loss == before.loss
        assert back.trained_in_all == 15
        assert back.undoable == 0
        assert back.redoable
        assert stage.losses() == losses
        further = stage.do(Step())
        assert further.branch == 0
        assert further.trained == 13
        assert stage.losses() == [*losses, np.float32(scripted_loss(12))]
        forth = stage.do(Redo())
        assert forth.branch == 1
        assert forth.config == changed.config
        assert forth.trained == changed.trained + 3
        assert forth.undoable == 1
        assert not forth.redoable


MOVES: list[tuple[Command, int]] = [
    (Move(-1), 34),
    (Move(-100), 0),
    (Move(7), 7),
    (MoveEpochs(1), 10),
    (MoveEpochs(1), 20),
    (MoveEpochs(-1), 10),
    (Go(0, 33), 33),
    (Go(), 35),
    (Go(0, -5), 0),
]
"""Moves from the last of 35 windows on, one after the other, and the windows to which they
lead."""


def test_from_the_past_training_begins_a_branch_and_moves_stop_at_both_ends() -> None:
    with on_stage() as stage:
        stage.do(Step(35))
        for command, trained in MOVES:
            assert stage.do(command).trained == trained
        frame = stage.do(Go(0, 12))
        assert (frame.path_branch, frame.trained, frame.path_end, frame.is_past, frame.state) == (
            0,
            12,
            35,
            True,
            "paused",
        )
        assert frame.epoch == 2
        assert frame.window == 2
        assert frame.loss == np.float32(scripted_loss(11))
        frame = stage.do(Step(5))
        assert (frame.path_branch, frame.trained, frame.path_end, frame.is_past) == (
            1,
            17,
            17,
            False,
        )
        assert causes(stage.session) == ["start", "back"]
        assert frame.trained_in_all == 40
        assert stage.do(Go(0)).trained == 35
        assert stage.do(Go(1, 14)).loss == np.float32(scripted_loss(13))
        assert stage.do(Undo()).path_branch == 0
        frame = stage.do(Go(1), FinishEpoch())
        assert frame.trained == 20, "epochs go on there as before it"
        assert frame.epoch == 2
        assert frame.window == 10


def test_undo_goes_back_one_change_at_a_time_and_then_no_further() -> None:
    with on_stage() as stage:
        for windows in (2, 4, 6):
            stage.do(Step(windows), Redraw())
        for init_index, trained in ((2, 6), (1, 4), (0, 2), (0, 2)):
            frame = stage.do(Undo())
            assert frame.undoable == frame.init_index == init_index
            assert frame.trained == trained
        assert [stage.do(Redo()).init_index for _ in range(3)] == [1, 2, 3]
        assert stage.do(Undo()).redoable
        assert not stage.do(Edit({"learning_rate": 0.2})).redoable, "after another change"


@pytest.mark.parametrize(
    "between", [None, 5.0, Edit({"echo_step": 2}, held=True), Reset(), Edit({"learning_rate": 0.6})]
)
def test_nudges_of_a_held_key_are_undone_together_unless_something_comes_between(
    between: Any,
) -> None:
    clock = Clock()
    with on_stage(clock=clock) as stage:
        for rate in (0.5, 0.7):
            frame = stage.do(Edit({"learning_rate": rate}, held=True), Step())
            clock.now += 0.1
            assert frame.config.learning_rate == rate, "each is used at once"
            assert frame.undoable == 1
        if isinstance(between, float):
            clock.now += between
        elif between is not None:
            stage.do(between)
        before = stage.frame.undoable
        frame = stage.do(Edit({"learning_rate": 0.9}, held=True))
        assert frame.undoable == before + (between is not None)
        if between is None:
            frame = stage.do(Undo())
            assert frame.config == ENDLESS
            assert frame.trained == 0


@pytest.mark.parametrize(
    ("before", "command", "field", "is_refused"),
    [
        ([], Reset(), "", False),
        ([Step(4), Reset()], Reset(), "", False),
        ([], Undo(), "", False),
        ([], Alone(), "", False),
        ([], Edit({"learning_rate": SMALL.learning_rate}), "", False),
        ([Step(12)], Edit({"num_epochs": 1}), "num_epochs = 1 .* 2", True),
        ([Step(4)], Edit({"device": "gpu"}), "device = 'gpu'", True),
        ([Step(4)], Edit({"state_size": 666}), ".*too large", True),
        ([Step(4)], Edit({"echo_step": -1}), "echo_step = -1 .* 0 to 99", True),
        ([], Edit({"seed": 2, "learning": 1}), "learning .*echo_step", True),
        ([], ToggleReplicas(0), "replicas = 0 .* 1 to 4096", True),
        ([Step(4)], Go(0, 5, is_exact=True), "window = 5 .* 0 to 4 .*a", True),
        ([], Hide(1), "b .*a to a", True),
    ],
    ids=repr,
)
def test_a_command_that_does_nothing_says_why_and_changes_nothing(
    before: list[Command], command: Command, field: str, is_refused: bool
) -> None:
    with on_stage(SMALL, without_gpu) as stage:
        known = stage.do(*before)
        answer = stage.answer(command)
        assert answer.command == command
        assert not answer.done
        assert answer.was_refused == is_refused
        assert re.match(field or ".", answer.why_not)
        named = re.match(r"(num_epochs|device|echo_step|learning|replicas)\b", field)
        assert answer.field == (named[0] if named else "")
        frame = stage.frame
        assert frame.refused == (answer if is_refused else None)
        for name in (
            "config",
            "path_branch",
            "trained",
            "trained_in_all",
            "undoable",
            "redoable",
            "loss",
            "state",
            "branch_notes",
        ):
            one, other = getattr(frame, name), getattr(known, name)
            assert one == other or (one != one and other != other), name
        assert stage.session.not_done(answer.number) == answer
        assert stage.answer(Redraw()).done
        assert stage.frame.refused is None


@pytest.mark.parametrize(("step", "speed"), [(Resume(), math.inf), (FinishEpoch(), 1.0)], ids=repr)
def test_it_pauses_where_the_loss_diverges_and_undo_goes_to_before_the_edit_that_is_to_blame(
    step: Command, speed: float
) -> None:
    with on_stage(make=scripted(diverges_at=15), speed=speed) as stage:
        stage.do(Step(12), Edit({"learning_rate": 9.0}), Step(1))
        frame = stage.until_it_diverges(step)
        assert frame.trained == 16
        assert math.isnan(frame.loss)
        assert "6 of epoch 2" in frame.warning
        assert stage.session.before_it_diverged == 11, "the last window before the edit"
        frame = stage.do(Undo())
        assert frame.trained == 12
        assert frame.config == ENDLESS
        assert not frame.has_diverged
        assert frame.warning == ""


def test_it_pauses_also_if_the_very_first_window_diverges() -> None:
    with on_stage() as stage:
        stage.do(Step(20))
        stage.trainers[0].diverges_at = 0
        stage.do(Reset())
        frame = stage.until_it_diverges(Resume())
        assert (frame.trained, frame.trained_in_all, frame.path_branch) == (1, 21, 1)
        assert "window 1 of epoch 1" in frame.warning
        assert stage.do(Undo()).trained == 20


def test_a_trainer_that_fails_ends_the_session_which_keeps_what_was_trained() -> None:
    stage = Stage(SMALL)
    stage.session.send(Pause())
    with on_a_thread(stage.session):
        stage.settled()
        stage.trainers[0].fails_at = 2
        stage.do(Step(2))
        stage.session.send(Step())
        assert stage.session.stopped.wait(PATIENCE)
        frame = stage.frame
        assert frame.state == "failed"
        assert frame.window == 2
        assert frame.trained == 2
        assert "RuntimeError: the script says: out of memory" in frame.message
        assert isinstance(stage.session.error, RuntimeError)
        assert frame.progress is not None
        assert stage.look(Query(columns=10)).curve.last == 2
        assert stage.session.refused is None


def test_a_configuration_that_cannot_be_loaded_is_refused() -> None:
    stage = Stage(replace(SMALL, device="gpu"), without_gpu)
    stage.session.run()
    assert stage.frame.state == "failed"
    assert isinstance(stage.session.refused, ConfigError)
    assert "device = 'gpu'" in stage.frame.message

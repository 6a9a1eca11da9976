"""Commands that arrive all at once do what they do one by one; only some of them end what is still
to be trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.session.commands import (
    Alone,
    Choose,
    Command,
    Edit,
    Faster,
    FinishEpoch,
    Go,
    Move,
    MoveEpochs,
    Name,
    Pause,
    Redo,
    Regenerate,
    Reset,
    Resume,
    Save,
    Slower,
    Step,
    Toggle,
    ToggleReplicas,
    Undo,
)
from tests.door.library.sessions import Held, Stage, on_stage
from tests.examples import examples
from tests.hashed import HashTrainer


@contextmanager
def while_it_trains(stage: Stage, windows: int = 300) -> Iterator[None]:
    """Commands in the block arrive while the first slice of so many windows is trained."""
    Held.may.clear()
    try:
        stage.session.send(Step(windows))
        yield
    finally:
        Held.may.set()
    stage.settled()


KEEP = [
    Edit({"learning_rate": 0.4}, held=True),
    Edit({"state_size": 9}),
    Edit({"state_size": -3}),
    Edit({"replicas": 3}),
    Go(99, 0),
    Redo(),
    Reset(),
    Faster(),
]


@pytest.mark.parametrize("command", KEEP, ids=repr)
def test_what_is_still_to_be_trained_is_trained_whatever_is_changed_or_refused_meanwhile(
    command: Command,
) -> None:
    with on_stage(make=Held) as stage:
        with while_it_trains(stage):
            stage.session.send(command)
        assert stage.frame.trained_in_all == 300
        assert stage.frame.state == "paused"


END = [Pause(), Toggle(), Go(0, 0), Move(-1), MoveEpochs(-1), Undo()]


@pytest.mark.parametrize("command", END, ids=repr)
def test_what_stops_training_or_leads_elsewhere_ends_what_was_to_be_trained(
    command: Command,
) -> None:
    with on_stage(make=Held) as stage:
        stage.do(Step(20), Edit({"learning_rate": 0.1}))
        with while_it_trains(stage):
            stage.session.send(command)
        assert stage.frame.state == "paused"
        assert 20 <= stage.frame.trained_in_all < 320


def test_a_pause_on_the_way_to_a_window_holds_there() -> None:
    with on_stage(make=Held) as stage:
        stage.do(Step(40), Edit({"learning_rate": 0.1}))
        with while_it_trains(stage):
            for command in (Resume(), Undo(), Pause()):
                stage.session.send(command)
        assert stage.place == (0, 40, "paused")


def test_what_trains_nothing_overtakes_an_edit_that_waits_for_the_window_on_the_way() -> None:
    edit = Edit({"learning_rate": 0.1})
    with on_stage(make=Held) as stage:
        stage.do(Step(40))
        with while_it_trains(stage):
            for command in (Go(0, 35), edit, Faster()):
                stage.session.send(command)
        answered = [answer.command for answer in stage.session.answers]
        assert answered[-2:] == [Faster(), edit]


ORDERS: list[Command] = [
    Step(7),
    FinishEpoch(),
    Move(-3),
    Move(2),
    MoveEpochs(-1),
    Regenerate(),
    Edit({"learning_rate": 0.2}, held=True),
    Edit({"batch_size": -1}),
    Edit({"state_size": 3}),
    Undo(),
    Redo(),
    Reset(),
    ToggleReplicas(3),
    Choose(2),
    Alone(),
    Pause(),
    Name(0, "x"),
    Faster(),
    Slower(),
    Save(),
]

AT_ONCE = Name | Faster | Slower | Save


def in_turn(commands: list[Command]) -> list[Command]:
    """Those that wait for the ones before them."""
    return [command for command in commands if not isinstance(command, AT_ONCE)]


def outcome(story: list[Command], at_once: bool) -> tuple[object, ...]:
    """What 35 windows and these commands come to, sent all at once or each after the one before.

    Commands to train are always waited for: later ones would end their windows.
    """
    with on_stage(make=HashTrainer, clock=lambda: 0.0) as stage:
        stage.do(Step(35))
        for command in story:
            stage.session.send(command)
            if not at_once or isinstance(command, Step | FinishEpoch):
                stage.settled()
        frame = stage.settled()
        answers = stage.session.answers
        assert frame.answered == len(answers) == 2 + len(story)
        answered = [answer.command for answer in answers[2:]]
        assert in_turn(answered) == in_turn(story)
        causes = [branch.cause for branch in stage.session.tree.branches]
        return frame.path_branch, frame.trained, frame.config, frame.replica, causes, stage.losses()


@examples(25)
@given(st.lists(st.sampled_from(ORDERS), max_size=14))
def test_commands_that_come_all_at_once_do_what_they_do_one_by_one(story: list[Command]) -> None:
    assert outcome(story, at_once=True) == outcome(story, at_once=False)

"""Commands that arrive all at once do what they do one by one; only some of them end what is still
to be trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn import EchoConfig
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
    Redraw,
    Regenerate,
    Reset,
    Resume,
    Save,
    Slower,
    StartOver,
    Step,
    Toggle,
    ToggleReplicas,
    Undo,
)
from tests.door.library.sessions import Held, Stage, on_stage
from tests.examples import examples
from tests.hashed import HashTrainer
from tests.scripted import SMALL, ScriptedTrainer


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


def held(config: EchoConfig) -> ScriptedTrainer:
    return Held(config) if config.replicas == 1 else ScriptedTrainer(config)


KEEP = [
    *(
        Edit({"learning_rate": 0.4}, held=True),
        Edit({"state_size": 9}),
        Edit({"learning_rate": SMALL.learning_rate}),
    ),
    *(
        Edit({"state_size": -3}),
        Go(99, 0),
        Redo(),
        Regenerate(),
        Reset(),
        Redraw(),
        StartOver({"echo_step": 5}),
    ),
    *(Edit({"replicas": 3}), Name(0, "x"), Faster()),
]


@pytest.mark.parametrize("command", KEEP, ids=repr)
def test_what_is_still_to_be_trained_is_trained_whatever_is_changed_or_refused_meanwhile(
    command: Command,
) -> None:
    with on_stage(make=held) as stage:
        with while_it_trains(stage):
            stage.session.send(command)
        assert (stage.frame.trained_in_all, stage.frame.state) == (300, "paused")


@pytest.mark.parametrize(
    "command", [Pause(), Toggle(), Go(0, 0), Move(-1), MoveEpochs(-1), Undo()], ids=repr
)
def test_what_stops_training_or_leads_elsewhere_ends_what_was_to_be_trained(
    command: Command,
) -> None:
    Held.may.set()
    with on_stage(make=held) as stage:
        stage.do(Step(20), Edit({"learning_rate": 0.1}))
        with while_it_trains(stage):
            stage.session.send(command)
        assert stage.frame.state == "paused"
        assert 20 <= stage.frame.trained_in_all < 320


def test_a_pause_on_the_way_to_a_window_holds_there() -> None:
    Held.may.set()
    with on_stage(make=held) as stage:
        stage.do(Step(40), Edit({"learning_rate": 0.1}))
        with while_it_trains(stage):
            for command in (Resume(), Undo(), Pause()):
                stage.session.send(command)
        assert stage.place == (0, 40, "paused")


ORDERS: list[Command] = [
    *(
        Step(7),
        FinishEpoch(),
        Move(-3),
        Move(2),
        MoveEpochs(-1),
        Regenerate(),
        Edit({"learning_rate": 0.2}, held=True),
    ),
    *(
        Edit({"batch_size": -1}),
        Undo(),
        Redo(),
        Reset(),
        ToggleReplicas(3),
        Choose(2),
        Alone(),
        Pause(),
        Name(0, "x"),
    ),
    *(Faster(), Slower(), Save(), Edit({"state_size": 3})),
]
AT_ONCE = Name | Faster | Slower | Save


@examples(25)
@given(st.lists(st.sampled_from(ORDERS), max_size=14))
def test_commands_that_come_all_at_once_do_what_they_do_one_by_one(story: list[Command]) -> None:
    """Except commands to train: later commands do not wait for the end of their windows."""

    def end(at_once: bool) -> tuple[object, ...]:
        with on_stage(make=HashTrainer, clock=lambda: 0.0) as stage:
            stage.do(Step(35))
            for command in story:
                stage.session.send(command)
                if not at_once or isinstance(command, Step | FinishEpoch):
                    stage.settled()
            frame, tree = stage.settled(), stage.session.tree
            answers = [
                one for one in stage.session.answers[2:] if not isinstance(one.command, AT_ONCE)
            ]
            assert [one.command for one in answers] == [
                one for one in story if not isinstance(one, AT_ONCE)
            ]
            assert (frame.answered, len(stage.session.answers)) == (2 + len(story),) * 2
            causes = [branch.cause for branch in tree.branches]
            return (
                frame.path_branch,
                frame.trained,
                frame.config,
                frame.replica,
                causes,
                stage.losses(),
            )

    assert end(at_once=True) == end(at_once=False)

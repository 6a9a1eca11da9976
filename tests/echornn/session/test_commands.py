"""Commands are values: each has a sentence and a handler, gets an answer, and finds its target when its turn comes."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import MAX_SEED, ConfigError, EchoConfig
from echornn.session.commands import (
    COMMANDS,
    Alone,
    Answer,
    Ask,
    Choose,
    Command,
    Edit,
    Faster,
    FinishEpoch,
    Go,
    Move,
    MoveEpochs,
    Pause,
    Redo,
    Redraw,
    Regenerate,
    Reset,
    Resume,
    Save,
    SetSpeed,
    Slower,
    StartOver,
    Step,
    Toggle,
    ToggleReplicas,
    Undo,
)
from echornn.session.pictures.frame import State
from echornn.session.preview import speed_after
from echornn.session.session import Session
from tests.examples import examples
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer


def without_gpu(config: EchoConfig) -> Any:
    if config.device == "gpu":
        raise ConfigError("device", "gpu", "TensorFlow sees no GPU here")
    return ScriptedTrainer(config)


@contextmanager
def paused(config: EchoConfig = SMALL) -> Iterator[Session]:
    session = Session(config, make_trainer=without_gpu)
    session.send(Pause())
    with running(session):
        yield session


def answer_to(session: Session, command: Command) -> Answer:
    number = session.send(command)
    assert session.when_idle(PATIENCE)
    (answer,) = (one for one in session.answers if one.number == number)
    return answer


def test_each_command_says_in_a_sentence_what_it_does() -> None:
    for command in COMMANDS:
        assert command.__doc__ is not None
        first = command.__doc__.splitlines()[0]
        assert first[0].isupper(), command
        assert "." in command.__doc__, command
        assert command.__doc__ != f"{command.__name__}()", "written, not generated"
    assert len({command.__name__ for command in COMMANDS}) == len(COMMANDS)


def test_commands_are_frozen_and_equal_where_their_values_are() -> None:
    assert (Step(3), Edit({"seed": 1}), Go(0)) == (Step(3), Edit({"seed": 1}), Go(0, None))
    assert Step(3) != Step(4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Step(3).windows = 4  # type: ignore[misc]


@pytest.mark.parametrize("make", [Edit, StartOver])
def test_a_change_of_no_field_is_refused_when_it_is_carried_out(make: type[Edit] | type[StartOver]) -> None:
    with paused() as session:
        answer = answer_to(session, make({"seed": 2, "learning": 1}))
    assert (answer.was_refused, answer.field) == (True, "learning")
    assert answer.why_not.endswith("the settings of the task echo are echo_step, num_classes, row_start")


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, 1e7])
def test_a_speed_that_cannot_be_is_an_error_before_it_is_sent(speed: float) -> None:
    with pytest.raises(ValueError, match=r"0\.01 to 1,000,000 windows a second, or full speed"):
        SetSpeed(speed)


@pytest.mark.parametrize(
    ("make", "values", "why"),
    [
        *((make, ("x",), "= 'x' cannot be used: a whole number") for make in (Step, Move, MoveEpochs, Choose, Go)),
        *((make, (1.5,), "= 1.5 cannot be used: a whole number") for make in (Step, Move, ToggleReplicas, Go)),
        *((make, (None,), "= None cannot be used: a whole number") for make in (Step, Choose)),
        (Go, (0, 1.5), "window = 1.5 cannot be used: a whole number"),
        (Ask, ("memory",), "question = 'memory' cannot be asked: it must be a Question or None"),
        (Edit, (3,), "not iterable"),
        (StartOver, ({3: 4},), "EchoConfig has no field 3"),
    ],
)
def test_a_value_of_a_wrong_type_is_an_error_before_it_is_sent(
    make: Callable[..., Command], values: tuple[object, ...], why: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(why)):
        make(*values)


def test_what_is_no_command_is_an_error_where_it_is_sent() -> None:
    wrong: tuple[Any, ...] = (7, None, "pause", Step, lambda: None)
    with paused() as session:
        for one in wrong:
            with pytest.raises(TypeError, match="cannot be sent: only an object of a class in"):
                session.send(one)


def test_a_command_is_a_value_whatever_becomes_of_what_it_was_made_of() -> None:
    changes = {"seed": 1}
    edit, over, step = Edit(changes), StartOver(changes), Step(np.int8(100))  # type: ignore[arg-type]
    changes.update(seed=2, nothing=3)
    assert edit.changes == over.changes == {"seed": 1}
    assert type(step.windows) is int


@pytest.mark.parametrize("command", [Step(-3), Choose(-7), Go(0, -5), Move(10**30), MoveEpochs(10**30), Ask(None)])
def test_a_number_out_of_range_leads_to_the_nearest(command: Command) -> None:
    with paused() as session:
        assert answer_to(session, Step(4)).done
        assert answer_to(session, command).done
        assert session.frame.trained == (0 if command == Go(0, -5) else 4)


AT_A_START: list[list[Command]] = [[], [Redraw()], [Regenerate()], [Step(4), Reset()], [Step(4), Go(0, 0)]]


@pytest.mark.parametrize(
    ("before", "command", "why_not", "was_refused"),
    [
        ([Step(4)], Step(2), "", False),
        ([Step(4)], Reset(), "", False),
        *((before, Reset(), "this is the start", False) for before in AT_A_START),
        ([], Undo(), "nothing to undo", False),
        ([Step(4), Redraw(), Step(4), Go(0, 0)], Undo(), "nothing to undo on this path", False),
        ([], Redo(), "nothing to redo", False),
        ([], Alone(), "this is one network", False),
        ([], Edit({"learning_rate": SMALL.learning_rate}), "this is what is trained", False),
        ([Step(12)], Edit({"num_epochs": 1}), "num_epochs = 1 cannot be used: at least 2, as trained", True),
        ([], Edit({"device": "gpu"}), "device = 'gpu' cannot be used: TensorFlow sees no GPU here", True),
        ([Step(4)], Go(0, 4, is_exact=True), "", False),
        ([Step(4)], Go(0, 5, is_exact=True), "window = 5 cannot be shown: 0 to 4 on branch a", True),
        ([Step(4)], Move(-5, is_exact=True), "window = -1 cannot be shown: 0 to 4 on branch a", True),
        ([], Go(7), "h is no branch of this run: a to a", True),
        ([ToggleReplicas(6)], ToggleReplicas(3), "6 seeds are trained already: «seeds» goes to one network", False),
        ([], ToggleReplicas(0), "replicas = 0 cannot be used: 1 to 4096", True),
        ([], Edit({"echo_step": -1}), "echo_step = -1 cannot be used: 0 to 99", True),
    ],
)
def test_each_is_answered_with_what_became_of_it(
    before: list[Command], command: Command, why_not: str, was_refused: bool
) -> None:
    with paused() as session:
        for one in before:
            assert answer_to(session, one).done
        answer = answer_to(session, command)
        assert answer.command == command
        assert answer.why_not.startswith(why_not)
        assert (bool(answer.why_not), answer.done, answer.was_refused) == (bool(why_not), not why_not, was_refused)
        assert session.frame.refused == (answer if was_refused else None)
        is_of_a_field = was_refused and not isinstance(command, Go | Move)
        assert answer.field == (why_not.partition(" ")[0] if is_of_a_field else "")
        assert answer_to(session, Redraw()).done
        assert session.frame.refused is None, "from the next one on that could be made"


AIMLESS: list[Command] = [
    *(Pause(), Resume(), Toggle(), Step(3), FinishEpoch(), Faster(), Slower(), SetSpeed(50.0), Reset(), Redraw()),
    *(Regenerate(), Edit({"learning_rate": 0.1}), Edit({"device": "gpu"}), StartOver(), Alone(), ToggleReplicas(3)),
    *(Go(0, 3), Go(9), Move(-2), Move(1), MoveEpochs(1), MoveEpochs(-1), Undo(), Redo(), Choose(1), Save()),
]


@examples(25)
@given(st.lists(st.sampled_from(AIMLESS), max_size=20))
def test_whatever_is_sent_each_is_answered_once_and_those_in_order_in_order(commands: list[Command]) -> None:
    with paused(dataclasses.replace(SMALL, num_epochs=10**6, total_series_length=400)) as session:
        numbers = [session.send(command) for command in commands]
        session.send(Pause())
        assert session.when_idle(PATIENCE)
        answers = [answer for answer in session.answers if answer.number in numbers]
        assert sorted(answer.number for answer in answers) == numbers
        assert {answer.number: answer.command for answer in answers} == dict(zip(numbers, commands, strict=True))
        in_order = [answer.number for answer in answers if answer.command.when is not Save.when]
        assert in_order == sorted(in_order)
        assert session.outstanding == 0


def test_what_was_never_carried_out_is_outstanding_at_the_end() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    for command in (Step(3), Pause(), Edit({"seed": 1}), Faster(), Go(0, 0)):
        session.send(command)
    session.stop()
    session.run()
    assert (session.outstanding, session.answers) == (3, ())


def test_the_dial_is_turned_from_where_the_newest_command_left_it() -> None:
    speed, notches = 100.0, []
    for command in (Faster(), Faster(), Slower(), SetSpeed(math.inf), Faster(), Slower()):
        speed = speed_after(command, speed, rate=0.0)
        notches.append(speed)
    assert notches == [200, 500, 200, math.inf, math.inf, 1e6]


def test_from_full_speed_it_turns_to_what_is_just_slower_than_reached() -> None:
    assert speed_after(Slower(), math.inf, rate=118.0) == 100
    assert speed_after(Slower(), 100.0, rate=118.0) == 50


def test_while_it_loads_the_frame_shows_what_the_commands_will_come_to() -> None:
    session = Session(SMALL, 100.0, make_trainer=ScriptedTrainer)
    seen = []
    turns = ToggleReplicas(8), Move(-1), ToggleReplicas(9), ToggleReplicas()
    for command in (Faster(), Toggle(), Step(2), Toggle(), Toggle(), *turns):
        session.send(command)
        frame = session.frame
        assert frame.state is State.LOADING
        replicas = 1 if frame.coming is None else frame.coming.replicas
        seen.append((frame.speed, frame.start.running, frame.start.windows, replicas))
    assert seen == [
        (200, True, 0, 1),
        (200, False, 0, 1),
        (200, False, 2, 1),
        (200, False, 0, 1),
        (200, True, 0, 1),
        (200, True, 0, 8),
        (200, False, 0, 8),
        (200, False, 0, 8),
        (200, False, 0, 1),
    ]
    assert session.frame is session.frame, "made once"


def test_where_toggling_will_be_refused_the_frame_shows_what_is_there() -> None:
    session = Session(dataclasses.replace(SMALL, seed=MAX_SEED), make_trainer=ScriptedTrainer)
    session.send(ToggleReplicas())
    assert session.frame.coming is None


def test_what_was_commanded_before_a_network_is_made_is_shown_while_it_is_made() -> None:
    """Keys ``+``, replicas and ``L`` pressed at once during loading: the screen shows the new speed, and L has a
    network to lead to.
    """
    shown: list[tuple[float, int, int]] = []

    def make(config: EchoConfig) -> Any:
        if config.replicas == 3:
            session.send(ToggleReplicas())
            frame = session.frame
            assert frame.coming is not None
            shown.append((frame.speed, frame.coming.replicas, frame.coming.seed))
        return ScriptedTrainer(config)

    many = dataclasses.replace(SMALL, replicas=6)
    session = Session(many, 100.0, make_trainer=make)
    for command in (Pause(), Choose(5), Faster(), Edit({"replicas": 3})):
        session.send(command)
    with running(session):
        assert shown == [(200.0, 1, SMALL.seed)]

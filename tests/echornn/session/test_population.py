"""Several networks in a session: one is selected, one continues alone, and each change can be undone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import ConfigError, EchoConfig
from echornn.session.commands import (
    Alone,
    Choose,
    Edit,
    Go,
    Move,
    Pause,
    Redo,
    Regenerate,
    Reset,
    Resume,
    Step,
    ToggleReplicas,
    Undo,
)
from echornn.session.frame_holder import FrameHolder
from echornn.session.frame_maker import place
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.queries import Query, SeedRows
from echornn.session.session import Session
from echornn.timeline.branch import Position
from echornn.training.any_trainer import AnyTrainer
from tests.echornn.session.test_session import after, playing
from tests.examples import examples
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, scripted_losses
from tests.steps import refusal

ALONE = replace(SMALL_POPULATION, replicas=1)


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(SMALL_POPULATION, make_trainer=ScriptedTrainer)
    with playing(session):
        yield session


def test_a_frame_shows_the_chosen_one_and_where_all_stand(session: Session) -> None:
    frame = after(session, Step(120))
    assert (frame.replica, frame.config, frame.own_config) == (0, SMALL_POPULATION, ALONE)
    assert frame.seed_stats is not None
    losses = scripted_losses(SMALL_POPULATION, 0, 120)
    assert frame.loss == pytest.approx(losses[-1, 0], rel=1e-5)
    np.testing.assert_allclose(frame.seed_stats.newest, losses[-1], rtol=1e-5)
    np.testing.assert_allclose(frame.seed_stats.mean, losses[-50:].mean(axis=0), rtol=1e-5)
    chosen = after(session, Choose(2))
    assert (chosen.replica, chosen.own_config.seed) == (2, 9)
    assert chosen.loss == pytest.approx(losses[-1, 2], rel=1e-5)
    assert chosen.progress is not None
    assert chosen.progress.x.shape == (2, 10)
    np.testing.assert_allclose(chosen.loss_stats.recent, losses[-50:, 2], rtol=1e-5)
    np.testing.assert_allclose(session.look(Query(columns=1000)).curve.mean, losses[:, 2], rtol=1e-5)
    band = session.look(Query(columns=1000)).band
    np.testing.assert_allclose(band.low, losses.min(axis=1), rtol=1e-5)
    assert band.solved[-1] == frame.seed_stats.solved
    seeds = session.look(Query(seeds=SeedRows((4, 2), 60))).seeds
    assert seeds is not None
    assert seeds.losses.shape == (2, 60)


@pytest.mark.parametrize(("asked", "shown"), [(-3, 0), (5, 5), (6, 5), (10**9, 5)])
def test_of_a_replica_that_is_not_there_the_nearest_is_shown(session: Session, asked: int, shown: int) -> None:
    assert after(session, Choose(asked)).replica == shown


def test_one_goes_on_alone_from_where_it_was_and_undo_comes_back_to_all(session: Session) -> None:
    after(session, Step(40))
    together = after(session, Choose(3))
    alone = after(session, Alone())
    assert (alone.config, alone.trained, alone.branch, alone.replica) == (replace(ALONE, seed=10), 40, 1, 0)
    assert (alone.epoch, alone.window, alone.seed_stats) == (together.epoch, together.window, None)
    assert alone.loss == together.loss
    assert alone.sentence.case == "early", "of it alone"
    np.testing.assert_array_equal(alone.loss_stats.recent, together.loss_stats.recent)
    on = after(session, Step(5))
    assert (on.trained, on.branch) == (45, 1)
    assert session.timeline.differs(1) == "seed 10 alone"
    picture = session.look(Query(columns=1000))
    curve, band = picture.curve, picture.band
    assert (len(curve.starts), len(band)) == (45, 40)
    back = after(session, Undo())
    assert (back.config, back.trained, back.replica) == (SMALL_POPULATION, 40, 3)
    assert after(session, Redo()).config == on.config


def test_who_comes_back_from_the_one_alone_sees_the_same_one_among_all(session: Session) -> None:
    after(session, Step(40))
    after(session, Choose(3))
    session.send(Alone())
    after(session, Step(5))
    assert after(session, Choose(1)).replica == 0
    assert after(session, Go(0, 40)).replica == 3
    assert after(session, Choose(5)).replica == 5
    past = after(session, Go(1, 30))
    assert (past.config, past.replica, past.own_config.seed) == (SMALL_POPULATION, 3, 10)
    assert past.loss == session.look(Query(columns=1000)).curve.mean[29]


def test_where_one_goes_on_alone_what_came_before_is_its_own_however_one_comes_there(session: Session) -> None:
    after(session, Step(40))
    after(session, Choose(3))
    first = after(session, Alone())
    own = scripted_losses(SMALL_POPULATION, 0, 40)[:, 3]

    def shows_its_own(frame: Frame) -> None:
        assert (frame.branch, frame.trained, frame.own_config.seed) == (1, 40, 10)
        assert (frame.loss, frame.accuracy) == (first.loss, first.accuracy)
        assert frame.progress is not None
        np.testing.assert_array_equal(frame.progress.x, first.progress.x if first.progress is not None else None)
        for one in frame.tape:
            assert one.losses[-1] == pytest.approx(own[10 * one.epoch + one.window], rel=1e-4)

    shows_its_own(first)
    session.send(Undo())
    shows_its_own(after(session, Redo()))
    after(session, Step(3))
    shows_its_own(after(session, Go(1, 40)))
    after(session, Go(1, 43))
    session.send(ToggleReplicas(4))
    shows_its_own(after(session, Go(1, 40)))
    *before, _ = after(session, Go(1, 41)).tape
    assert [one.losses[-1] for one in before] == pytest.approx(own[39 - len(before) : 39], rel=1e-4)


def test_on_the_way_from_a_population_to_a_network_alone_and_back_a_frame_is_of_where_it_goes() -> None:
    shown: list[Frame] = []

    def change(stage: FrameHolder, **changes: object) -> None:
        stage.frame = replace(stage.frame, **changes)  # type: ignore[arg-type]
        shown.append(stage.frame)

    session = Session(SMALL, make_trainer=ScriptedTrainer)
    with patch.object(FrameHolder, "change", change), playing(session):
        after(session, Step(20))
        session.send(ToggleReplicas(6))
        after(session, Step(20))
        after(session, Choose(4))
        after(session, Go(0, 15))
        after(session, Go(1, 15))
    going = [frame for frame in shown if "to train again" in frame.message]
    assert {frame.config.replicas for frame in going} == {1, 6}
    for frame in shown:
        assert frame.own_config == frame.config.of(frame.replica), "it is there"
        assert frame.seed_stats is None or frame.seed_stats.replicas == frame.config.replicas


def test_while_networks_are_compiled_one_after_the_other_every_frame_is_of_one_moment() -> None:
    shown: list[Frame] = []

    def change(stage: FrameHolder, **changes: object) -> None:
        stage.frame = replace(stage.frame, **changes)  # type: ignore[arg-type]
        shown.append(stage.frame)

    session = Session(SMALL_POPULATION, make_trainer=ScriptedTrainer)
    with patch.object(FrameHolder, "change", change), playing(session):
        after(session, Step(40))
        after(session, Choose(3))
        for command in (Alone(), Step(), ToggleReplicas(), Undo()):
            session.send(command)
        session.send(Redo())
        session.send(Edit({"state_size": 8}))
        after(session, Undo())
        after(session, Go(1, 20))
        after(session, Go(1, 44))
        after(session, Edit({"rule": "rtrl"}))
        assert any(frame.coming and frame.message == "compiling the training loop of rule rtrl" for frame in shown)
        assert session.frame.coming is None
        assert session.error is None
        assert session.outstanding == 0
        assert len({frame.message for frame in shown if frame.state is State.LOADING}) >= 2
        for frame in shown:
            is_of_one_moment(frame, session)


def is_of_one_moment(frame: Frame, session: Session) -> None:
    """Check that all values of a frame belong to the same window of the same network."""
    timeline, position = session.timeline, Position(frame.branch, frame.trained)
    if not frame.trained:
        assert frame.progress is None
        return
    branch = timeline.branch(frame.branch)
    assert (frame.config, frame.own_config) == (branch.config, branch.config.of(frame.replica))
    assert (frame.seed_stats is None) == (branch.config.replicas == 1)
    assert frame.seed_stats is None or frame.seed_stats.windows == frame.trained
    if "to train again" in frame.message and frame.progress is not None:
        return  # values of the same network at an earlier window stay until new ones arrive
    assert place(*branch.epoch_and_window(frame.trained), branch.config) in (
        (frame.epoch, frame.window),
        (frame.epoch + 1, 0),
    )
    losses = timeline.losses(position, 0, frame.replica)
    assert losses is not None
    assert frame.loss == losses[-1] or math.isnan(frame.loss)


COMMANDS: dict[str, Callable[[Session, int], object]] = {
    "step": lambda session, number: session.send(Step(1 + number)),
    "resume": lambda session, number: session.send(Resume()),
    "pause": lambda session, number: session.send(Pause()),
    "choose": lambda session, number: session.send(Choose(number % 8)),
    "alone": lambda session, number: session.send(Alone()),
    "lottery": lambda session, number: session.send(ToggleReplicas(2 + number % 5)),
    "edit": lambda session, number: session.send(Edit({"learning_rate": 0.01 * (1 + number)})),
    "echo": lambda session, number: session.send(Edit({"echo_step": number % 9})),
    "reset": lambda session, number: session.send(Reset()),
    "regenerate": lambda session, number: session.send(Regenerate()),
    "undo": lambda session, number: session.send(Undo()),
    "redo": lambda session, number: session.send(Redo()),
    "go": lambda session, number: session.send(Go(number % max(1, len(session.timeline)), 3 * number)),
    "move": lambda session, number: session.send(Move(number - 20)),
}


@examples(25)
@given(st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 40), st.booleans()), max_size=25))
def test_whatever_is_commanded_the_frame_shows_the_chosen_one_of_those_that_are_trained(
    story: list[tuple[str, int, bool]],
) -> None:
    shown: list[Frame] = []

    def change(stage: FrameHolder, **changes: object) -> None:
        stage.frame = replace(stage.frame, **changes)  # type: ignore[arg-type]
        shown.append(stage.frame)

    session = Session(replace(SMALL, num_epochs=40), make_trainer=ScriptedTrainer)
    with patch.object(FrameHolder, "change", change), playing(session):
        for command, number, waits in story:
            COMMANDS[command](session, number)
            if waits:
                frame = after(session, Pause())
                config = session.timeline.branch(frame.branch).config
                assert (frame.config, frame.own_config) == (config, config.of(frame.replica))
                assert (frame.seed_stats is None) == (config.replicas == 1)
                if frame.progress is not None:
                    losses = session.timeline.losses(Position(frame.branch, frame.trained), 0, frame.replica)
                    assert losses is not None
                    assert frame.loss == losses[-1]
        after(session, Pause())
        assert session.error is None
        for frame in shown:
            is_of_one_moment(frame, session)


def test_of_a_network_alone_there_is_none_to_go_on_alone() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    with playing(session):
        session.send(Step(3))
        before = after(session, Choose(4))
        assert before.replica == 0
        frame = after(session, Alone())
        assert (frame.branch, frame.trained, len(session.timeline)) == (0, 3, 1)


def test_a_network_becomes_a_population_and_that_the_network_where_it_stood() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    with playing(session):
        after(session, Step(7))
        many = after(session, ToggleReplicas(6))
        assert (many.config, many.trained) == (replace(SMALL, replicas=6), 0)
        after(session, Step(12))
        session.send(Edit({"learning_rate": 0.1}))
        after(session, Step(3))
        session.send(Reset())
        one = after(session, ToggleReplicas())
        assert (one.config, one.trained, one.branch) == (SMALL, 7, 0)
        assert after(session, Undo()).trained == 7


def test_a_turn_and_another_come_back_to_where_one_was_and_nothing_begins_anew() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    with playing(session):
        after(session, Step(7))
        session.send(ToggleReplicas(6))
        after(session, Step(12))
        many = after(session, Choose(4))
        for _ in range(3):
            one = after(session, ToggleReplicas())
            assert (one.config, one.trained) == (SMALL, 7)
            back = after(session, ToggleReplicas())
            assert (back.config, back.trained, back.branch, back.replica) == (many.config, 12, 1, 4)
        after(session, Step(3))
        after(session, ToggleReplicas())
        after(session, Step(2))
        after(session, ToggleReplicas())
        assert after(session, ToggleReplicas()).trained == 9, "what was trained on there is part of it"
        assert after(session, ToggleReplicas()).trained == 15
        assert len(session.timeline) == 2


def test_a_network_becomes_as_many_replicas_as_are_asked_for(session: Session) -> None:
    one = after(session, ToggleReplicas())
    many = after(session, ToggleReplicas(4))
    assert (many.config, many.trained) == (replace(one.config, replicas=4), 0)
    assert after(session, ToggleReplicas(6)).config == many.config, "they are not changed into others"
    assert after(session, ToggleReplicas()).config == one.config
    assert after(session, ToggleReplicas(SMALL_POPULATION.replicas)).config == SMALL_POPULATION


def test_a_population_from_the_start_becomes_the_chosen_one_from_the_start_and_back(
    session: Session,
) -> None:
    session.send(Step(7))
    after(session, Choose(3))
    frame = after(session, ToggleReplicas())
    assert (frame.config, frame.trained, frame.branch) == (replace(ALONE, seed=10), 0, 1)
    assert after(session, Undo()).config == SMALL_POPULATION
    assert after(session, Redo()).config.replicas == 1
    back = after(session, ToggleReplicas())
    assert (back.config, back.trained, back.branch, back.replica) == (SMALL_POPULATION, 7, 0, 3)


def test_from_the_one_that_went_on_alone_one_turns_to_its_population_and_from_that_to_it(session: Session) -> None:
    session.send(Step(7))
    after(session, Choose(3))
    session.send(Alone())
    after(session, Step(5))
    back = after(session, ToggleReplicas())
    assert (back.config, back.trained, back.replica) == (SMALL_POPULATION, 7, 3)
    after(session, Choose(1))
    assert (alone := after(session, ToggleReplicas())).own_config == replace(ALONE, seed=10)
    assert alone.trained == 12
    assert after(session, ToggleReplicas()).replica == 1
    assert len(session.timeline) == 2


def test_of_a_network_that_was_changed_since_there_is_another_population() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    with playing(session):
        session.send(Step(7))
        session.send(ToggleReplicas(6))
        session.send(Step(12))
        after(session, ToggleReplicas())
        after(session, Edit({"echo_step": 5}))
        another = after(session, ToggleReplicas(6))
        assert (another.config.echo_step, another.config.replicas, another.trained) == (5, 6, 0)
        assert after(session, ToggleReplicas()).config == replace(SMALL, echo_step=5)
        after(session, Go(0, 7))
        assert after(session, ToggleReplicas()).config == replace(SMALL, replicas=6), "the one that it is of"


def test_a_population_pauses_where_the_last_of_its_networks_diverges_and_no_sooner() -> None:
    def make(config: EchoConfig) -> AnyTrainer:
        population = ScriptedTrainer(config)
        population.diverge({0: 5, 1: 12, 2: 33, 3: 33, 4: 20, 5: 30})
        return population

    session = Session(SMALL_POPULATION, make_trainer=make)
    with playing(session):
        frame = after(session, Step(32))
        assert (frame.warning, frame.trained) == ("", 32)
        assert frame.seed_stats is not None
        assert frame.seed_stats.diverged.tolist() == [True, True, False, False, True, True]
        frame = after(session, Resume())
        assert (frame.state, frame.trained) == (State.PAUSED, 34)
        assert "the loss is nan in window 4 of epoch 4" in frame.warning
        assert not math.isfinite(frame.loss)
        assert after(session, Undo()).trained == 0


def test_a_population_that_cannot_be_made_is_refused_by_name_and_nothing_changes() -> None:
    def make(config: EchoConfig) -> AnyTrainer:
        if config.replicas > 8:
            raise ConfigError("replicas", config.replicas, "about 8 would fit")
        return ScriptedTrainer(config)

    session = Session(SMALL, make_trainer=make)
    with playing(session):
        after(session, Step(4))
        frame = after(session, ToggleReplicas(64))
        assert (frame.refused and frame.refused.field, frame.config, frame.trained) == ("replicas", SMALL, 4)
        assert refusal(frame) == "replicas = 64 cannot be used: about 8 would fit"
        assert after(session, ToggleReplicas(8)).config.replicas == 8


def test_while_the_one_alone_is_compiled_it_stays_on_the_screen() -> None:
    seen: list[Frame] = []

    def make(config: EchoConfig) -> AnyTrainer:
        if config.replicas == 1:
            seen.append(told.frame)
        return ScriptedTrainer(config)

    told = Session(SMALL_POPULATION, make_trainer=make)
    with playing(told):
        after(told, Step(20))
        after(told, Choose(2))
        after(told, Alone())
    assert [(one.state, one.trained, one.replica, one.window) for one in seen] == [(State.LOADING, 20, 2, 10)]
    assert seen[0].progress is not None


def test_going_back_in_a_population_shows_where_all_stood_then(session: Session) -> None:
    early = after(session, Step(70))
    late = after(session, Step(300))
    assert early.seed_stats is not None
    assert late.seed_stats is not None
    back = after(session, Go(0, 70))
    assert back.seed_stats is not None
    np.testing.assert_array_equal(back.seed_stats.solved_at, early.seed_stats.solved_at)
    np.testing.assert_array_equal(back.seed_stats.mean, early.seed_stats.mean)
    assert late.seed_stats.solved > early.seed_stats.solved
    assert session.timeline.seed_stats(Position(0, 370)) is not None

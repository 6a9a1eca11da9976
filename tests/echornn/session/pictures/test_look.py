"""A picture belongs to one time and contains what its query requests; unchanged parts are reused."""

from __future__ import annotations

import dataclasses

import numpy as np

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import NO_BAND, NO_CURVE, Picture
from echornn.session.pictures.queries import GhostChoice, Query, SeedRows, Span, Tried
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedSession, scripted_losses
from tests.trees import branch_off, grow

SLOW = dataclasses.replace(SMALL, learning_rate=0.1)
ALL = Query(columns=100, ghosts=GhostChoice(8))


def session() -> ScriptedSession:
    """A session with 100 windows, and a branch of 30 windows after an edit at window 60."""
    session = ScriptedSession(SMALL)
    grow(session.timeline, branch_off(session.timeline, SMALL), [0.7] * 40 + [0.1] * 60)
    grow(session.timeline, branch_off(session.timeline, SLOW, "edit", (0, 60)), [0.3] * 30)
    session.set_frame(State.PAUSED, trained=100)
    return session


def test_before_there_are_branches_everything_is_empty() -> None:
    picture = ScriptedSession().look(dataclasses.replace(ALL, branches=True, falls=100, path=True))
    assert (picture.curve, picture.band, picture.ghosts, picture.branches) == (NO_CURVE, NO_BAND, (), ())
    assert (picture.falls, picture.path, picture.branch_count, picture.line_config) == ((), (), 0, None)


def test_what_is_not_asked_for_is_empty() -> None:
    picture = session().look(Query())
    assert (picture.curve, picture.band, picture.ghosts, picture.branches) == (NO_CURVE, NO_BAND, (), ())
    assert (picture.seeds, picture.falls, picture.path, picture.tried) == (None, (), (), None)
    assert (picture.branch_count, picture.elsewhere, picture.line_config) == (2, 30, SMALL)


def test_a_part_of_the_line_ends_with_the_frame_whatever_is_trained_since() -> None:
    live = session()
    picture = live.look(Query(Span(20), 100))
    grow(live.timeline, 0, [0.5] * 50)
    assert (picture.curve.first, picture.curve.last, picture.axis) == (80, 100, (80, 100, 20))
    zoomed = live.look_again(Query(Span(40), 100), picture)
    assert (zoomed.frame, zoomed.axis) == (picture.frame, (60, 100, 40))
    live.set_frame(State.PAUSED, trained=150)
    assert live.look(picture.query).axis == (130, 150, 20)


def test_the_axis_holds_the_longest_curve() -> None:
    live = session()
    assert live.look(ALL).axis == (0, 100, 100)
    assert live.look(dataclasses.replace(ALL, beside=3_100)).axis == (0, 100, 3_200)
    live.set_frame(State.PAUSED, line=1, trained=90)
    assert live.look(dataclasses.replace(ALL, span=Span(20))).axis == (70, 90, 20)


def test_what_has_not_changed_is_not_made_again() -> None:
    live = session()
    first = live.look(ALL)
    assert [(ghost.letter, ghost.first, ghost.last) for ghost in first.ghosts] == [("b", 60, 90)]
    again = live.look(ALL, first)
    assert (again.curve, again.band, again.ghosts) == (first.curve, first.band, first.ghosts)
    assert live.look_again(ALL, first) is first
    grow(live.timeline, 0, [0.2])
    live.set_frame(State.RUNNING, trained=101)
    later = live.look(ALL, again)
    assert later.curve.last == 101
    assert later.axis.length > again.axis.length
    assert later.ghosts != first.ghosts, "on a longer axis it has another curve"
    grow(live.timeline, 0, [0.2])
    live.set_frame(State.RUNNING, trained=102)
    assert live.look(ALL, later).ghosts == later.ghosts
    grow(live.timeline, 1, [0.2])
    assert [ghost.last for ghost in live.look(ALL, later).ghosts] == [91]
    assert live.look(Query(columns=100, ghosts=GhostChoice(8, hidden=frozenset({1}))), later).ghosts == ()


def test_a_ghosts_curve_is_that_of_its_branch() -> None:
    live = session()
    (ghost,) = live.look(ALL).ghosts
    assert ghost.curve is not None
    expected = live.timeline.curve(1, 30, 60, 90)
    np.testing.assert_array_equal(ghost.curve.mean, expected.mean)
    (ghost,) = live.look(dataclasses.replace(ALL, span=Span(5))).ghosts
    assert ghost.curve is None, "nothing of it lies on the axis"


def test_the_list_of_branches_says_which_lie_under_the_curve() -> None:
    live = session()
    names = GhostChoice(8, pinned=(1,), names=((1, "slow"),))
    rows = live.look(Query(branches=True, ghosts=names)).branches
    assert [(row.letter, row.words, row.windows) for row in rows] == [
        ("b", "slow: learning_rate 0.1 from window 60", 90),
        ("a", "the start", 100),
    ]
    assert [(row.is_line, row.is_shown, row.is_pinned) for row in rows] == [(False, True, True), (True, False, False)]


def test_questions_of_keys_are_answered_for_the_moment_that_is_shown() -> None:
    live = session()
    picture = live.look(Query())
    live.set_frame(State.PAUSED, trained=10, is_past=True)
    assert live.look_again(Query(falls=100), picture).falls == (39,)
    assert [branch.number for branch in live.look_again(Query(path=True), picture).path] == [0]
    assert live.look_again(Query(tried=Tried(SLOW)), picture).tried is None
    live.set_frame(State.PAUSED, trained=60, is_past=True)
    assert live.look(Query(tried=Tried(SLOW))).tried == 1


def test_losses_of_some_replicas_lie_over_the_same_windows() -> None:
    live = ScriptedSession(SMALL_POPULATION)
    losses = scripted_losses(SMALL_POPULATION, 0, 50)
    grow(live.timeline, branch_off(live.timeline, SMALL_POPULATION), losses)
    live.set_frame(State.PAUSED, trained=50, seed_stats=None, replica=3)
    picture = live.look(Query(Span(10), 100, seeds=SeedRows((4, 1), 10)))
    assert picture.seeds is not None
    np.testing.assert_allclose(picture.seeds.losses, losses[40:, [4, 1]].T, rtol=1e-3)
    assert picture.seeds.windows.tolist() == [*range(40, 50)]
    np.testing.assert_allclose(picture.curve.mean, losses[40:, 3], rtol=1e-3)
    assert picture.band.replicas.tolist() == [6] * 10
    assert live.look_again(dataclasses.replace(picture.query, falls=9), picture).seeds is picture.seeds


def test_a_picture_of_a_frame_alone_has_room_for_a_hundred_windows() -> None:
    assert Picture(Frame(State.LOADING, EchoConfig())).axis == (0, 0, 100)

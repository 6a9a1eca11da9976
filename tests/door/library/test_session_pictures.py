"""Pictures of a session: what a query asks for, of one moment, with parts that have not changed as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from echornn.session.commands import Edit, Go, Hide, Name, Pin, Reset, Step
from tests.door.library.sessions import ENDLESS, Query, SeedRows, Span, Stage, on_stage
from tests.scripted import SMALL_POPULATION, scripted_loss, scripted_losses

ALL = Query(columns=100, ghosts=8)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A hundred windows, 30 after an edit at window 60, and where the hundred end."""
    with on_stage() as stage:
        stage.do(Step(100), Go(0, 60), Edit({"learning_rate": 0.1}), Step(30), Go(0))
        yield stage


def test_only_what_is_asked_for_is_in_a_picture(stage: Stage) -> None:
    picture = stage.session.look(Query())
    assert (len(picture.curve.starts), len(picture.band), picture.ghosts, picture.branches) == (0, 0, (), ())
    assert (picture.seeds, picture.falls, picture.path) == (None, (), ())
    assert (picture.branch_count, picture.elsewhere, picture.line_config) == (2, 30, ENDLESS)
    assert picture.frame is stage.frame
    full = stage.session.look(Query(columns=100, branches=True, path=True, falls=100))
    np.testing.assert_allclose(full.curve.mean, [scripted_loss(window) for window in range(100)], rtol=1e-5)
    assert [branch.number for branch in full.path] == [0]
    rows = [(row.letter, row.windows, row.is_line, row.solved_at) for row in full.branches]
    assert rows == [("b", 90, False, None), ("a", 100, True, None)]
    last = [np.mean([scripted_loss(window) for window in range(end - 50, end)]) for end in (90, 100)]
    assert [row.mean for row in full.branches] == pytest.approx(last)
    assert "learning_rate 0.1 from window 60" in full.branches[0].words


def test_other_branches_lie_under_the_curve_where_they_leave_it(stage: Stage) -> None:
    (ghost,) = stage.session.look(ALL).ghosts
    assert (ghost.key, ghost.letter, ghost.first, ghost.last) == (1, "b", 60, 90)
    assert ghost.curve is not None
    np.testing.assert_allclose(ghost.curve.mean, [scripted_loss(window) for window in range(60, 90)], rtol=1e-5)
    (ghost,) = stage.session.look(replace(ALL, span=Span(5))).ghosts
    assert ghost.curve is None, "nothing of it lies on the axis"
    stage.do(Go(1))
    (ghost,) = stage.session.look(ALL).ghosts
    assert (ghost.letter, ghost.first, ghost.last) == ("a", 60, 100)
    stage.do(Reset(), Step(3), Name(0, "first"))
    picture = stage.session.look(ALL)
    assert [(one.letter, one.first, one.last) for one in picture.ghosts] == [("a", 0, 100), ("b", 0, 90)]
    assert picture.ghosts[0].words.startswith("first: ")
    assert [one.letter for one in stage.session.look(replace(ALL, ghosts=1)).ghosts] == ["b"], "the newest"
    stage.do(Pin(0))
    assert [one.letter for one in stage.session.look(replace(ALL, ghosts=1)).ghosts] == ["a"], "but for pinned ones"
    stage.do(Hide(0))
    assert [one.letter for one in stage.session.look(ALL).ghosts] == ["b"]


def test_a_picture_is_of_one_moment_whatever_is_trained_since(stage: Stage) -> None:
    picture = stage.session.look(Query(Span(20), 100))
    assert (picture.curve.first, picture.curve.last, picture.axis) == (80, 100, (80, 100, 20))
    stage.do(Step(50))
    zoomed = stage.session.look_again(Query(Span(40), 100), picture)
    assert (zoomed.frame, zoomed.axis, zoomed.curve.last) == (picture.frame, (60, 100, 40), 100)
    assert stage.session.look(picture.query).axis == (130, 150, 20)
    assert stage.session.look(Query(Span(20, end=70), 100)).axis == (50, 70, 20)
    assert stage.session.look(ALL).axis == (0, 150, 160), "round, and not shorter than any curve on it"
    assert stage.session.look(replace(ALL, beside=3100)).axis == (0, 150, 3200)


def test_what_has_not_changed_is_the_same_object(stage: Stage) -> None:
    first = stage.session.look(ALL)
    again = stage.session.look(ALL, first)
    assert (again.curve, again.band, again.ghosts) == (first.curve, first.band, first.ghosts)
    assert stage.session.look_again(ALL, first) is first
    stage.do(Step(1))
    longer = stage.session.look(ALL, again)
    assert (longer.curve.last, longer.axis.length > again.axis.length) == (101, True)
    assert longer.ghosts != first.ghosts, "on a longer axis it has another curve"
    stage.do(Step(1))
    assert stage.session.look(ALL, longer).ghosts == longer.ghosts
    stage.do(Name(1, "slow"))
    assert stage.session.look(ALL, longer).ghosts != longer.ghosts


def test_losses_of_some_seeds_lie_over_the_windows_of_the_curve() -> None:
    with on_stage(SMALL_POPULATION) as stage:
        stage.do(Step(50))
        losses = scripted_losses(SMALL_POPULATION, 0, 50)
        picture = stage.session.look(Query(Span(10), 100, seeds=SeedRows((4, 1), 10)))
        assert picture.seeds is not None
        np.testing.assert_allclose(picture.seeds.losses, losses[40:, [4, 1]].T, rtol=1e-3)
        assert picture.seeds.windows.tolist() == [*range(40, 50)]
        assert picture.band.replicas.tolist() == [6] * 10
        assert stage.session.look_again(replace(picture.query, falls=9), picture).seeds is picture.seeds

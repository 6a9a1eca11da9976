"""What is seen of a session: pictures of one moment, and what its probes have read, without holding
up training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from echornn import Question, Readings, Snapshot
from echornn.session.commands import (
    Alone,
    Ask,
    Choose,
    Edit,
    Go,
    Hide,
    Name,
    Pause,
    Pin,
    Reset,
    Resume,
    Step,
)
from tests.door.library.sessions import (
    ENDLESS,
    MEMORY,
    Probes,
    Query,
    Span,
    Stage,
    losses_between,
    on_stage,
)
from tests.patience import PATIENCE, Clock, wait_for
from tests.scripted import SMALL_POPULATION, mean_loss

ALL = Query(columns=100, ghosts=8)
HELD_OUT = Question(frozenset({"held_out"}))


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A hundred windows, 30 after an edit at window 60, and where the hundred end."""
    with on_stage() as stage:
        stage.do(Step(100), Go(0, 60), Edit({"learning_rate": 0.1}), Step(30), Go(0))
        yield stage


def test_only_what_is_asked_for_is_in_a_picture(stage: Stage) -> None:
    picture = stage.look(Query())
    assert len(picture.curve.starts) == 0
    assert len(picture.band) == 0
    assert picture.ghosts == ()
    assert picture.branches == ()
    assert picture.falls == ()
    assert picture.path == ()
    assert picture.seeds is None
    assert (picture.branch_count, picture.elsewhere, picture.path_config) == (2, 30, ENDLESS)
    assert picture.frame is stage.frame
    full = stage.look(Query(columns=100, branches=True, path=True, falls=100))
    assert_allclose(full.curve.mean, losses_between(0, 100), rtol=1e-5)
    assert [branch.number for branch in full.path] == [0]
    rows = [(row.letter, row.windows, row.is_on_path, row.solved_at) for row in full.branches]
    assert rows == [("b", 90, False, None), ("a", 100, True, None)]
    means = [row.mean for row in full.branches]
    assert means == pytest.approx([mean_loss(40, 90), mean_loss(50, 100)])
    assert "learning_rate 0.1 from window 60" in full.branches[0].words


def test_norms_are_on_the_axis_of_the_curve_and_say_what_was_clipped() -> None:
    """A scripted norm is twice the loss."""
    losses = np.array(losses_between(0, 200))
    is_clipped = (np.arange(200) >= 60) & (2 * losses > 0.7)
    coarse = Query(columns=10, norms=True)
    with on_stage() as stage:
        stage.do(Step(60), Edit({"clip_norm": 0.7}), Step(140))
        assert len(stage.look(Query(columns=50)).norms.starts) == 0, "not asked for"
        for query in (replace(coarse, columns=200), coarse, replace(coarse, span=Span(20, 90))):
            picture = stage.look(query)
            curve, norms = picture.curve, picture.norms
            for name in ("starts", "ends"):
                assert_array_equal(getattr(norms, name), getattr(curve, name))
            for name in ("low", "mean", "high"):
                twice = 2 * getattr(curve, name)
                assert_allclose(getattr(norms, name), twice, rtol=1e-5)
            for start, end, share in zip(norms.starts, norms.ends, norms.error_rate, strict=True):
                assert share == pytest.approx(is_clipped[start:end].mean(), abs=1e-6)


def letters(stage: Stage, query: Query) -> list[str]:
    """Of the other branches, in order."""
    return [ghost.letter for ghost in stage.look(query).ghosts]


def test_other_branches_lie_under_the_curve_where_they_leave_it(stage: Stage) -> None:
    (ghost,) = stage.look(ALL).ghosts
    assert ghost.key == 1
    assert ghost.letter == "b"
    assert ghost.first == 60
    assert ghost.last == 90
    assert ghost.curve is not None
    assert_allclose(ghost.curve.mean, losses_between(60, 90), rtol=1e-5)
    (ghost,) = stage.look(replace(ALL, span=Span(5))).ghosts
    assert ghost.curve is None, "nothing of it lies on the axis"
    stage.do(Go(1))
    (ghost,) = stage.look(ALL).ghosts
    assert ghost.letter == "a"
    assert ghost.first == 60
    assert ghost.last == 100


def test_pinned_branches_come_before_the_newest_and_hidden_ones_not_at_all(stage: Stage) -> None:
    stage.do(Go(1), Reset(), Step(3), Name(0, "first"))
    assert letters(stage, ALL) == ["a", "b"]
    first, second = stage.look(ALL).ghosts
    assert first.first == 0
    assert first.last == 100
    assert second.first == 0
    assert second.last == 90
    assert first.words.startswith("first: ")
    only_one = replace(ALL, ghosts=1)
    assert letters(stage, only_one) == ["b"], "the newest"
    stage.do(Pin(0))
    assert letters(stage, only_one) == ["a"]
    stage.do(Hide(0))
    assert letters(stage, ALL) == ["b"]
    stage.do(Pin(0), Pin(0, False))
    assert letters(stage, ALL) == ["a", "b"], "what was pinned is not hidden any more"


def test_a_picture_is_of_one_moment_whatever_is_trained_since(stage: Stage) -> None:
    picture = stage.look(Query(Span(20), 100))
    assert picture.curve.first == 80
    assert picture.curve.last == 100
    assert picture.axis == (80, 100, 20)
    stage.do(Step(50))
    zoomed = stage.session.look_again(Query(Span(40), 100), picture)
    assert zoomed.frame == picture.frame
    assert zoomed.axis == (60, 100, 40)
    assert zoomed.curve.last == 100
    assert stage.look(picture.query).axis == (130, 150, 20)


@pytest.mark.parametrize(
    ("query", "axis"),
    [
        (ALL, (0, 150, 160)),
        (replace(ALL, beside=3100), (0, 150, 3200)),
    ],
)
def test_an_axis_is_round_and_not_shorter_than_any_curve_on_it(
    stage: Stage, query: Query, axis: tuple[int, int, int]
) -> None:
    stage.do(Step(50))
    assert stage.look(query).axis == axis


def read_at(stage: Stage) -> tuple[int, int] | None:
    """The branch and the window that the newest readings are of."""
    readings = stage.frame.readings
    return None if readings is None else (readings.branch, readings.window)


def seed_read(stage: Stage) -> int | None:
    readings = stage.frame.readings
    return None if readings is None else readings.config.seed


def test_the_position_at_which_one_looks_is_read() -> None:
    with on_stage(examine=Probes(), paused=False) as stage:
        assert stage.frame.readings is None
        stage.session.send(Ask(MEMORY))
        wait_for(lambda: stage.frame.readings is not None and stage.frame.trained > 50)
        stage.do(Pause())
        wait_for(lambda: read_at(stage) == (0, stage.frame.trained))
        stage.do(Go(0, 30))
        wait_for(lambda: read_at(stage) == (0, 30))
        stage.do(Reset())
        wait_for(lambda: read_at(stage) == (1, 0))
        stage.do(Ask(None))
        assert stage.frame.readings is None


def test_an_examined_window_is_trained_alone_so_that_its_change_of_the_weights_is_known() -> None:
    probes = Probes()
    with on_stage(examine=probes, paused=False) as stage:
        stage.session.send(Ask(MEMORY))
        wait_for(lambda: len(probes.seen) > 2)
    for snapshot, _ in probes.seen:
        if snapshot.window:
            assert snapshot.before is not None
            change = snapshot.state.weights["W"] - snapshot.before["W"]
            assert (change == 1).all(), "a scripted weight counts windows"
            assert snapshot.windows_since == 1


def test_neither_training_nor_the_end_waits_for_a_probe() -> None:
    probes = Probes()
    probes.may_go_on.clear()
    with on_stage(examine=probes, paused=False) as stage:
        stage.session.send(Ask(MEMORY))
        assert probes.begun.wait(PATIENCE)
        trained = stage.frame.trained
        wait_for(lambda: stage.frame.trained > trained + 100)
    probes.may_go_on.set()


def test_a_probe_that_fails_says_why_is_not_tried_again_and_ends_nothing() -> None:
    probes = Probes()
    probes.error = RuntimeError("no memory mappings left\nand more")
    with on_stage(examine=probes) as stage:
        stage.do(Ask(Question(frozenset({"gradient"}))))
        wait_for(lambda: stage.frame.why_no_readings)
        assert "RuntimeError: no memory mappings left" in stage.frame.why_no_readings
        assert "and more" not in stage.frame.why_no_readings
        count = len(probes.seen)
        stage.session.send(Resume())
        wait_for(lambda: stage.frame.trained > 300)
        stage.do(Pause())
        assert len(probes.seen) == count
        probes.error = None
        stage.do(Ask(MEMORY))
        wait_for(lambda: read_at(stage) == (0, stage.frame.trained))
        assert stage.frame.why_no_readings == ""


def test_a_failure_to_measure_held_out_data_is_said_until_it_is_not_needed() -> None:
    probes = Probes()
    probes.error = RuntimeError("no memory mappings left")
    with on_stage(examine=probes) as stage:
        stage.do(Step(5), Ask(HELD_OUT))
        wait_for(lambda: "RuntimeError: no memory mappings left" in stage.frame.warning)
        assert "held-out" in stage.frame.warning
        assert stage.frame.why_no_readings == "", "other readings have not failed"
        assert stage.do(Ask(None)).warning == ""
        stage.do(Ask(HELD_OUT))
        wait_for(lambda: stage.frame.warning)
        probes.error = None
        stage.do(Edit({"learning_rate": 0.1}))
        wait_for(lambda: stage.frame.warning == "")


@pytest.mark.slow
@pytest.mark.parametrize("took", [0.001, 0.1])
def test_at_full_speed_probes_take_a_twentieth_of_the_time_and_four_readings_a_second_at_most(
    took: float,
) -> None:
    clock, probes = Clock(), Probes()
    begun = list[float]()

    def examine(snapshot: Snapshot, question: Question) -> Readings:
        begun.append(clock.now)
        clock.now += took
        return probes(snapshot, question)

    with on_stage(examine=examine, clock=clock, speed=1000.0) as stage:
        stage.do(Ask(MEMORY))
        wait_for(lambda: len(begun) == 1)
        stage.do(Resume())

        def has_enough() -> bool:
            clock.now += max(0.01, took / 2)
            stage.settled()
            return len(begun) > 4

        wait_for(has_enough)
    between = max(0.25, took / 0.05)
    assert begun[-1] - begun[1] >= 0.9 * between * (len(begun) - 2)


def test_of_many_the_chosen_one_is_read_also_on_the_path_of_another() -> None:
    with on_stage(SMALL_POPULATION, examine=Probes()) as stage:
        stage.do(Step(5), Ask(MEMORY))
        wait_for(lambda: seed_read(stage) == 7)
        stage.do(Choose(2))
        wait_for(lambda: seed_read(stage) == 9)
        stage.do(Alone(), Step(1), Go(0, 3), Choose(4))
        wait_for(lambda: (read_at(stage), seed_read(stage)) == ((0, 3), 11))
        stage.do(Go(1, 3))
        wait_for(lambda: (read_at(stage), seed_read(stage)) == ((0, 3), 9))
        assert stage.frame.readings is not None
        assert stage.frame.readings.config == replace(SMALL_POPULATION, replicas=1, seed=9)

"""The other branches that are drawn under the curve (ghosts), and the texts about them."""

from __future__ import annotations

import dataclasses

import numpy as np

from echornn.config import EchoConfig
from echornn.session.pictures.ghosts import (
    MOST_GHOSTS,
    curve_under,
    futures,
    ghosts_of,
    shared,
    words_of,
)
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow

TUTORIAL = EchoConfig()
SLOW = dataclasses.replace(TUTORIAL, learning_rate=0.1)
WIDE = dataclasses.replace(SLOW, state_size=9)


def tree() -> Timeline:
    """a: 100 windows; b: 50 after an edit at the end of a; c: 30 from window 40 of a; d: 20 after a reset; e: an edit
    at window 60 of a, not trained yet.
    """
    timeline = Timeline()
    grow(timeline, branch_off(timeline, TUTORIAL), [0.5] * 100)
    grow(timeline, branch_off(timeline, SLOW, "edit", (0, 100)), [0.4] * 50)
    grow(timeline, branch_off(timeline, TUTORIAL, "back", (0, 40)), [0.3] * 30)
    grow(timeline, branch_off(timeline, WIDE, "reset", (2, 0), (0, 0)), [0.2] * 20)
    branch_off(timeline, SLOW, "edit", (0, 60))
    return timeline


def test_a_future_is_a_branch_that_no_other_goes_on() -> None:
    assert futures(tree()) == [1, 2, 3], "a goes on as b; nothing was trained in e"
    assert futures(Timeline()) == []


def test_what_two_paths_share() -> None:
    timeline = tree()
    assert shared(timeline, 1, 2) == shared(timeline, 2, 1) == 40
    assert shared(timeline, 0, 1) == 100
    assert shared(timeline, 1, 4) == shared(timeline, 4, 1) == 60
    assert shared(timeline, 3, 2) == 0
    assert shared(timeline, 2, 2) == 70


def test_ghosts_are_drawn_from_where_they_leave_the_line() -> None:
    timeline = tree()
    assert [(one.letter, one.first, one.last, one.key) for one in ghosts_of(timeline, 2)] == [
        ("b", 40, 150, 1),
        ("d", 0, 20, 3),
    ]
    assert [(one.letter, one.first, one.last) for one in ghosts_of(timeline, 1)] == [("c", 40, 70), ("d", 0, 20)]
    assert [one.letter for one in ghosts_of(timeline, 0)] == ["b", "c", "d"], "also where the line goes on in one"
    curve = curve_under(timeline, 1, 1000, 0, None)
    np.testing.assert_array_equal(curve.low, np.array([0.5] * 100 + [0.4] * 50, np.float32))


def test_their_words_are_those_of_the_list_whatever_the_line() -> None:
    timeline = tree()
    assert [one.words + one.since for one in ghosts_of(timeline, 2)] == [
        words_of(timeline, 1),
        words_of(timeline, 3),
    ]
    assert [one.words + one.since for one in ghosts_of(timeline, 3)] == [words_of(timeline, 1), words_of(timeline, 2)]
    assert ghosts_of(timeline, 2, names={1: "slower"})[0].words == "slower: learning_rate 0.1"


def test_words_say_how_a_branch_began_and_what_else_differs_from_the_first() -> None:
    timeline = tree()
    assert [words_of(timeline, number) for number in range(5)] == [
        "the start",
        "learning_rate 0.1 from window 100",
        "trained on from window 40",
        "state_size 9, learning_rate 0.1",
        "learning_rate 0.1 from window 60",
    ]
    assert words_of(timeline, 1, {1: "slower"}) == "slower: learning_rate 0.1 from window 100"
    branch_off(timeline, SLOW, "regenerate", (1, 120))
    assert words_of(timeline, 5) == "new data with learning_rate 0.1 from window 120"
    branch_off(timeline, WIDE, "reset", (3, 0), (3, 20))
    assert words_of(timeline, 6) == "started over with state_size 9, learning_rate 0.1"


def test_hidden_ones_are_left_out_and_those_asked_for_come_first() -> None:
    timeline = tree()
    assert [one.letter for one in ghosts_of(timeline, 2, hidden={1})] == ["d"]
    for _ in range(2 * MOST_GHOSTS):
        grow(timeline, branch_off(timeline, TUTORIAL, "back", (0, 10)), [0.6] * 5)
    letters = [one.letter for one in ghosts_of(timeline, 2)]
    newest = [letter_of(len(timeline) - 1 - index) for index in range(MOST_GHOSTS)]
    assert letters == sorted(newest)
    pinned = ghosts_of(timeline, 2, pinned=[1, 3])
    assert len(pinned) == MOST_GHOSTS
    assert [one.letter for one in pinned][:2] == ["b", "d"]
    assert ghosts_of(timeline, 2, pinned=[99])[0].letter == newest[-1], "a note of a branch that is not there"


def test_the_line_itself_is_no_ghost() -> None:
    timeline = Timeline()
    grow(timeline, branch_off(timeline, TUTORIAL), [0.5] * 10)
    assert ghosts_of(timeline, 0) == ghosts_of(timeline, 0, pinned=[0]) == []


def test_a_future_of_the_same_fields_is_named_by_how_it_began() -> None:
    timeline = Timeline()
    grow(timeline, branch_off(timeline, TUTORIAL), [0.7] * 600)
    grow(timeline, branch_off(timeline, TUTORIAL, "back", (0, 512)), [0.6] * 50)
    grow(timeline, branch_off(timeline, SLOW, "edit", (0, 300)), [0.5] * 50)
    grow(timeline, branch_off(timeline, SLOW, "edit", (0, 400)), [0.5] * 50)
    assert [ghost.words + ghost.since for ghost in ghosts_of(timeline, 1)] == [
        "the start",
        "learning_rate 0.1 from window 300",
        "learning_rate 0.1 from window 400",
    ]
    assert ghosts_of(timeline, 0)[0].words == "trained on"
    assert ghosts_of(timeline, 2)[-1].since == " from window 400", "another edit to the same"


def test_who_goes_on_alone_is_named_by_its_seed() -> None:
    timeline = Timeline()
    many = dataclasses.replace(TUTORIAL, replicas=3)
    grow(timeline, branch_off(timeline, many), np.full((60, 3), 0.5))
    grow(timeline, branch_off(timeline, many.of(2), "alone", (0, 40)), [0.4] * 50)
    assert [ghost.words + ghost.since for ghost in ghosts_of(timeline, 0)] == ["seed 9 alone from window 40"]
    assert [ghost.words for ghost in ghosts_of(timeline, 1)] == ["median: the start"]


def test_one_and_many_from_the_start_are_told_by_their_seeds() -> None:
    timeline = Timeline()
    many = dataclasses.replace(TUTORIAL, replicas=3)
    grow(timeline, branch_off(timeline, TUTORIAL), [0.4] * 50)
    grow(timeline, branch_off(timeline, many, "edit", (0, 0)), np.full((60, 3), 0.5))
    grow(timeline, branch_off(timeline, many, "redraw", (1, 0)), np.full((60, 3), 0.5))
    words = [ghost.words for ghost in ghosts_of(timeline, 0)]
    again = "median: new weights with 3 networks of seeds 7 to 9"
    assert words == ["median: 3 networks of seeds 7 to 9", again]
    assert [ghost.words for ghost in ghosts_of(timeline, 1)] == ["the start", again]
    assert words_of(timeline, 1) == "3 networks of seeds 7 to 9"

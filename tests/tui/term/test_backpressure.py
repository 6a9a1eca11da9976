"""Frames over a connection that is too slow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.patience import Clock
from tui.term.output import MOST_UNDERWAY, PATIENCE_SECONDS, Backpressure


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    line = Backpressure(Clock())
    for _ in range(100):
        assert line.is_clear
        assert line.is_settled
        line.asked()


def test_so_many_frames_are_under_way_and_no_more_and_a_lost_answer_is_not_waited_for_for_ever() -> None:
    clock = Clock()
    line = Backpressure(clock)
    line.asked()
    line.answered()
    for _ in range(MOST_UNDERWAY):
        assert line.is_clear
        line.asked()
    assert not line.is_clear
    line.answered()
    assert (line.is_clear, line.is_settled) == (True, False)
    line.asked()
    assert not line.is_clear
    clock.now += PATIENCE_SECONDS + 1
    assert line.is_clear


@given(st.lists(st.booleans(), max_size=60))
def test_answers_that_nobody_asked_for_do_no_harm(asks: list[bool]) -> None:
    line = Backpressure(Clock())
    for ask in asks:
        if not ask:
            line.answered()
        elif line.is_clear:
            line.asked()
    while not line.is_settled:
        line.answered()
    assert line.is_clear

"""Frames over a connection that is too slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import Clock
from tests.program import epoch, running
from tui.term.backpressure import MOST_UNDERWAY, PATIENCE_SECONDS, Backpressure


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    line = Backpressure(Clock())
    for _ in range(100):
        assert line.is_clear
        assert line.is_settled
        line.asked()


def test_so_many_frames_are_under_way_and_no_more() -> None:
    line = Backpressure(Clock())
    line.asked()
    line.answered()
    for _ in range(MOST_UNDERWAY):
        assert line.is_clear
        line.asked()
    assert not line.is_clear
    line.answered()
    assert line.is_clear
    assert not line.is_settled


def test_an_answer_that_was_lost_does_not_stop_the_screen() -> None:
    clock = Clock()
    line = Backpressure(clock)
    line.asked()
    line.answered()
    for _ in range(MOST_UNDERWAY):
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


async def test_leaving_waits_for_the_answers_under_way_but_not_for_ever() -> None:
    line = Backpressure()
    await line.settle()
    line.asked()
    line.answered()
    line.asked()
    begun = time.monotonic()
    await line.settle()
    assert time.monotonic() - begun > 0.4
    assert not line.is_settled


@pytest.mark.slow
def test_a_slow_terminal_gets_fewer_frames_and_the_newest_one_when_it_is_ready() -> None:
    with running("--speed", "max", "--num-epochs", "1000000", scripted=True) as program:
        program.until(lambda text: "running" in text and epoch(text) >= 2)
        program.is_slow = True
        program.until(lambda _: len(program.withheld) >= MOST_UNDERWAY)
        program.quiet_for(0.5)  # it would draw several frames, and this is much less than `PATIENCE_SECONDS`
        shown = program.text
        program.answer()
        program.until(lambda text: text != shown)
        program.press("q")
        assert program.ended() == 0
        assert not program.withheld, "an answer would come after the end, and the shell would take it for input"

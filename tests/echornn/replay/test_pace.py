"""The speed limit and its clock."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.replay.pace import (
    LEAST_SPEED,
    LONG_SLICE_SECONDS,
    LONGEST_LAG_SECONDS,
    SLICE_SECONDS,
    SPEEDS,
    Pace,
    faster,
    slower,
)
from tests.clock import Clock


def test_the_first_window_is_due_at_once_and_the_next_by_the_clock() -> None:
    clock = Clock()
    pace = Pace(10.0, clock)
    pace.restart()
    assert pace.due() == 1
    pace.trained(1, 0.001)
    assert pace.due() == 0
    assert pace.wait_seconds() == pytest.approx(0.1)
    clock.now += 0.1
    assert pace.wait_seconds() == pytest.approx(0)
    assert pace.due() == 1


@settings(deadline=None)
@given(st.floats(1, 2000), st.floats(0.001, 0.2))
def test_the_speed_is_kept_over_time(speed: float, step: float) -> None:
    clock = Clock()
    pace = Pace(speed, clock)
    pace.restart()
    trained = 0
    while clock.now < 3:
        while due := min(pace.due(), pace.slice_windows()):
            trained += due
            pace.trained(due, 1e-5 * due)
        clock.now += step
    assert trained == pytest.approx(3 * speed, abs=2 + speed * 2 * max(step, SLICE_SECONDS))


def test_a_trainer_that_cannot_keep_up_does_not_store_up_work() -> None:
    clock = Clock()
    pace = Pace(100.0, clock)
    pace.restart()
    clock.now += 60
    pace.trained(1, 60.0)
    assert pace.due() <= 100 * LONGEST_LAG_SECONDS


def test_slices_follow_the_measured_cost() -> None:
    pace = Pace(math.inf, Clock())
    for _ in range(30):
        pace.trained(1, 1e-3)
    assert pace.slice_windows() == pytest.approx(SLICE_SECONDS / 1e-3, abs=1)
    assert pace.due() == pace.slice_windows()
    for _ in range(60):
        pace.trained(1, 10.0)
    assert pace.slice_windows() == 1
    assert pace.wait_seconds() == 0


@given(st.floats(0, 2), st.floats(1e-4, 0.5), st.floats(0.3, 3))
def test_where_a_call_costs_much_more_windows_share_it_and_no_command_waits_long(
    call: float, window: float, measured: float
) -> None:
    pace = Pace(math.inf, Clock())
    pace.forget(call * measured)
    slices = []
    for _ in range(100):
        slices.append(pace.slice_windows())
        pace.trained(slices[-1], call + slices[-1] * window)
    longest = max(call + windows * window for windows in slices)
    assert longest <= max(call + window, SLICE_SECONDS) + 2 * LONG_SLICE_SECONDS + window
    if call > window and measured > 0.5:  # the slice uses at least a fourth of the allowed time
        assert max(slices[-30:]) * window >= min(SLICE_SECONDS - call, LONG_SLICE_SECONDS / 4) - window


@pytest.mark.parametrize("number", range(5))
def test_a_call_that_had_to_wait_for_a_processor_does_not_make_the_next_ones_shorter(number: int) -> None:
    pace = Pace(math.inf, Clock())
    for _ in range(30):
        pace.trained(pace.slice_windows(), 1e-4 * pace.slice_windows())
    before = pace.slice_windows()
    assert before == pytest.approx(SLICE_SECONDS / 1e-4, abs=1)
    for call in range(5):
        waited = 20 if call in (number, number - 1) else 1
        pace.trained(before, waited * 1e-4 * before)
        assert pace.slice_windows() >= before - 1


@given(st.floats(0.0016, 0.012), st.floats(2e-5, 1e-3))
def test_where_a_call_costs_much_it_is_made_for_more_windows_however_short_the_first_calls(
    call: float, window: float
) -> None:
    pace = Pace(math.inf, Clock())
    pace.forget(call)
    for _ in range(100):
        pace.trained(pace.slice_windows(), call + pace.slice_windows() * window)
    seconds = call + pace.slice_windows() * window
    assert 0.9 * LONG_SLICE_SECONDS - window <= seconds <= call + 1.001 * (LONG_SLICE_SECONDS + window)


def test_of_a_trainer_whose_calls_cost_little_slices_are_as_short_as_they_were() -> None:
    pace = Pace(math.inf, Clock())
    pace.forget(0.0004)
    for _ in range(30):
        pace.trained(pace.slice_windows(), 0.0004 + 1e-5 * pace.slice_windows())
    assert 0.9 * SLICE_SECONDS <= 1e-5 * pace.slice_windows() <= SLICE_SECONDS


def test_a_network_of_which_each_window_takes_long_trains_them_one_by_one() -> None:
    pace = Pace(math.inf, Clock())
    pace.forget(0.0004)
    for _ in range(100):
        assert pace.slice_windows() == 1
        pace.trained(1, 0.5)


def test_the_rate_is_that_of_the_last_second() -> None:
    clock = Clock()
    pace = Pace(math.inf, clock)
    assert pace.rate() == 0
    for windows in [5] * 100 + [10] * 30:
        clock.now += 0.1
        pace.trained(windows, 0.1)
    assert pace.rate() == pytest.approx(100)


def test_turning_the_dial_up_takes_effect_at_once() -> None:
    clock = Clock()
    pace = Pace(1.0, clock)
    pace.restart()
    pace.trained(1, 0.001)
    clock.now += 0.5
    pace.set_speed(100.0)
    assert pace.due() == 1
    assert pace.wait_seconds() <= 0.02


def test_the_dial_has_notches_in_order_and_two_ends() -> None:
    assert list(SPEEDS) == sorted(SPEEDS)
    assert (SPEEDS[0], SPEEDS[-1]) == (LEAST_SPEED, math.inf)
    for below, above in itertools.pairwise(SPEEDS):
        assert faster(below) == above
        assert slower(above) == below
    assert slower(LEAST_SPEED) == LEAST_SPEED
    assert slower(0.5) == 0.2
    assert faster(math.inf) == math.inf
    assert faster(130.0) == 200.0
    assert slower(130.0) == 100.0


@given(st.sampled_from([0.01, 0.5, 3.0, 100.0, 1e5]), st.lists(st.floats(0, 0.05), min_size=5, max_size=60))
def test_the_rate_is_never_above_the_speed(speed: float, late: list[float]) -> None:
    clock = Clock()
    pace = Pace(speed, clock)
    pace.restart()
    for seconds in late:
        clock.now += pace.wait_seconds() + seconds
        if due := pace.due():
            pace.trained(due, 1e-6 * due)
        assert pace.rate() <= speed

"""The window at which the loss began to fall: for falls of any length, and in a recorded run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats, before_the_fall, begin_of_the_fall, turning_points
from echornn.history.curve import Curve
from echornn.progress import Floats
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow

RECORDED = Path(__file__).parents[2] / "data" / "tutorial_run.npz"


def floats(*parts: list[float]) -> Floats:
    return np.array([loss for part in parts for loss in part], np.float32)


def timeline_of(losses: Floats) -> Timeline:
    timeline = Timeline()
    grow(timeline, branch_off(timeline, EchoConfig()), losses)
    return timeline


@pytest.mark.parametrize("fall", [1, 2, 30, 310, 598])
def test_the_fall_is_found_to_the_window(fall: int) -> None:
    assert begin_of_the_fall(floats([0.7] * fall, [0.1] * (600 - fall))) == (fall, fall)


def test_where_nothing_falls_there_is_no_fall() -> None:
    assert begin_of_the_fall(floats([0.5] * 100)) is None
    assert begin_of_the_fall(np.linspace(0.1, 0.9, 100, dtype=np.float32)) is None
    for losses in ([], [0.5], [0.5, 0.1], [float("nan")] * 9):
        assert begin_of_the_fall(floats(losses)) is None
    assert begin_of_the_fall(floats([0.7] * 50, [0.1] * 50, [float("nan")] * 50)) == (50, 50)


@pytest.mark.parametrize("fall", [500, 4001, 70_123, 99_000])
def test_the_fall_of_a_long_run_is_found_to_the_window_too(fall: int) -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 100_000)
    timeline = timeline_of((np.where(np.arange(100_000) < fall, 0.7, 0.1) + noise).astype(np.float32))
    asked: list[tuple[int, int]] = []

    def curve_of(columns: int, first: int, last: int | None) -> Curve:
        asked.append((first, last or 0))
        return timeline.curve(0, columns, first, last)

    found = before_the_fall(curve_of, 100, 0, 100_000)
    assert found is not None
    assert abs(found - fall) <= 2
    assert len(asked) <= 5


@pytest.mark.parametrize("windows", [330, 855, 1500])
def test_of_the_tutorials_run_it_is_where_the_plateau_ends_not_the_middle(windows: int) -> None:
    losses = np.load(RECORDED)["losses"][:windows]
    timeline = timeline_of(losses)
    begin = before_the_fall(lambda *part: timeline.curve(0, *part), 150, 0, windows)
    assert begin is not None
    assert 230 <= begin <= 245
    assert losses[begin - 20 : begin].mean() > 0.66, "there it still guesses: chance is 0.69"
    assert losses[begin + 10 : begin + 30].mean() < 0.62


@pytest.mark.parametrize("length", [5, 50, 400])
def test_a_fall_of_any_length_is_found_where_it_begins(length: int) -> None:
    windows = np.arange(20_000)
    noise = np.random.default_rng(0).normal(0, 0.05, len(windows))
    timeline = timeline_of((0.69 - 0.6 * np.clip((windows - 8000) / length, 0, 1) + noise).astype(np.float32))
    begin = before_the_fall(lambda *part: timeline.curve(0, *part), 150, 0, len(windows))
    assert begin is not None
    assert abs(begin - 8000) <= 5 + length // 10


def test_of_a_part_without_windows_no_fall_is_sought() -> None:
    timeline = timeline_of(floats([]))
    assert before_the_fall(lambda *part: timeline.curve(0, *part), 100, 0, 0) is None


def test_of_a_run_that_was_lost_both_moments_are_found_though_each_is_less_than_a_column() -> None:
    """At T 1 a run was solved at window 332, lost at 4,985, and trained for 154,000 windows."""
    noise = np.random.default_rng(1).normal(0, 0.02, 150_000)
    losses = np.full(150_000, 0.69)
    losses[200:5000] = 0.01
    losses[5000] = 12
    timeline = timeline_of((losses + np.abs(noise)).astype(np.float32))
    lost = LossStats(windows=150_000, solved_at=250, lost_at=5001)

    def points(loss_stats: LossStats, first: int = 0, last: int = 150_000) -> list[int]:
        return turning_points(lambda *part: timeline.curve(0, *part), 146, first, last, loss_stats)

    fall, before_it_was_lost = points(lost)
    assert abs(fall - 199) <= 2
    assert before_it_was_lost == 4999, "enter goes to the moment before it"
    assert len(points(replace(lost, lost_at=None))) == 1
    assert 4999 not in points(lost, 20_000), "what is not shown is not gone to"
    assert 4999 in points(lost, 300, 10_000)

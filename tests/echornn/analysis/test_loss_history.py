"""LossHistory: what a drawing promises, against the plain list of losses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.analysis import loss_history as history
from echornn.analysis.loss_history import LossHistory, Segment

losses_lists = st.lists(
    st.lists(st.floats(0, 10, width=32) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=60),
    max_size=8,
)


def filled(pieces: list[list[float]]) -> LossHistory:
    kept = LossHistory()
    kept.begin("start", 0, 0, 10)
    for piece in pieces:
        losses = np.array(piece, np.float32)
        kept.append(losses, np.full(len(piece), 0.25, np.float32))
    return kept


@given(losses_lists, st.integers(1, 40), st.integers(0, 400), st.integers(0, 400))
def test_buckets_hold_the_extremes_and_the_mean_of_their_windows(
    pieces: list[list[float]], columns: int, first: int, length: int
) -> None:
    kept = filled(pieces)
    everything = np.array([loss for piece in pieces for loss in piece], np.float32)
    curve = kept.curve(columns, first, first + length)
    assert len(kept) == len(everything)
    assert curve.last == min(first + length, len(everything))
    assert len(curve.starts) <= columns + 1
    covered = 0
    for start, low, high, mean in zip(curve.starts, curve.low, curve.high, curve.mean, strict=True):
        windows = everything[start : start + curve.width]
        covered += len(windows)
        if np.isnan(windows).all():
            assert math.isnan(low)
            assert math.isnan(high)
        else:
            assert low == np.nanmin(windows)
            assert high == np.nanmax(windows)
        if np.isfinite(windows).all():
            assert mean == pytest.approx(windows.mean(dtype=np.float64), rel=1e-5, abs=1e-6)
    if curve.first < curve.last:
        assert curve.starts[0] <= curve.first
        assert curve.starts[-1] < curve.last <= curve.starts[-1] + curve.width
        assert (np.diff(curve.starts) == curve.width).all()
    np.testing.assert_allclose(curve.error_rate, 0.25)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_no_spike_is_lost_whatever_the_pieces(chunk: int) -> None:
    losses = np.full(5000, 0.01, np.float32)
    losses[[3, 1999, 4999]] = [5.0, 6.0, 7.0]
    kept = LossHistory()
    for begin in range(0, len(losses), chunk):
        piece = losses[begin : begin + chunk]
        kept.append(piece, np.zeros(len(piece), np.float32))
    curve = kept.curve(20)
    assert sorted(curve.high[curve.high > 1]) == [5.0, 6.0, 7.0]


def test_an_empty_history_has_an_empty_curve() -> None:
    curve = LossHistory().curve(50)
    assert (curve.first, curve.last, len(curve.starts)) == (0, 0, 0)
    LossHistory().append(np.empty(0, np.float32), np.empty(0, np.float32))


def level_sizes(kept: LossHistory) -> list[int]:
    return [level._buckets.shape[1] for level in kept._levels]


@settings(max_examples=25)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), st.integers(0, 10_000), st.integers(1, 64))
def test_memory_is_bounded_and_old_extremes_stay(sizes: list[int], first: int, columns: int) -> None:
    kept_before, history.KEPT_BUCKETS = history.KEPT_BUCKETS, 1024
    try:
        kept = LossHistory()
        rng = np.random.default_rng(0)
        everything: npt.NDArray[np.float32] = np.empty(0, np.float32)
        for size in sizes:
            losses = rng.random(size, dtype=np.float32)
            everything = np.concatenate([everything, losses])
            kept.append(losses, losses)
        assert max(level_sizes(kept)) <= 2 * 1024 + 1024
        curve = kept.curve(columns, first)
        for start, low, high in zip(curve.starts, curve.low, curve.high, strict=True):
            windows = everything[start : start + curve.width]
            assert (low, high) == (windows.min(), windows.max())
    finally:
        history.KEPT_BUCKETS = kept_before


def test_positions_of_a_segment() -> None:
    segment = Segment(at=100, cause="regenerate", epoch=2, window=3, windows_per_epoch=10)
    assert segment.position(100) == (2, 3)
    assert segment.position(106) == (2, 9)
    assert segment.position(107) == (3, 0)
    assert segment.position(127) == (5, 0)
    assert segment.epoch_starts(0, 130, most=12) == [(107, 3), (117, 4), (127, 5)]
    assert segment.epoch_starts(107, 127, most=12) == [(107, 3), (117, 4)]
    assert segment.epoch_starts(108, 117, most=12) == []


@given(
    at=st.integers(0, 50),
    window=st.integers(0, 9),
    first=st.integers(0, 10**8),
    length=st.integers(0, 10**8),
    most=st.integers(1, 20),
)
def test_epoch_starts_are_few_true_and_round(at: int, window: int, first: int, length: int, most: int) -> None:
    segment = Segment(at, "start", 0, window, 10)
    starts = segment.epoch_starts(first, first + length, most)
    assert len(starts) <= most
    for start, epoch in starts:
        assert max(first, at) <= start < first + length
        assert segment.position(start) == (epoch, 0)
    if len(starts) > 1:
        every = starts[1][1] - starts[0][1]
        assert int(str(every)[0]) in (1, 2, 5)
        assert all(epoch % every == 0 for _, epoch in starts)


def test_segments_are_where_commands_were_given() -> None:
    kept = filled([[0.5] * 25])
    kept.begin("reset", 0, 0, 10)
    kept.append(np.ones(5, np.float32), np.zeros(5, np.float32))
    kept.begin("regenerate", 0, 0, 10)
    assert [(segment.at, segment.cause) for segment in kept.curve(10).segments] == [(0, "start"), (25, "reset")]
    assert kept.segment_of(24).cause == "start"
    assert kept.segment_of(29).cause == "reset"
    assert kept.segment_of(29).position(29) == (0, 4)

"""LossHistory: its curves, compared with the plain list of losses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.history.curve import Curve, HistoryPiece, Segment, curve_of
from echornn.history.loss_history import LossHistory
from tests.examples import examples

losses_lists = st.lists(
    st.lists(st.floats(0, 10, width=32) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=60),
    max_size=8,
)


def filled(pieces: list[list[float]]) -> LossHistory:
    kept = LossHistory()
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
    assert len(curve.starts) <= columns + 2
    assert_true(curve, everything)
    np.testing.assert_allclose(curve.error_rate, 0.25)


def assert_true(curve: Curve, everything: npt.NDArray[np.float32]) -> None:
    """Check a curve: its buckets adjoin, cover the shown part, and hold the true values of their windows."""
    assert ([*curve.starts, curve.last] if curve.starts.size else []) == (
        [curve.first, *curve.ends] if curve.starts.size else []
    )
    assert curve.starts.size or curve.first == curve.last
    assert (curve.ends > curve.starts).all()
    assert (curve.ends - curve.starts <= curve.width).all()
    for start, end, low, high, mean in zip(curve.starts, curve.ends, curve.low, curve.high, curve.mean, strict=True):
        windows = everything[start:end]
        if np.isnan(windows).all():
            assert math.isnan(low)
            assert math.isnan(high)
        else:
            assert low == np.nanmin(windows)
            assert high == np.nanmax(windows)
        if np.isfinite(windows).all():
            assert mean == pytest.approx(windows.mean(dtype=np.float64), rel=1e-5, abs=1e-6)


@given(losses_lists, st.data())
def test_a_curve_of_parts_of_histories_is_the_curve_of_them_end_to_end(
    pieces: list[list[float]], data: st.DataObject
) -> None:
    parts, everything = [], np.empty(0, np.float32)
    for losses in pieces:
        history = filled([losses])
        taken = data.draw(st.integers(0, len(losses)))
        skipped = data.draw(st.integers(0, taken))
        at = len(everything)
        parts.append(HistoryPiece(history, at - skipped, at, at + taken - skipped))
        everything = np.concatenate([everything, np.array(losses[skipped:taken], np.float32)])
    first = data.draw(st.integers(0, len(everything)))
    last = data.draw(st.integers(first, len(everything)))
    columns = data.draw(st.integers(1, 40))
    curve = curve_of(parts, columns, first, last)
    assert_true(curve, everything)
    assert len(curve.starts) <= columns + 2 * len(pieces)
    assert (curve.first, curve.last) == (first, last)


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


@examples(25)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), st.integers(0, 10_000), st.integers(1, 64))
def test_memory_is_bounded_and_old_extremes_stay(sizes: list[int], first: int, columns: int) -> None:
    kept = LossHistory(kept=1024)
    rng = np.random.default_rng(0)
    everything: npt.NDArray[np.float32] = np.empty(0, np.float32)
    for size in sizes:
        losses = rng.random(size, dtype=np.float32)
        everything = np.concatenate([everything, losses])
        kept.append(losses, losses)
    assert max(level_sizes(kept)) <= 2 * 1024
    curve = kept.curve(columns, first)
    for start, end, low, high in zip(curve.starts, curve.ends, curve.low, curve.high, strict=True):
        windows = everything[start:end]
        assert low <= windows.min()  # where old windows are merged, a bucket may extend beyond its edges
        assert high >= windows.max()
        wider = everything[start // 1024 * 1024 : -(-end // 1024) * 1024]
        assert wider.min() <= low <= high <= wider.max()
    whole = kept.curve(columns)
    assert (whole.low.min(), whole.high.max()) == (everything.min(), everything.max())
    newest = kept.losses(max(0, len(everything) - 1024), len(everything))
    np.testing.assert_array_equal(newest, everything[-1024:])


@given(st.integers(1, 6000), st.integers(0, 6000), st.integers(1, 2000), st.integers(1, 50))
def test_of_windows_that_are_forgotten_the_mean_is_one_of_windows_about_there(
    windows: int, first: int, length: int, columns: int
) -> None:
    kept = LossHistory(kept=64)
    losses = np.random.default_rng(0).random(windows, dtype=np.float32)
    kept.append(losses, np.full(windows, 0.25, np.float32))
    curve = kept.curve(columns, first, first + length)
    np.testing.assert_allclose(curve.error_rate, 0.25)
    assert ((curve.low <= curve.mean * (1 + 1e-6)) & (curve.mean <= curve.high * (1 + 1e-6))).all()


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


def test_the_segments_that_reach_into_a_curve_are_shown() -> None:
    kept = filled([[0.5] * 30])
    segments = (Segment(0, "start", 0, 0, 10), Segment(25, "edit", 2, 5, 10), Segment(30, "regenerate", 3, 0, 10))

    def shown(first: int, last: int) -> list[int]:
        curve = curve_of([HistoryPiece(kept, 0, 0, 30)], 10, first, last, segments)
        return [segment.at for segment in curve.segments]

    assert shown(0, 30) == [0, 25]
    assert shown(0, 25) == [0]
    assert shown(24, 26) == [0, 25]
    assert shown(25, 30) == [25]
    assert shown(0, 0) == [0]

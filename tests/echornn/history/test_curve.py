"""A curve of pieces of histories: what a drawing promises, against the plain list of losses."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history.curve import Curve, Piece, Segment, curve_of
from echornn.history.pyramid import LossHistory
from echornn.history.windows import kept

CONFIG = EchoConfig()

pieces_of_losses = st.lists(
    st.lists(st.floats(0, 10, width=32) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=60),
    max_size=8,
)


def filled(losses: list[float], start: int) -> LossHistory:
    history, known = LossHistory(CONFIG, start), np.array(losses, np.float32)[:, np.newaxis]
    history.add(kept(known, np.full(known.shape, 15, np.int32), CONFIG), np.zeros(1, np.int64))
    return history


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


@given(pieces_of_losses, st.data())
def test_a_curve_of_parts_of_histories_is_the_curve_of_them_end_to_end(
    pieces: list[list[float]], data: st.DataObject
) -> None:
    parts, everything = [], np.empty(0, np.float32)
    for losses in pieces:
        taken = data.draw(st.integers(0, len(losses)))
        skipped = data.draw(st.integers(0, taken))
        at = len(everything)
        history = filled(losses, at - skipped)
        parts.append(Piece(partial(history.of_one, 0), at, at + taken - skipped))
        everything = np.concatenate([everything, np.array(losses[skipped:taken], np.float32)])
    first = data.draw(st.integers(0, len(everything)))
    last = data.draw(st.integers(first, len(everything)))
    columns = data.draw(st.integers(1, 40))
    curve = curve_of(parts, columns, first, last)
    assert_true(curve, everything)
    assert len(curve.starts) <= columns + 2 * len(pieces)
    assert (curve.first, curve.last) == (first, last)


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
        assert segment.epoch_and_window(start) == (epoch, 0)
    if len(starts) > 1:
        every = starts[1][1] - starts[0][1]
        assert int(str(every)[0]) in (1, 2, 5)
        assert all(epoch % every == 0 for _, epoch in starts)

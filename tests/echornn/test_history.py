"""What is kept of losses and shown of them, against all losses as they came."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from echornn.config import EchoConfig
from echornn.history import buckets
from echornn.history.block_means import BlockMeans
from echornn.history.buckets import LossHistory
from echornn.history.curve import Band, Curve, CurvePiece, band_of, curve_of, shades_of
from echornn.history.windows import error_rates_of, errors_of, kept, losses_of, quantiles, summed
from echornn.progress import Counts, Floats
from echornn.run.branch import Position
from echornn.run.losses import Losses
from echornn.run.tree import Tree
from tests.examples import examples
from tests.trees import branch_off, grow

TUTORIAL = EchoConfig(replicas=2)


@given(st.lists(st.floats(0, width=32), min_size=1, max_size=8), st.integers(0, 75))
def test_losses_are_kept_to_a_few_millionths_and_errors_exactly(
    values: list[float], errors: int
) -> None:
    losses = np.array(values, np.float32)
    packed = kept(losses, np.full(len(losses), errors, np.int32), TUTORIAL)
    assert packed.dtype == np.uint32
    unpacked, unpacked_errors = losses_of(packed), errors_of(packed, TUTORIAL)
    assert_allclose(unpacked, losses, rtol=2.0**-17, atol=2.0**-142)
    assert (unpacked_errors == errors).all()
    assert_array_equal(kept(unpacked, unpacked_errors, TUTORIAL), packed)
    rate = np.float32(errors) / np.float32(75)
    assert_array_equal(error_rates_of(packed, TUTORIAL), rate)


def test_what_is_no_finite_number_stays_that_and_what_is_finite_finite() -> None:
    largest = float(np.finfo(np.float32).max)
    nans = np.array([0x7F800001, 0x7FFFFFFF, 0xFFC00000], np.uint32).view(np.float32)
    losses = np.array([math.inf, largest, 0.0, -0.0, *nans], np.float32)
    packed = kept(losses, np.arange(7, dtype=np.int32), TUTORIAL)
    infinite, large, *zeros = losses_of(packed)[:4].tolist()
    assert infinite == math.inf
    assert math.isfinite(large)
    assert large == pytest.approx(largest, rel=1e-5)
    assert zeros == [0.0, 0.0]
    assert np.isnan(losses_of(packed)[4:]).all()
    assert errors_of(packed, TUTORIAL).tolist() == list(range(7))


@examples(50)
@given(
    st.lists(st.integers(0, 150), min_size=1, max_size=6),
    st.sampled_from([1, 2, 3, 8, 64, 1000]),
    st.booleans(),
)
def test_the_same_bits_however_they_are_cut_and_laid_out(
    pieces: list[int], replicas: int, by_replica: bool
) -> None:
    losses = np.random.default_rng(0).exponential(size=(sum(pieces), replicas)).astype(np.float32)
    expected = np.zeros(replicas)
    for window in losses:
        expected = expected + window
    sums, begin = np.zeros(replicas), 0
    for piece in pieces:
        part = losses[begin : begin + piece]
        sums = summed(sums, np.asfortranarray(part) if by_replica else part)
        begin += piece
    assert sums.tobytes() == expected.tobytes()


LOSSES = st.floats(0, 4, width=32) | st.sampled_from([math.nan, math.inf, 3e38, 0.0])


def blocks_of(losses: Floats, errors: Floats) -> BlockMeans:
    return BlockMeans().after(losses, errors)


def assert_same(blocks: BlockMeans, expected: BlockMeans) -> None:
    assert blocks.windows == expected.windows
    for array in ("ends", "losses", "errors", "under_way"):
        assert_array_equal(getattr(blocks, array), getattr(expected, array))


many_losses = st.lists(LOSSES, max_size=700)
sizes = st.lists(st.integers(0, 200), min_size=1, max_size=20)


@given(many_losses, sizes, st.integers(0, 700))
def test_the_blocks_are_the_same_however_the_losses_came_and_whatever_came_after(
    values: list[float], sizes: list[int], until: int
) -> None:
    losses = np.array(values, np.float32)
    errors = np.linspace(0, 1, len(losses)).astype(np.float32)
    whole, grown, begin = blocks_of(losses, errors), BlockMeans(), 0
    for size in [*sizes, len(losses)]:
        grown = grown.after(losses[begin : begin + size], errors[begin : begin + size])
        begin += size
    assert_same(grown, whole)
    before = whole.until(until)
    again = slice(before.windows, until)
    expected = blocks_of(losses[:until], errors[:until])
    assert_same(before.after(losses[again], errors[again]), expected)


def test_a_block_holds_the_mean_of_its_windows() -> None:
    losses = np.random.default_rng(0).random(5000).astype(np.float32)
    blocks = blocks_of(losses, losses[::-1].copy())
    begin = 0
    for index, end in enumerate(blocks.ends.tolist()):
        mean = losses[begin:end].mean(dtype=np.float64)
        error = losses[::-1][begin:end].mean(dtype=np.float64)
        assert blocks.losses[index] == pytest.approx(mean, abs=1e-7)
        assert blocks.errors[index] == pytest.approx(error, abs=1e-7)
        begin = end


CONFIG = EchoConfig()

any_loss = st.floats(0, 10, width=32) | st.sampled_from([math.nan, math.inf])
pieces_of_losses = st.lists(st.lists(any_loss, min_size=1, max_size=60), max_size=8)


def filled(losses: list[float], start: int) -> LossHistory:
    history = LossHistory(CONFIG, start)
    values = np.array(losses, np.float32)[:, np.newaxis]
    errors = np.full(values.shape, 15, np.int32)
    history.add(kept(values, errors, CONFIG), np.zeros(1, np.int64))
    return history


def assert_true(curve: Curve, losses: Floats) -> None:
    """Check a curve: its buckets adjoin, cover the shown part, and hold the true values of their
    windows."""
    if curve.starts.size:
        assert [*curve.starts, curve.last] == [curve.first, *curve.ends]
    else:
        assert curve.first == curve.last
    assert (curve.ends > curve.starts).all()
    assert (curve.ends - curve.starts <= curve.width).all()
    for index, (start, end) in enumerate(zip(curve.starts, curve.ends, strict=True)):
        windows = losses[start:end]
        if np.isnan(windows).all():
            assert math.isnan(curve.low[index])
            assert math.isnan(curve.high[index])
        else:
            assert curve.low[index] == np.nanmin(windows)
            assert curve.high[index] == np.nanmax(windows)
        if np.isfinite(windows).all():
            mean = windows.mean(dtype=np.float64)
            assert curve.mean[index] == pytest.approx(mean, rel=1e-5, abs=1e-6)


@given(pieces_of_losses, st.data())
def test_a_curve_of_parts_of_histories_is_the_curve_of_them_end_to_end(
    histories: list[list[float]], data: st.DataObject
) -> None:
    pieces, along = [], list[float]()
    for losses in histories:
        taken = data.draw(st.integers(0, len(losses)))
        skipped = data.draw(st.integers(0, taken))
        begin = len(along)
        history = filled(losses, begin - skipped)
        along += losses[skipped:taken]
        pieces.append(CurvePiece(partial(history.of_one, 0), begin, len(along)))
    first = data.draw(st.integers(0, len(along)))
    last = data.draw(st.integers(first, len(along)))
    columns = data.draw(st.integers(1, 40))
    curve = curve_of(pieces, columns, first, last)
    assert_true(curve, np.array(along, np.float32))
    assert len(curve.starts) <= columns + 2 * len(pieces)
    assert curve.first == first
    assert curve.last == last


class Record(NamedTuple):
    """A history, and everything that was added to it."""

    history: LossHistory
    losses: Floats
    errors: Counts
    solved_at: npt.NDArray[np.int64]

    def whole(self, buckets: Any) -> CurvePiece:
        return CurvePiece(buckets, 0, len(self.history))

    def curve(self, columns: int, first: int, last: int, replica: int) -> Curve:
        last = min(last, len(self.history))
        piece = self.whole(partial(self.history.of_one, replica))
        return curve_of([piece], columns, min(first, last), last)


def record_of(
    windows: int,
    replicas: int,
    chunk: int,
    seed: int = 0,
    most_kept: int | None = None,
    bad: float = 0.0,
) -> Record:
    """Losses at random, a share of which is infinite or not a number, added in pieces."""
    rng = np.random.default_rng(seed)
    config = replace(CONFIG, replicas=replicas)
    losses = rng.random((windows, replicas), dtype=np.float32)
    losses[rng.random(losses.shape) < bad] = math.nan
    losses[rng.random(losses.shape) < bad] = math.inf
    errors = rng.integers(0, 76, losses.shape).astype(np.int32)
    solved_at = rng.integers(0, windows + 1, replicas)
    history = LossHistory(config, kept=most_kept)
    stored = kept(losses, errors, config)
    for begin in range(0, windows, chunk):
        history.add(stored[begin : begin + chunk], solved_at)
    return Record(history, losses_of(stored), errors_of(stored, config), solved_at)


def records(least_replicas: int = 1) -> st.SearchStrategy[Record]:
    return st.builds(
        record_of,
        windows=st.integers(0, 300),
        replicas=st.integers(least_replicas, 8),
        chunk=st.integers(1, 120),
        seed=st.integers(0, 9),
        bad=st.sampled_from([0.0, 0.05]),
    )


SOME = examples(40)


@SOME
@given(records(), st.integers(1, 40), st.integers(0, 400), st.integers(0, 400), st.data())
def test_buckets_have_the_extremes_and_the_means_of_their_windows(
    record: Record, columns: int, first: int, length: int, data: st.DataObject
) -> None:
    windows, replicas = record.losses.shape
    replica = data.draw(st.integers(0, replicas - 1))
    losses, errors = record.losses[:, replica], record.errors[:, replica]
    curve = record.curve(columns, first, first + length, replica)
    assert len(record.history) == windows
    assert curve.last == min(first + length, windows)
    assert len(curve.starts) <= columns + 2
    assert_true(curve, losses)
    for start, end, rate in zip(curve.starts, curve.ends, curve.error_rate, strict=True):
        assert rate == pytest.approx(errors[start:end].mean() / 75, rel=1e-5)
    stored = record.history.windows(curve.first, curve.last)
    assert stored is not None
    assert_array_equal(losses_of(stored), record.losses[curve.first : curve.last])


def assert_band(band: Band, record: Record) -> None:
    """Each bucket has the quantiles of its windows, on average, and the number solved at its
    end."""
    low, tenth, median, ninetieth, high = quantiles(record.losses, (0.0, 0.1, 0.5, 0.9, 1.0))
    averaged = ((band.tenth, tenth), (band.median, median), (band.ninetieth, ninetieth))
    for index, (start, end) in enumerate(zip(band.starts, band.ends, strict=True)):
        bucket = slice(start, end)
        assert band.low[index] == low[bucket].min()
        assert band.high[index] == high[bucket].max()
        for shown, quantile in averaged:
            mean = quantile[bucket].mean(dtype=np.float64)
            assert shown[index] == pytest.approx(mean, rel=1e-5)
        solved = (record.solved_at > 0) & (record.solved_at <= end)
        assert band.solved[index] == solved.sum()


@SOME
@given(records(2), st.integers(1, 40), st.integers(0, 300), st.integers(0, 300))
def test_a_band_has_the_quantiles_of_its_windows(
    record: Record, columns: int, first: int, length: int
) -> None:
    windows, replicas = record.losses.shape
    first, last = min(first, windows), min(first + length, windows)
    band = band_of([record.whole(record.history.of_all)], columns, first, last)
    assert band.first == first
    assert band.last == last
    assert len(band) <= columns + 2
    if first < last:
        assert [*band.starts, last] == [first, *band.ends]
    else:
        assert not len(band)
    assert_band(band, record)
    assert (band.replicas == replicas).all()


@SOME
@given(records(2), st.integers(1, 40), st.data())
def test_shades_are_mean_losses_of_those_asked_for(
    record: Record, columns: int, data: st.DataObject
) -> None:
    windows, replicas = record.losses.shape
    asked = data.draw(st.lists(st.integers(0, replicas + 1), max_size=4))
    first = data.draw(st.integers(0, windows))
    last = data.draw(st.integers(first, windows))
    whole = record.whole(partial(record.history.of_some, np.array(asked, np.int64)))
    shades = shades_of([whole], len(asked), columns, first, last)
    assert shades.shape == (len(asked), min(columns, last - first))
    for row, replica in enumerate(asked):
        if replica >= replicas:
            assert np.isnan(shades[row]).all()
            continue
        shown = record.losses[first:last, replica]
        if len(shown) and np.isfinite(shown).all():
            assert (shades[row] >= shown.min() - 1e-6).all()
            assert (shades[row] <= shown.max() + 1e-6).all()
        if last - first <= columns:
            assert_array_equal(shades[row], shown)


@examples(20)
@given(
    st.sampled_from([1, 3]),
    st.lists(st.integers(1, 500), min_size=1, max_size=20),
    st.integers(1, 64),
)
def test_memory_is_bounded_and_old_extremes_stay(
    replicas: int, sizes: list[int], columns: int
) -> None:
    windows = sum(sizes)
    record = record_of(windows, replicas, max(sizes), most_kept=256)
    losses = record.losses[:, replicas - 1]
    curve = record.curve(columns, 0, windows, replicas - 1)
    assert curve.low.min() == losses.min()
    assert curve.high.max() == losses.max()
    for index, (start, end) in enumerate(zip(curve.starts, curve.ends, strict=True)):
        low, mean, high = curve.low[index], curve.mean[index], curve.high[index]
        # Where windows are forgotten, a bucket may reach beyond its edges
        wider = losses[start // 1024 * 1024 : -(-end // 1024) * 1024]
        assert wider.min() <= low <= losses[start:end].min()
        assert losses[start:end].max() <= high <= wider.max()
        assert low * (1 - 1e-6) <= mean <= high * (1 + 1e-6)
    newest = record.history.windows(max(0, windows - 256), windows)
    assert newest is not None
    assert_array_equal(losses_of(newest), record.losses[-256:])
    if windows > 512:
        assert record.history.windows(0, 40) is None
        mean_losses = record.history.newest(0, 40)[0]
        assert_allclose(mean_losses, record.losses[:40].mean(axis=0), atol=0.3)


def test_a_position_whose_windows_are_forgotten_has_not_diverged_by_what_came_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buckets, "MOST_KEPT", 256)
    losses = Losses(Tree())
    number = branch_off(losses, CONFIG)
    grow(losses, number, np.full(300, 0.5))
    grow(losses, number, np.full(2000, math.nan))
    assert losses.diverged(Position(number, 2300))
    assert not losses.diverged(Position(number, 290))

"""What is kept of losses and shown of them, against all losses as they came."""

from __future__ import annotations

import math
from collections.abc import Iterator
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

SEVERAL = EchoConfig(replicas=2)


@given(st.lists(st.floats(0, width=32), min_size=1, max_size=8), st.integers(0, 75))
def test_losses_are_kept_to_a_few_millionths_and_errors_exactly(
    values: list[float], errors: int
) -> None:
    losses = np.array(values, np.float32)
    counts = np.full(len(losses), errors, np.int32)
    packed = kept(losses, counts, SEVERAL)
    assert packed.dtype == np.uint32
    unpacked = losses_of(packed)
    assert_allclose(unpacked, losses, rtol=2.0**-17, atol=2.0**-142)
    assert_array_equal(errors_of(packed, SEVERAL), counts)
    assert_array_equal(kept(unpacked, counts, SEVERAL), packed)
    rate = np.float32(errors) / np.float32(75)
    assert_array_equal(error_rates_of(packed, SEVERAL), rate)


def test_what_is_no_finite_number_stays_that_and_what_is_finite_finite() -> None:
    largest = float(np.finfo(np.float32).max)
    nans = np.array([0x7F800001, 0x7FFFFFFF, 0xFFC00000], np.uint32).view(np.float32)
    losses = np.array([math.inf, largest, 0.0, -0.0, *nans], np.float32)
    errors = np.arange(7, dtype=np.int32)
    packed = kept(losses, errors, SEVERAL)
    infinite, large, zero, negative_zero, *others = losses_of(packed).tolist()
    assert infinite == math.inf
    assert math.isfinite(large)
    assert large == pytest.approx(largest, rel=1e-5)
    assert zero == negative_zero == 0
    assert np.isnan(others).all()
    assert_array_equal(errors_of(packed, SEVERAL), errors)


@examples(50)
@given(
    st.lists(st.integers(0, 150), min_size=1, max_size=6),
    st.sampled_from([1, 2, 3, 8, 64, 1000]),
    st.booleans(),
)
def test_the_same_bits_however_they_are_cut_and_laid_out(
    pieces: list[int], replicas: int, by_replica: bool
) -> None:
    losses = np.random.default_rng(0).random((sum(pieces), replicas), np.float32)
    expected = np.zeros(replicas)
    for window in losses:
        expected = expected + window
    if by_replica:
        losses = np.asfortranarray(losses)
    sums = np.zeros(replicas)
    for part in np.split(losses, np.cumsum(pieces)):
        sums = summed(sums, part)
    assert sums.tobytes() == expected.tobytes()


any_loss = st.floats(0, 4, width=32) | st.sampled_from([math.nan, math.inf, 3e38, 0.0])
many_losses = st.lists(any_loss, max_size=700)
many_ends = st.lists(st.integers(0, 700), max_size=20)


@given(many_losses, many_ends, st.integers(0, 700))
def test_the_blocks_are_the_same_however_the_losses_came_and_whatever_came_after(
    values: list[float], ends: list[int], until: int
) -> None:
    losses = np.array(values, np.float32)
    errors = np.linspace(0, 1, len(losses), dtype=np.float32)
    whole = BlockMeans().after(losses, errors)
    grown = BlockMeans()
    begin = 0
    for end in [*sorted(ends), 700]:
        grown = grown.after(losses[begin:end], errors[begin:end])
        begin = end
    assert_same(grown, whole)
    before = whole.until(until)
    again = slice(before.windows, until)
    expected = BlockMeans().after(losses[:until], errors[:until])
    assert_same(before.after(losses[again], errors[again]), expected)


def assert_same(blocks: BlockMeans, expected: BlockMeans) -> None:
    assert blocks.windows == expected.windows
    for array in ("ends", "losses", "errors", "under_way"):
        assert_array_equal(getattr(blocks, array), getattr(expected, array))


def test_a_block_holds_the_mean_of_its_windows() -> None:
    losses, errors = np.random.default_rng(0).random((2, 5000), np.float32)
    blocks = BlockMeans().after(losses, errors)
    begin = 0
    for index, end in enumerate(blocks.ends):
        loss = losses[begin:end].mean(dtype=np.float64)
        error = errors[begin:end].mean(dtype=np.float64)
        assert blocks.losses[index] == pytest.approx(loss, abs=1e-7)
        assert blocks.errors[index] == pytest.approx(error, abs=1e-7)
        begin = end


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


def record(
    windows: int,
    replicas: int = 1,
    chunk: int = 1000,
    seed: int = 0,
    bad: float = 0.0,
    **options: Any,
) -> Record:
    """Losses at random, a share of which is infinite or not a number, added in pieces."""
    rng = np.random.default_rng(seed)
    config = EchoConfig(replicas=replicas)
    losses = rng.random((windows, replicas), np.float32)
    losses[rng.random(losses.shape) < bad] = math.nan
    losses[rng.random(losses.shape) < bad] = math.inf
    errors = rng.integers(0, 76, losses.shape, np.int32)
    solved_at = rng.integers(0, windows + 1, replicas)
    history = LossHistory(config, **options)
    stored = kept(losses, errors, config)
    for begin in range(0, windows, chunk):
        history.add(stored[begin : begin + chunk], solved_at)
    return Record(history, losses_of(stored), errors, solved_at)


def records(least_replicas: int = 1) -> st.SearchStrategy[Record]:
    return st.builds(
        record,
        windows=st.integers(0, 300),
        replicas=st.integers(least_replicas, 8),
        chunk=st.integers(1, 120),
        seed=st.integers(0, 9),
        bad=st.sampled_from([0.0, 0.05]),
    )


def buckets_of(curve: Curve | Band) -> Iterator[tuple[int, slice]]:
    """Each bucket's index, and its windows."""
    for index, (start, end) in enumerate(zip(curve.starts, curve.ends, strict=True)):
        yield index, slice(start, end)


def assert_adjoin(curve: Curve | Band, first: int, last: int) -> None:
    """The buckets adjoin and cover these windows."""
    assert curve.first == first
    assert curve.last == last
    if first < last:
        assert [*curve.starts, last] == [first, *curve.ends]
    else:
        assert not len(curve.starts)


def assert_true(curve: Curve, losses: Floats) -> None:
    """The buckets hold the true values of their windows."""
    assert (curve.ends - curve.starts <= curve.width).all()
    for index, bucket in buckets_of(curve):
        windows = losses[bucket]
        assert len(windows)
        low, high = curve.low[index], curve.high[index]
        if np.isnan(windows).all():
            assert math.isnan(low)
            assert math.isnan(high)
        else:
            assert low == np.nanmin(windows)
            assert high == np.nanmax(windows)
        if np.isfinite(windows).all():
            mean = windows.mean(dtype=np.float64)
            assert curve.mean[index] == pytest.approx(mean, rel=1e-5, abs=1e-6)


def draw_part(data: st.DataObject, windows: int) -> tuple[int, int]:
    """The first window of a part, and its end."""
    first = data.draw(st.integers(0, windows))
    return first, data.draw(st.integers(first, windows))


many_windows = st.lists(st.integers(1, 60), max_size=8)


@given(many_windows, st.sampled_from([0.0, 0.05]), st.integers(1, 40), st.data())
def test_a_curve_of_parts_of_histories_is_the_curve_of_them_end_to_end(
    histories: list[int], bad: float, columns: int, data: st.DataObject
) -> None:
    pieces = []
    along = np.zeros(0, np.float32)
    for seed, windows in enumerate(histories):
        skipped, end = draw_part(data, windows)
        begin = len(along)
        part = record(windows, seed=seed, bad=bad, start=begin - skipped)
        along = np.append(along, part.losses[skipped:end])
        pieces.append(CurvePiece(partial(part.history.of_one, 0), begin, len(along)))
    first, last = draw_part(data, len(along))
    curve = curve_of(pieces, columns, first, last)
    assert_adjoin(curve, first, last)
    assert_true(curve, along)
    assert len(curve.starts) <= columns + 2 * len(pieces)


SOME = examples(40)


@SOME
@given(records(), st.integers(1, 40), st.integers(0, 400), st.integers(0, 400), st.data())
def test_buckets_have_the_extremes_and_the_means_of_their_windows(
    record: Record, columns: int, first: int, length: int, data: st.DataObject
) -> None:
    windows, replicas = record.losses.shape
    assert len(record.history) == windows
    replica = data.draw(st.integers(0, replicas - 1))
    curve = record.curve(columns, first, first + length, replica)
    last = min(first + length, windows)
    assert_adjoin(curve, min(first, last), last)
    assert len(curve.starts) <= columns + 2
    assert_true(curve, record.losses[:, replica])
    for index, bucket in buckets_of(curve):
        rate = record.errors[bucket, replica].mean() / 75
        assert curve.error_rate[index] == pytest.approx(rate, rel=1e-5)
    stored = record.history.windows(curve.first, last)
    assert stored is not None
    assert_array_equal(losses_of(stored), record.losses[curve.first : last])


@SOME
@given(records(2), st.integers(1, 40), st.data())
def test_a_band_has_the_quantiles_of_its_windows(
    record: Record, columns: int, data: st.DataObject
) -> None:
    """On average, and the number solved at its end."""
    windows, replicas = record.losses.shape
    first, last = draw_part(data, windows)
    band = band_of([record.whole(record.history.of_all)], columns, first, last)
    assert_adjoin(band, first, last)
    assert len(band) <= columns + 2
    assert (band.replicas == replicas).all()
    low, *inner, high = quantiles(record.losses, (0.0, 0.1, 0.5, 0.9, 1.0))
    for index, bucket in buckets_of(band):
        assert band.low[index] == low[bucket].min()
        assert band.high[index] == high[bucket].max()
        means = [quantile[bucket].mean(dtype=np.float64) for quantile in inner]
        shown = [band.tenth[index], band.median[index], band.ninetieth[index]]
        assert shown == pytest.approx(means, rel=1e-5)
        solved = (record.solved_at > 0) & (record.solved_at <= bucket.stop)
        assert band.solved[index] == solved.sum()


@SOME
@given(records(2), st.integers(1, 40), st.data())
def test_shades_are_mean_losses_of_those_asked_for(
    record: Record, columns: int, data: st.DataObject
) -> None:
    windows, replicas = record.losses.shape
    asked = data.draw(st.lists(st.integers(0, replicas + 1), max_size=4))
    first, last = draw_part(data, windows)
    whole = record.whole(partial(record.history.of_some, np.array(asked, np.int64)))
    shades = shades_of([whole], len(asked), columns, first, last)
    assert shades.shape == (len(asked), min(columns, last - first))
    for row, replica in zip(shades, asked, strict=True):
        if replica >= replicas:
            assert np.isnan(row).all()
            continue
        shown = record.losses[first:last, replica]
        if len(shown) and np.isfinite(shown).all():
            assert (row >= shown.min() - 1e-6).all()
            assert (row <= shown.max() + 1e-6).all()
        if last - first <= columns:
            assert_array_equal(row, shown)


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
    whole = record(windows, replicas, max(sizes), kept=256)
    losses = whole.losses[:, replicas - 1]
    curve = whole.curve(columns, 0, windows, replicas - 1)
    assert curve.low.min() == losses.min()
    assert curve.high.max() == losses.max()
    for index, bucket in buckets_of(curve):
        low, mean, high = curve.low[index], curve.mean[index], curve.high[index]
        assert low * (1 - 1e-6) <= mean <= high * (1 + 1e-6)
        # Where windows are forgotten, a bucket may reach beyond its edges
        begin, end = bucket.start // 1024 * 1024, -(-bucket.stop // 1024) * 1024
        wider = losses[begin:end]
        assert wider.min() <= low <= losses[bucket].min()
        assert losses[bucket].max() <= high <= wider.max()
    newest = whole.history.windows(max(0, windows - 256), windows)
    assert newest is not None
    assert_array_equal(losses_of(newest), whole.losses[-256:])
    if windows > 512:
        assert whole.history.windows(0, 40) is None
        mean_losses, *_ = whole.history.newest(0, 40)
        assert_allclose(mean_losses, whole.losses[:40].mean(axis=0), atol=0.3)


def test_a_position_whose_windows_are_forgotten_has_not_diverged_by_what_came_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buckets, "MOST_KEPT", 256)
    losses = Losses(Tree())
    number = branch_off(losses, EchoConfig())
    grow(losses, number, np.full(300, 0.5))
    grow(losses, number, np.full(2000, math.nan))
    assert losses.diverged(Position(number, 2300))
    assert not losses.diverged(Position(number, 290))

"""PopulationHistory: its bands and curves, compared with all losses in plain arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from echornn.history.population_history import PopulationHistory, PopulationPiece, band_of, kept_buckets, shades_of
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history.band import Band
from echornn.history.curve import HistoryPiece, curve_of
from echornn.history.loss_history import LossHistory
from echornn.history.packed import pack, unpack
from echornn.history.quantiles import quantiles
from echornn.progress import Counts, Floats
from tests.examples import examples

CONFIG = EchoConfig()


class Case(NamedTuple):
    """A history, and all losses that were added to it."""

    history: PopulationHistory
    losses: Floats
    errors: Counts
    solved: Counts


def case(windows: int, replicas: int, chunk: int, seed: int = 0, kept: int | None = None, bad: float = 0.0) -> Case:
    """Random losses, a share of which is infinite or NaN, added in pieces."""
    rng = np.random.default_rng(seed)
    losses = rng.random((windows, replicas), dtype=np.float32)
    losses[rng.random(losses.shape) < bad] = math.nan
    losses[rng.random(losses.shape) < bad] = math.inf
    errors = rng.integers(0, 76, (windows, replicas)).astype(np.int32)
    solved = np.sort(rng.integers(0, replicas + 1, windows)).astype(np.int32)
    history = PopulationHistory(replicas, CONFIG, kept)
    for begin in range(0, windows, chunk):
        some = slice(begin, begin + chunk)
        history.append(pack(losses[some], errors[some], CONFIG), solved[some])
    return Case(history, unpack(pack(losses, errors, CONFIG), CONFIG)[0], errors, solved)


some = examples(40)

cases = st.builds(
    case,
    windows=st.integers(0, 300),
    replicas=st.integers(1, 12),
    chunk=st.integers(1, 120),
    seed=st.integers(0, 9),
    bad=st.sampled_from([0.0, 0.05]),
)


def assert_end_to_end(band: Band, first: int, last: int) -> None:
    assert [*band.starts, last][: len(band) + 1] == [first, *band.ends][: len(band) + 1]
    assert (band.ends > band.starts).all()
    assert len(band) or first == last


def assert_band(band: Band, told: Case) -> None:
    """Check a band: each bucket has the mean quantiles of its windows, and the number of solved networks at its end."""
    low, tenth, median, ninetieth, high = quantiles(told.losses, (0.0, 0.1, 0.5, 0.9, 1.0))
    for at, (start, end) in enumerate(zip(band.starts, band.ends, strict=True)):
        some = slice(start, end)
        assert band.low[at] == low[some].min()
        assert band.high[at] == high[some].max()
        for drawn, known in ((band.tenth, tenth), (band.median, median), (band.ninetieth, ninetieth)):
            assert drawn[at] == pytest.approx(known[some].mean(dtype=np.float64), rel=1e-5)
        assert band.solved[at] == told.solved[end - 1]


@some
@given(cases, st.integers(1, 40), st.integers(0, 300), st.integers(0, 300))
def test_a_band_tells_the_quantiles_of_its_windows(told: Case, columns: int, first: int, length: int) -> None:
    band = told.history.band(columns, first, first + length)
    first, last = min(first, len(told.losses)), min(first + length, len(told.losses))
    assert (band.first, band.last) == (first, last)
    assert len(band) <= columns + 2
    assert_end_to_end(band, first, last)
    assert_band(band, told)
    assert (band.replicas == told.history.replicas).all()


@some
@given(cases, st.integers(1, 40), st.data())
def test_a_replicas_line_is_that_of_a_lone_run(told: Case, columns: int, data: st.DataObject) -> None:
    replica = data.draw(st.integers(0, told.history.replicas - 1))
    alone = LossHistory()
    alone.append(told.losses[:, replica], (told.errors[:, replica] / 75).astype(np.float32))
    first = data.draw(st.integers(0, len(alone)))
    last = data.draw(st.integers(first, len(alone)))
    of_lottery, expected = (
        curve_of([HistoryPiece(history, 0, 0, len(alone))], columns, first, last)
        for history in (told.history.of(replica), alone)
    )
    for name in ("starts", "ends", "low", "high"):
        np.testing.assert_array_equal(getattr(of_lottery, name), getattr(expected, name))
    for name in ("mean", "error_rate"):
        np.testing.assert_allclose(getattr(of_lottery, name), getattr(expected, name), rtol=1e-5)
    np.testing.assert_array_equal(told.history.of(replica).losses(first, last), told.losses[first:last, replica])
    rates = told.history.of(replica).error_rates(first, last)
    assert rates is not None
    np.testing.assert_allclose(rates, told.errors[first:last, replica] / 75, rtol=1e-6)


@some
@given(cases, st.integers(1, 40), st.data())
def test_shades_are_mean_losses_of_those_asked_for(told: Case, columns: int, data: st.DataObject) -> None:
    windows, replicas = told.losses.shape
    asked = data.draw(st.lists(st.integers(0, replicas + 1), max_size=4))
    first = data.draw(st.integers(0, windows))
    last = data.draw(st.integers(first, windows))
    shades = told.history.shades(asked, columns, first, last)
    assert shades.shape == (len(asked), min(columns, last - first))
    for row, replica in enumerate(asked):
        if replica >= replicas:
            assert np.isnan(shades[row]).all()
            continue
        known = told.losses[first:last, replica]
        fine = known[np.isfinite(known)]
        if len(fine) == len(known) and len(known):
            assert (shades[row] >= known.min() - 1e-6).all()
            assert (shades[row] <= known.max() + 1e-6).all()
        if last - first <= columns:
            np.testing.assert_array_equal(shades[row], known)


def test_no_diverged_window_is_left_out_of_the_shades() -> None:
    losses = np.full((1000, 2), 0.5, np.float32)
    losses[777, 1] = math.inf
    history = PopulationHistory(2, CONFIG)
    history.append(pack(losses, np.zeros((1000, 2), np.int32), CONFIG), np.zeros(1000, np.int32))
    shades = history.shades([0, 1], 30)
    assert shades[0].tolist() == pytest.approx([0.5] * 30, rel=1e-5)
    assert np.flatnonzero(np.isinf(shades[1])).tolist() == [777 * 30 // 1000]


def test_a_path_that_goes_on_alone_ends_the_band() -> None:
    told = case(100, 5, 100)
    pieces = [PopulationPiece(told.history, 0, 0, 60), PopulationPiece(None, 60, 60, 90)]
    band = band_of(pieces, 10, 0, 90)
    assert_end_to_end(band, 0, 60)
    assert_band(band, told)
    assert (band.first, band.last) == (0, 90)
    shades = shades_of(pieces, [0], 9, 0, 90)
    assert np.isnan(shades[0]).tolist() == [False] * 6 + [True] * 3


def test_a_path_over_two_branches_is_one_band() -> None:
    before, after = case(100, 5, 100), case(50, 5, 50, seed=1)
    pieces = [PopulationPiece(before.history, 0, 0, 70), PopulationPiece(after.history, 70, 70, 120)]
    joined = Case(
        before.history,
        np.concatenate([before.losses[:70], after.losses]),
        np.concatenate([before.errors[:70], after.errors]),
        np.concatenate([before.solved[:70], after.solved]),
    )
    band = band_of(pieces, 20, 10, 120)
    assert_end_to_end(band, 10, 120)
    assert_band(band, joined)
    assert shades_of(pieces, [3], 110, 10, 120)[0].tolist() == joined.losses[10:, 3].tolist()


def test_lost_windows_are_told_as_such() -> None:
    history = PopulationHistory(2, CONFIG)
    history.append(
        pack(np.full((4, 2), np.nan, np.float32), np.full((4, 2), -1, np.int32), CONFIG), np.zeros(4, np.int32)
    )
    band = history.band(10)
    assert np.isnan([band.low, band.tenth, band.median, band.ninetieth, band.high]).all()
    rates = history.of(0).error_rates(0, 4)
    assert rates is not None
    assert np.isnan(rates).all()


@examples(15)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=20), st.integers(1, 64))
def test_memory_is_bounded_and_old_extremes_stay(sizes: list[int], columns: int) -> None:
    told = case(sum(sizes), 3, max(sizes), kept=256)
    assert max(level._buckets.shape[1] for level in told.history._each._levels) <= 512
    curve = curve_of([HistoryPiece(told.history.of(1), 0, 0, sum(sizes))], columns, 0, sum(sizes))
    assert (curve.low.min(), curve.high.max()) == (told.losses[:, 1].min(), told.losses[:, 1].max())
    assert told.history.shades([1], columns).shape == (1, min(columns, sum(sizes)))
    newest = told.history.losses(max(0, sum(sizes) - 256), sum(sizes))
    np.testing.assert_array_equal(newest, told.losses[-256:])


def test_a_level_keeps_less_of_more_replicas() -> None:
    assert [kept_buckets(replicas) for replicas in (1, 64, 4096, 10**6)] == [1 << 18, 1 << 14, 1 << 9, 1 << 9]


def test_nothing_is_known_before_the_first_window_or_of_no_replica() -> None:
    history = PopulationHistory(3, CONFIG)
    history.append(np.empty((0, 3), np.uint32), np.empty(0, np.int32))
    assert (len(history), len(history.band(10)), history.shades([0, 1], 10).shape) == (0, 0, (2, 0))
    for replica in (-1, 3):
        with pytest.raises(IndexError, match="not one of 3"):
            history.of(replica)

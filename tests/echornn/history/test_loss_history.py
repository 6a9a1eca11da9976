"""LossHistory: what a drawing promises, for one network and for several, against all losses kept as they came."""

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

from echornn.config import EchoConfig
from echornn.history.curve import Band, Curve, Piece, band_of, curve_of, shades_of
from echornn.history.pyramid import LossHistory
from echornn.history.windows import errors_of, kept, losses_of, quantiles
from echornn.progress import Counts, Floats
from tests.echornn.history.test_curve import assert_true
from tests.examples import examples

CONFIG = EchoConfig()


class Case(NamedTuple):
    """A history, and everything that was added to it."""

    history: LossHistory
    losses: Floats
    errors: Counts
    solved_at: npt.NDArray[np.int64]

    def whole(self, buckets: Any) -> Piece:
        return Piece(buckets, 0, len(self.history))

    def curve(self, columns: int, first: int, last: int, replica: int) -> Curve:
        last = min(last, len(self.history))
        return curve_of([self.whole(partial(self.history.of_one, replica))], columns, min(first, last), last)


def case(windows: int, replicas: int, chunk: int, seed: int = 0, buckets: int | None = None, bad: float = 0.0) -> Case:
    """Losses at random, a share of which is infinite or not a number, added in pieces."""
    rng = np.random.default_rng(seed)
    config = replace(CONFIG, replicas=replicas)
    losses = rng.random((windows, replicas), dtype=np.float32)
    losses[rng.random(losses.shape) < bad] = math.nan
    losses[rng.random(losses.shape) < bad] = math.inf
    errors = rng.integers(0, 76, (windows, replicas)).astype(np.int32)
    solved_at = rng.integers(0, windows + 1, replicas)
    history, all_windows = LossHistory(config, buckets=buckets), kept(losses, errors, config)
    for begin in range(0, windows, chunk):
        history.add(all_windows[begin : begin + chunk], solved_at)
    return Case(history, losses_of(all_windows), errors_of(all_windows, config), solved_at)


def cases(least_replicas: int = 1) -> st.SearchStrategy[Case]:
    return st.builds(
        case,
        windows=st.integers(0, 300),
        replicas=st.integers(least_replicas, 8),
        chunk=st.integers(1, 120),
        seed=st.integers(0, 9),
        bad=st.sampled_from([0.0, 0.05]),
    )


some = examples(40)


@some
@given(cases(), st.integers(1, 40), st.integers(0, 400), st.integers(0, 400), st.data())
def test_buckets_have_the_extremes_and_the_means_of_their_windows(
    told: Case, columns: int, first: int, length: int, data: st.DataObject
) -> None:
    windows, replicas = told.losses.shape
    replica = data.draw(st.integers(0, replicas - 1))
    losses, errors = told.losses[:, replica], told.errors[:, replica]
    curve = told.curve(columns, first, first + length, replica)
    assert len(told.history) == windows
    assert curve.last == min(first + length, windows)
    assert len(curve.starts) <= columns + 2
    assert_true(curve, losses)
    for start, end, rate in zip(curve.starts, curve.ends, curve.error_rate, strict=True):
        assert rate == pytest.approx(errors[start:end].mean() / 75, rel=1e-5)
    stored = told.history.windows(curve.first, curve.last)
    assert stored is not None
    np.testing.assert_array_equal(losses_of(stored), told.losses[curve.first : curve.last])


def assert_end_to_end(band: Band, first: int, last: int) -> None:
    assert [*band.starts, last][: len(band) + 1] == [first, *band.ends][: len(band) + 1]
    assert (band.ends > band.starts).all()
    assert len(band) or first == last


def assert_band(band: Band, told: Case) -> None:
    """Each bucket has the quantiles of its windows, on average, and the number solved at its end."""
    low, tenth, median, ninetieth, high = quantiles(told.losses, (0.0, 0.1, 0.5, 0.9, 1.0))
    for at, (start, end) in enumerate(zip(band.starts, band.ends, strict=True)):
        there = slice(start, end)
        assert band.low[at] == low[there].min()
        assert band.high[at] == high[there].max()
        for drawn, known in ((band.tenth, tenth), (band.median, median), (band.ninetieth, ninetieth)):
            assert drawn[at] == pytest.approx(known[there].mean(dtype=np.float64), rel=1e-5)
        assert band.solved[at] == ((told.solved_at > 0) & (told.solved_at <= end)).sum()


@some
@given(cases(2), st.integers(1, 40), st.integers(0, 300), st.integers(0, 300))
def test_a_band_has_the_quantiles_of_its_windows(told: Case, columns: int, first: int, length: int) -> None:
    first, last = min(first, len(told.losses)), min(first + length, len(told.losses))
    band = band_of([told.whole(told.history.of_all)], columns, first, last)
    assert (band.first, band.last) == (first, last)
    assert len(band) <= columns + 2
    assert_end_to_end(band, first, last)
    assert_band(band, told)
    assert (band.replicas == told.losses.shape[1]).all()


@some
@given(cases(2), st.integers(1, 40), st.data())
def test_shades_are_mean_losses_of_those_asked_for(told: Case, columns: int, data: st.DataObject) -> None:
    windows, replicas = told.losses.shape
    asked = data.draw(st.lists(st.integers(0, replicas + 1), max_size=4))
    first = data.draw(st.integers(0, windows))
    last = data.draw(st.integers(first, windows))
    whole = told.whole(partial(told.history.of_some, np.array(asked, np.int64)))
    shades = shades_of([whole], len(asked), columns, first, last)
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


@examples(20)
@given(st.sampled_from([1, 3]), st.lists(st.integers(1, 500), min_size=1, max_size=20), st.integers(1, 64))
def test_memory_is_bounded_and_old_extremes_stay(replicas: int, sizes: list[int], columns: int) -> None:
    told = case(sum(sizes), replicas, max(sizes), buckets=256)
    losses = told.losses[:, replicas - 1]
    curve = told.curve(columns, 0, sum(sizes), replicas - 1)
    assert (curve.low.min(), curve.high.max()) == (losses.min(), losses.max())
    for start, end, low, mean, high in zip(curve.starts, curve.ends, curve.low, curve.mean, curve.high, strict=True):
        windows = losses[start:end]
        assert low <= windows.min()  # where windows are forgotten, a bucket may reach beyond its edges
        assert high >= windows.max()
        wider = losses[start // 1024 * 1024 : -(-end // 1024) * 1024]
        assert wider.min() <= low <= high <= wider.max()
        assert low * (1 - 1e-6) <= mean <= high * (1 + 1e-6)
    newest = told.history.windows(max(0, sum(sizes) - 256), sum(sizes))
    assert newest is not None
    np.testing.assert_array_equal(losses_of(newest), told.losses[-256:])
    if sum(sizes) > 512:
        assert told.history.windows(0, 40) is None
        np.testing.assert_allclose(told.history.newest(0, 40)[0], told.losses[:40].mean(axis=0), atol=0.3)

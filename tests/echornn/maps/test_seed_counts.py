"""Counts over seeds, and the values that a map shows for them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.diagnosis.seed_stats import wilson
from echornn.maps.measures import LEVELS, Measure, Scale, short_text, value_of
from echornn.maps.seed_counts import SeedCounts, SeedResult


def counts(*solved_at: int | None, losses: tuple[float, ...] = (), failed: int = 0, missing: int = 0) -> SeedCounts:
    given_losses = losses or tuple(0.04 if at else 0.69 for at in solved_at)
    trained = (SeedResult(seed, at, loss) for seed, (at, loss) in enumerate(zip(solved_at, given_losses, strict=True)))
    return SeedCounts(tuple(trained), failed, missing)


def test_what_the_seeds_have_come_to() -> None:
    one = counts(310, None, 43, 120)
    assert (one.finished, one.solved, one.success) == (4, 3, 0.75)
    assert one.interval == wilson(3, 4)
    assert one.best is not None
    assert one.best.seed == 2


def test_of_several_versions_the_newest_alone_counts() -> None:
    older, newer = (replace(counts(*solved_at), version=number) for number, solved_at in enumerate([(9, 9), (None, 8)]))
    cannot = SeedCounts(left_out=1)
    both = SeedCounts.together([newer, older, cannot])
    assert (both.version, both.finished, both.solved, both.asked, both.of_others, both.left_out) == (1, 2, 1, 2, 2, 1)
    assert both.is_pooled
    assert SeedCounts.together([both, replace(newer, version=2)]).of_others == 4


@pytest.mark.parametrize(
    ("solved_at", "window"),
    [((10,), 10), ((None,), None), ((10, None), 10), ((10, 30, 20), 20), ((10, None, None), None), ((1, 2, 3, 4), 2)],
)
def test_half_of_the_seeds_and_not_half_of_those_that_solved_it(
    solved_at: tuple[int | None, ...], window: int | None
) -> None:
    assert counts(*solved_at).half_solved == window


def test_of_a_sweep_that_was_interrupted_shares_and_windows_are_of_all_seeds() -> None:
    """Networks that solve the echo finish early: here 11 of the 11 finished ones, of 24 in all."""
    early = counts(*range(100, 210, 10), missing=13)
    assert (early.solved, early.finished, early.asked, early.is_whole) == (11, 11, 24, False)
    assert early.success == 11 / 24
    assert early.interval == (wilson(11, 24)[0], wilson(24, 24)[1])
    assert early.half_solved is None
    assert counts(*range(100, 220, 10), missing=12).half_solved == 210
    assert counts(10, failed=1).interval == (wilson(1, 2)[0], wilson(2, 2)[1])


@given(st.lists(st.integers(1, 666) | st.none(), min_size=1, max_size=24), st.data())
def test_what_is_told_early_holds_when_all_is_known(solved_at: list[int | None], data: st.DataObject) -> None:
    """For any order in which results arrive."""
    whole = counts(*solved_at)
    order = data.draw(st.permutations(solved_at))
    for known in range(1, len(order) + 1):
        early = counts(*order[:known], missing=len(order) - known)
        assert early.success <= whole.success
        assert early.interval[0] <= whole.interval[0] <= whole.interval[1] <= early.interval[1]
        if early.half_solved is not None:
            assert whole.half_solved is not None
            assert whole.half_solved <= early.half_solved


def test_losses_that_diverged_are_the_worst() -> None:
    assert counts(None, None, None, losses=(math.nan, 0.5, 0.6)).loss == 0.6
    assert counts(None, None, None, losses=(math.nan, math.inf, 0.6)).loss == math.inf
    assert counts(None, losses=(math.nan,)).best is None
    assert counts(None, None, losses=(0.6, 0.5)).best == SeedResult(1, None, 0.5)


def test_of_no_results_nothing_is_known() -> None:
    empty = counts(missing=16)
    assert math.isnan(empty.success)
    assert math.isnan(empty.loss)
    assert empty.interval == (0.0, 1.0)
    assert (empty.half_solved, empty.best) == (None, None)
    assert all(math.isnan(value_of(empty, measure)) for measure in Measure)
    assert short_text(math.nan, Measure.LOSS) == ""


def test_together_all_seeds_count() -> None:
    both = SeedCounts.together([counts(10, None, failed=1), counts(30, missing=2)])
    assert (both.finished, both.solved, both.failed, both.missing) == (3, 2, 1, 2)
    assert SeedCounts.together([]) == SeedCounts()
    assert both.is_pooled
    assert not SeedCounts.together([counts(10), SeedCounts(left_out=1)]).is_pooled


def test_of_several_points_the_median_of_theirs_is_told() -> None:
    fast, slow, never = counts(70, 77, 90), counts(300, 362, 400), counts(None, None, 500)
    assert SeedCounts.together([fast, slow]).half_solved == round((77 + 362) / 2)
    assert SeedCounts.together([fast, slow, never]).half_solved == 362
    assert SeedCounts.together([fast, never]).half_solved is None
    assert SeedCounts.together([fast, slow, counts(missing=3)]).half_solved == 362, "at most: the third may be faster"
    assert SeedCounts.together([fast, counts(missing=3)]).half_solved is None
    assert SeedCounts.together([counts(missing=3), counts(missing=3)]).half_solved is None
    assert SeedCounts.together([fast, slow, never]).loss == 0.04
    assert math.isnan(SeedCounts.together([counts(missing=3), counts(failed=3)]).loss)


def test_a_scale_of_nothing_has_no_shade() -> None:
    never = counts(None, None)
    assert Scale.of([never], Measure.WINDOWS).legend == ((0, "not half solved"),)
    assert Scale.of([never], Measure.WINDOWS).level(math.inf) == 0


def test_shades_of_success_tell_none_and_all_from_the_rest() -> None:
    scale = Scale.of([], Measure.SUCCESS)
    shares = [0, 1 / 16, 5 / 16, 1 / 3, 10 / 16, 11 / 16, 15 / 16, 1]
    assert [scale.level(share) for share in shares] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert [short_text(share, Measure.SUCCESS) for share in (0, 0.001, 0.5, 0.999, 1)] == ["0", "1", "50", "99", "100"]


@given(st.lists(st.integers(1, 10**7), min_size=1), st.sampled_from([Measure.WINDOWS, Measure.LOSS]))
def test_the_better_the_more(at: list[int], measure: Measure) -> None:
    all_counts = [counts(one, losses=(one / 10**6,)) for one in at]
    scale = Scale.of([*all_counts, counts(None, losses=(math.inf,))], measure)
    values = sorted(value_of(one, measure) for one in all_counts)
    shares, levels = [scale.share(value) for value in values], [scale.level(value) for value in values]
    assert shares == sorted(shares, reverse=True)
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == LEVELS - 1
    assert min(levels) >= 1
    assert scale.level(math.inf) == 0
    assert {level for level, _ in scale.legend} >= {0, 4}


@given(st.floats(0, 1e30) | st.just(math.inf), st.sampled_from(Measure))
def test_a_number_in_a_cell_is_short(value: float, measure: Measure) -> None:
    value = min(value, 1.0) if measure is Measure.SUCCESS else min(value, 1e14)
    assert len(short_text(value, measure)) <= 5


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (310, Measure.WINDOWS, "310"),
        (1243, Measure.WINDOWS, "1.2k"),
        (66_600, Measure.WINDOWS, "66.6k"),
        (999_999, Measure.WINDOWS, "1.0M"),
        (math.inf, Measure.WINDOWS, "-"),
        (0.0312, Measure.LOSS, "0.03"),
        (0.0004, Measure.LOSS, "4e-4"),
        (12.345, Measure.LOSS, "12.3"),
        (0.0, Measure.LOSS, "0"),
    ],
)
def test_numbers_in_cells(value: float, measure: Measure, text: str) -> None:
    assert short_text(value, measure) == text

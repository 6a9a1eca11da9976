"""Keyframes: limited in number, and the nearest one is found."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from echornn.runs.states import LEAST_KEPT, Keyframe, Keyframes
from echornn.timeline.branch import Position
from tests.examples import examples

positions = st.builds(Position, st.integers(0, 3), st.integers(0, 50))


def of(position: Position, size: int = 8) -> Keyframe:
    return Keyframe(position, bytes([position.window % 251]) * size)


@given(st.lists(positions, max_size=60), positions)
def test_the_nearest_is_the_last_of_its_branch_that_is_not_after_it(added: list[Position], asked: Position) -> None:
    kept = Keyframes()
    news = [kept.add(of(position)) for position in added]
    assert news == [position not in added[:index] for index, position in enumerate(added)]
    assert len(kept) == len(set(added))
    assert [one.position for one in kept.all()] == sorted(set(added))
    found = kept.nearest(asked)
    before = [one for one in set(added) if one.branch == asked.branch and one.window <= asked.window]
    assert (None if found is None else found.position) == max(before, default=None)


@examples(50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 100)), max_size=400), st.integers(100, 2000))
def test_they_stay_within_the_bound_or_are_few(steps: list[tuple[int, int]], most: int) -> None:
    kept = Keyframes(most)
    ends = [0] * 4
    for branch, windows in steps:
        ends[branch] += windows
        thinned = kept.thinned
        kept.add(of(Position(branch, ends[branch]), 10))
        assert kept.bytes == sum(one.size for one in kept.all()) == 10 * len(kept)
        assert kept.bytes <= max(most, 10 * LEAST_KEPT)
        assert kept.thinned >= thinned


def test_thinned_they_stay_evenly_apart() -> None:
    kept = Keyframes(most_bytes=100 * 10)
    for window in range(0, 100_000, 7):
        kept.add(of(Position(0, window), 10))
    windows = [one.position.window for one in kept.all()]
    assert 50 <= len(windows) <= 100
    gaps = [after - before for before, after in itertools.pairwise([0, *windows, 100_000])]
    assert max(gaps) <= 4 * 100_000 / len(windows)

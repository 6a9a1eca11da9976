"""Block means of a stretch of windows: independent of the sizes of pieces, of limited number, and correct."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.history.curve import BlockMeans
from echornn.progress import Floats

LOSSES = st.floats(0, 4, width=32) | st.sampled_from([math.nan, math.inf, 3e38, 0.0])


def reviews_of(losses: Floats, errors: Floats | None = None) -> BlockMeans:
    return BlockMeans().after(losses, np.zeros_like(losses) if errors is None else errors)


@given(st.lists(LOSSES, max_size=700), st.lists(st.integers(0, 200), min_size=1, max_size=20), st.integers(0, 700))
def test_the_blocks_are_the_same_however_the_losses_came_and_whatever_came_after(
    losses: list[float], pieces: list[int], until: int
) -> None:
    all_of_them = np.array(losses, np.float32)
    errors = np.linspace(0, 1, len(losses)).astype(np.float32)
    whole, grown, begin = reviews_of(all_of_them, errors), BlockMeans(), 0
    for size in [*pieces, len(losses)]:
        grown = grown.after(all_of_them[begin : begin + size], errors[begin : begin + size])
        begin += size
    then = whole.until(until)
    known = slice(then.windows, until)
    for one, other in (
        (grown, whole),
        (then.after(all_of_them[known], errors[known]), reviews_of(all_of_them[:until], errors[:until])),
    ):
        assert one.windows == other.windows
        for array in ("ends", "losses", "logs", "errors", "under_way"):
            np.testing.assert_array_equal(getattr(one, array), getattr(other, array))


def test_a_block_holds_the_mean_of_its_windows() -> None:
    losses = np.random.default_rng(0).random(5000).astype(np.float32)
    block_means = reviews_of(losses, losses[::-1].copy())
    begin = 0
    for index, end in enumerate(block_means.ends.tolist()):
        assert block_means.losses[index] == pytest.approx(losses[begin:end].mean(dtype=np.float64), abs=1e-7)
        assert block_means.errors[index] == pytest.approx(losses[::-1][begin:end].mean(dtype=np.float64), abs=1e-7)
        begin = end

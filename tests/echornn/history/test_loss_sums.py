"""Mean losses of many networks, for pieces of any size."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.history.windows import summed
from tests.examples import examples


@examples(50)
@given(st.lists(st.integers(0, 150), min_size=1, max_size=6), st.sampled_from([1, 2, 3, 8, 64, 1000]), st.booleans())
def test_the_same_bits_however_they_are_cut_and_laid_out(pieces: list[int], replicas: int, by_replica: bool) -> None:
    losses = np.random.default_rng(0).exponential(size=(sum(pieces), replicas)).astype(np.float32)
    expected = np.zeros(replicas)
    for of_one_window in losses:
        expected = expected + of_one_window
    sums, begin = np.zeros(replicas), 0
    for piece in pieces:
        some = losses[begin : begin + piece]
        sums = summed(sums, np.asfortranarray(some) if by_replica else some)
        begin += piece
    assert sums.tobytes() == expected.tobytes()

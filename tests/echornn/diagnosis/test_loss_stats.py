"""Loss statistics are the same however the losses are cut into pieces, and say when the echo was solved."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import solved_level
from echornn.diagnosis.loss_stats import LossStats
from tests.losses_seen import after

TUTORIAL = EchoConfig()
CHANCE = math.log(2)


def evidence_of(losses: list[float], config: EchoConfig = TUTORIAL) -> LossStats:
    return after(LossStats(), np.array(losses, np.float32), config)


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=1, max_size=300), st.integers(1, 70))
def test_evidence_does_not_depend_on_the_pieces_in_which_losses_come(losses: list[float], piece: int) -> None:
    whole, pieces = evidence_of(losses), LossStats()
    for begin in range(0, len(losses), piece):
        pieces = after(pieces, np.array(losses[begin : begin + piece], np.float32), TUTORIAL)
    assert (pieces.windows, pieces.solved_at) == (whole.windows, whole.solved_at)
    np.testing.assert_array_equal(pieces.recent, whole.recent)


def test_solved_is_the_first_window_with_a_low_mean() -> None:
    assert evidence_of([0.7] * 400 + [0.0] * 100).solved_at == 400 + 47
    assert evidence_of([0.01] * 49).solved_at is None
    assert evidence_of([math.nan] + [0.01] * 50).solved_at == 51


def test_solved_is_numbered_in_the_run_as_the_axis_is() -> None:
    loss_stats = after(LossStats(), np.full(30, 0.7, np.float32), TUTORIAL, 1000)
    assert after(loss_stats, np.full(100, 0.01, np.float32), TUTORIAL, 1030).solved_at == 1030 + 48


@given(st.lists(st.floats(0, 0.125, width=32) | st.sampled_from([math.nan, math.inf, 3e38]), max_size=400))
def test_solved_is_what_the_means_of_all_fifty_windows_say(losses: list[float]) -> None:
    values = np.array(losses, np.float32)
    means = [values[at - 50 : at].mean(dtype=np.float64) for at in range(50, len(values) + 1)]
    below = [at for at, mean in enumerate(means, 50) if mean < solved_level(TUTORIAL)]
    assert evidence_of(losses).solved_at == (below[0] if below else None)

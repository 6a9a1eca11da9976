"""A network's window packed into four bytes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history.windows import PACKED_LOST, error_rates_of, errors_of, losses_of
from echornn.history.windows import kept as pack

TUTORIAL = EchoConfig(replicas=2)
WIDE = dataclasses.replace(TUTORIAL, batch_size=50)
"""750 predictions per window."""

LARGEST = float(np.finfo(np.float32).max)


@given(st.lists(st.floats(0, width=32), min_size=1, max_size=8), st.integers(0, 75))
def test_losses_are_kept_to_a_few_millionths_and_errors_exactly(losses: list[float], errors: int) -> None:
    given = np.array(losses, np.float32)
    packed = pack(given, np.full(len(given), errors, np.int32), TUTORIAL)
    assert packed.dtype == np.uint32
    kept, kept_errors = losses_of(packed), errors_of(packed, TUTORIAL)
    np.testing.assert_allclose(kept, given, rtol=2.0**-17, atol=2.0**-142)
    assert (kept_errors == errors).all()
    np.testing.assert_array_equal(pack(kept, kept_errors, TUTORIAL), packed)
    np.testing.assert_array_equal(losses_of(packed), kept)
    np.testing.assert_array_equal(error_rates_of(packed, TUTORIAL), np.float32(errors) / np.float32(75))


def test_what_is_no_finite_number_stays_that_and_what_is_finite_finite() -> None:
    nans = np.array([0x7F800001, 0x7FFFFFFF, 0xFFC00000], np.uint32).view(np.float32)
    losses = np.array([math.inf, LARGEST, 0.0, -0.0, *nans], np.float32)
    packed = pack(losses, np.arange(7, dtype=np.int32), TUTORIAL)
    kept, errors = losses_of(packed), errors_of(packed, TUTORIAL)
    assert kept[0] == math.inf
    assert math.isfinite(kept[1])
    assert kept[1] == pytest.approx(LARGEST, rel=1e-5)
    assert kept[2:4].tolist() == [0.0, 0.0]
    assert np.isnan(kept[4:]).all()
    assert errors.tolist() == list(range(7))


def test_a_lost_window_is_told_from_one_whose_loss_is_no_number() -> None:
    losses = np.array([[math.nan, math.nan]], np.float32)
    packed = pack(losses, np.array([[-1, 75]], np.int32), TUTORIAL)
    assert packed.tolist()[0][0] == PACKED_LOST
    kept, errors = losses_of(packed), errors_of(packed, TUTORIAL)
    assert np.isnan(kept).all()
    assert errors.tolist() == [[-1, 75]]
    rates = error_rates_of(packed, TUTORIAL)
    assert math.isnan(rates[0, 0])
    assert rates[0, 1] == 1


@given(st.integers(0, 750))
def test_errors_of_many_predictions_are_kept_in_255ths(errors: int) -> None:
    packed = pack(np.zeros(1, np.float32), np.array([errors], np.int32), WIDE)
    (kept,) = errors_of(packed, WIDE)
    assert abs(int(kept) - errors) <= 750 / 255 / 2 + 0.5
    assert kept == errors or errors not in (0, 750)
    assert pack(np.zeros(1, np.float32), np.array([kept], np.int32), WIDE) == packed
    assert error_rates_of(packed, WIDE)[0] == pytest.approx(errors / 750, abs=1 / 510 + 1e-6)

"""Loss levels, compared with known numbers and with the losses of the best guesses on data."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import (
    boundary_floor,
    chance_level,
    mean_floor,
)
from echornn.data.series import EchoSeries

TUTORIAL = EchoConfig()
CHANCE = math.log(2)


def test_levels_of_the_tutorial() -> None:
    assert chance_level(TUTORIAL) == pytest.approx(0.6931, abs=1e-4)
    assert boundary_floor(TUTORIAL) == pytest.approx(0.1109, abs=1e-4)
    assert boundary_floor(TUTORIAL, 1) == 0
    assert boundary_floor(replace(TUTORIAL, row_start="zero")) == 0
    assert chance_level(replace(TUTORIAL, num_classes=10)) == pytest.approx(2.3026, abs=1e-4)


@given(
    batch=st.integers(1, 6), length=st.integers(1, 12), echo=st.integers(0, 30), window=st.integers(0, 3),
    stride=st.integers(1, 12),
)  # fmt: skip
def test_the_floor_counts_the_targets_that_echo_the_row_above(
    batch: int, length: int, echo: int, window: int, stride: int
) -> None:
    config = EchoConfig(
        batch_size=batch, truncated_backprop_length=length, total_series_length=batch * 64, echo_step=echo,
        stride=min(stride, length),
    )  # fmt: skip
    blank, above = (
        EchoSeries.from_inputs(np.ones(batch * 64, np.uint8), echo, batch, start).y
        for start in ("zero", "previous_row")
    )
    begin = window * config.window_stride
    unknown = int((blank != above)[:, begin : begin + length].sum())
    assert boundary_floor(config, window) == pytest.approx(unknown / (batch * length) * CHANCE)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("batch", [2, 5])
def test_the_floor_of_a_network_is_what_the_best_guess_costs(batch: int, classes: int) -> None:
    """For targets that echo the row above, or are blank, only the frequency of each symbol can be known."""
    config = EchoConfig(
        batch_size=batch, total_series_length=batch * 6, truncated_backprop_length=6, echo_step=3, num_classes=classes
    )
    x = np.random.default_rng(0).integers(0, classes, batch * 6 * 20_000).astype(np.uint8)
    targets = [EchoSeries.from_inputs(one, 3, batch, "previous_row").y[:, :3] for one in x.reshape(-1, batch * 6)]
    shares = np.bincount(np.array(targets).ravel()) / np.size(targets)
    assert mean_floor(config) == pytest.approx(-(shares * np.log(shares)).sum() * 3 / 6, abs=2e-3)

"""The division of the screen, and the axes and columns of the curve: everything shown can be read,
at any size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.run.losses import Losses
from echornn.run.tree import Tree
from tests.examples import examples
from tests.trees import branch_off, grow
from tui.app.layout import LEAST_PLOT_HEIGHT, STATUS_AND_KEYS, WIDE, is_large, layout
from tui.views.axes import LossAxis, loss_ticks, per_column, window_ticks
from tui.views.table import VIEWS, ViewChoice

KEYS = [view.key for view in VIEWS]


@given(
    width=st.integers(0, 400),
    height=st.integers(0, 200),
    panel_open=st.booleans(),
    batch=st.integers(1, 300),
    length=st.integers(1, 100),
    keys=st.lists(st.sampled_from(KEYS), max_size=4),
)
def test_the_curve_keeps_its_lines_wherever_it_is_shown(
    width: int, height: int, panel_open: bool, batch: int, length: int, keys: list[str]
) -> None:
    config = EchoConfig(batch_size=batch, truncated_backprop_length=length)
    choice = ViewChoice()
    for key in keys:
        choice = choice.pressed(key)
    views, view_lines, panel_lines = layout(config, width, height, panel_open, choice)
    assert bool(views) == bool(view_lines)
    if is_large(width, height):
        assert height - STATUS_AND_KEYS - view_lines - panel_lines >= LEAST_PLOT_HEIGHT
        assert bool(panel_lines) == (panel_open and width < WIDE)
        assert view_lines or panel_open


@examples(100)
@given(
    st.lists(st.floats(width=32, min_value=0) | st.just(math.nan), max_size=300),
    st.integers(1, 50),
    st.booleans(),
)
def test_every_extreme_has_its_column(losses: list[float], columns: int, log: bool) -> None:
    timeline = Losses(Tree())
    grow(timeline, branch_off(timeline, EchoConfig()), losses, 0.2)
    curve = timeline.curve(0, columns)
    axis = LossAxis.holding(curve.low, curve.high, log)
    assert axis.bottom < axis.top
    shares = axis.share(curve.low), axis.share(curve.high)
    low, high = per_column(curve, *shares, columns, 0, max(1, curve.last))
    drawn = np.concatenate([low, high])
    drawn = drawn[~np.isnan(drawn)]
    assert (drawn >= 0).all()
    assert (drawn <= 1).all()
    if losses and not np.isnan(losses).any():
        least, most = axis.share(np.array([min(losses), max(losses)], np.float32))
        assert np.nanmin(low) == pytest.approx(least)
        assert np.nanmax(high) == pytest.approx(most)


@given(st.floats(1e-8, 3e38), st.integers(1, 100))
def test_labels_of_the_loss_axis_are_few_round_and_apart(top: float, lines: int) -> None:
    ticks = loss_ticks(LossAxis(0.0, top), lines)
    assert 1 <= len(ticks) <= min(10, max(1, lines // 2)) + 1
    places, labels = zip(*ticks, strict=True)
    assert max(map(len, labels)) <= 6
    assert len({*labels}) == len(ticks)
    assert min(places) >= 0
    assert max(places) < lines
    assert lines < 4 or len({*places}) == len(ticks)


@given(st.integers(0, 10**9), st.integers(20, 10**9), st.integers(10, 400))
def test_labels_of_the_window_axis_stand_at_their_windows(
    first: int, length: int, columns: int
) -> None:
    ticks = window_ticks(first, length, columns)
    assert ticks
    places, labels = zip(*ticks, strict=True)
    assert len({*labels}) == len(ticks)
    assert min(places) >= 0
    assert max(places) <= columns

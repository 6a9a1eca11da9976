"""The loss curve: what is drawn of which losses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from echornn.history import Curve, LossHistory
from tui.widgets.loss_plot import LossPlot, axis_end, count, epoch_starts, loss_axis_top, zigzag


def curve_of(losses: list[float], columns: int = 60) -> Curve:
    history = LossHistory()
    history.begin("start", 0, 0, 10)
    history.append(np.array(losses, np.float32), np.zeros(len(losses), np.float32))
    return history.curve(columns)


class OneWidget(App[None]):
    def __init__(self, plot: LossPlot) -> None:
        super().__init__()
        self.plot = plot

    def compose(self) -> ComposeResult:
        yield self.plot


async def drawn(losses: list[float], width: int = 60, height: int = 12) -> list[str]:
    app = OneWidget(LossPlot(ascii_only=True))
    async with app.run_test(size=(width, height)) as pilot:
        app.plot.show(curve_of(losses, app.plot.buckets))
        await pilot.pause()
        return [app.plot.render_line(y).text.rstrip() for y in range(height)]


async def test_a_spike_stands_out_among_many_windows() -> None:
    losses = [0.1] * 20_000
    losses[10_000] = 0.9
    lines = await drawn(losses)
    column = next(line.index("*") for line in lines if "*" in line)
    assert column > 20
    assert sum("*" in line for line in lines) > 5


async def test_axes_name_losses_and_windows() -> None:
    lines = await drawn([1.0, 0.5] * 50)
    text = "\n".join(lines)
    for label in ("1.00", "0.50", "0.00", "25", "50", "100"):
        assert label in text


@pytest.mark.parametrize(
    "losses",
    [[], [0.5], [0.0], [math.nan], [math.inf], [0.5, math.nan, 0.4, math.inf, 0.3], [1e30, 1e-30], [math.nan] * 500],
)
@pytest.mark.parametrize(("width", "height"), [(80, 10), (12, 3), (3, 1), (200, 40)])
async def test_no_loss_and_no_size_takes_the_plot_down(losses: list[float], width: int, height: int) -> None:
    await drawn(losses, width, height)


@settings(max_examples=200)
@given(st.lists(st.floats(width=32, min_value=0), max_size=300), st.integers(1, 50))
def test_points_are_finite_few_and_hold_every_extreme(losses: list[float], columns: int) -> None:
    curve = curve_of(losses, columns)
    windows, points = zigzag(curve)
    assert len(windows) == len(points) <= 2 * (columns + 1)
    assert all(math.isfinite(value) for value in [*windows, *points])
    assert windows == sorted(windows)
    finite = [float(np.float32(loss)) for loss in losses if math.isfinite(loss)]
    if finite and len(finite) == len(losses):
        assert min(points) == min(finite)
        assert max(points) == max(finite)
        assert max(finite) <= loss_axis_top(curve) or max(finite) > 1e37


@given(st.integers(1, 10**12))
def test_the_window_axis_is_round_and_not_much_too_long(windows: int) -> None:
    end = axis_end(windows)
    assert windows <= end <= max(100, 1.5 * windows)


@pytest.mark.parametrize(
    ("windows", "text"), [(0, "0"), (950, "950"), (1000, "1k"), (12_500, "12.5k"), (3e6, "3M"), (2e9, "2G")]
)
def test_counts_are_short(windows: float, text: str) -> None:
    assert count(windows) == text


def test_epochs_are_marked_where_they_begin() -> None:
    assert epoch_starts(curve_of([0.5] * 35)) == [(10, 1), (20, 2), (30, 3)]
    assert len(epoch_starts(curve_of([0.5] * 20_000))) <= 12

"""The loss curve: what is drawn for which losses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from echornn.config import EchoConfig
from echornn.history.curve import Curve
from echornn.session.pictures.queries import Query
from echornn.session.pictures.window_axis import axis_end
from echornn.timeline.timeline import Timeline
from tests.examples import examples
from tests.trees import branch_off, grow
from tests.tui.app.scenes import NOTHING, Line
from tui.app.curve.axes import LossAxis, count, loss_ticks, window_ticks
from tui.app.curve.columns import per_column, smoothed
from tui.app.curve.curve_reading import read
from tui.app.curve.dots import spans
from tui.app.curve.loss_plot import LossPlot
from tui.app.curve.marks import epoch_starts
from tui.app.curve.viewport import Viewport, zoomed
from tui.kit.cells import Cells

TUTORIAL = EchoConfig()


TEN_AN_EPOCH = EchoConfig(total_series_length=10 * 15 * 5)


def timeline_of(losses: list[float]) -> Timeline:
    timeline = Timeline()
    grow(timeline, branch_off(timeline, TEN_AN_EPOCH), losses, 0.2)
    return timeline


def curve_of(losses: list[float], columns: int = 60) -> Curve:
    return timeline_of(losses).curve(0, columns)


class OneWidget(App[None]):
    CSS_PATH = "../../../../tui/app/app.tcss"

    def __init__(self, plot: LossPlot) -> None:
        super().__init__()
        self.plot = plot

    def compose(self) -> ComposeResult:
        yield self.plot


def lines_of(run: Line, width: int, height: int, log: bool) -> list[str]:
    """The lines that the plot draws without an app."""
    plot = LossPlot(NOTHING, ascii_only=True)
    plot.viewport = Viewport(log=log)
    cells = run.draw(plot, width, height)
    lines = [cells.text(y).rstrip() for y in range(height)]
    assert "".join(lines).isascii()
    return lines


async def drawn(
    losses: list[float] | Timeline, width: int = 60, height: int = 12, keys: tuple[str, ...] = (), log: bool = False
) -> list[str]:
    """The lines of the plot of a run's newest branch, and the text about the crosshair."""
    timeline = losses if isinstance(losses, Timeline) else timeline_of(losses)
    line = len(timeline) - 1
    run = Line(timeline, line, config=TUTORIAL)
    if not keys:
        return [*lines_of(run, width, height, log), ""]
    app = OneWidget(LossPlot(NOTHING, ascii_only=True))
    async with app.run_test(size=(width + 2, height)) as pilot:
        app.plot.viewport = Viewport(log=log)
        run.show(app.plot)
        app.plot.focus()
        await pilot.press(*keys)
        await pilot.pause()
        lines = [app.plot.render_line(y).text.rstrip() for y in range(height)]
        assert "".join(lines).isascii()
        return [*lines, app.plot.reading]


async def test_a_spike_stands_out_among_many_windows() -> None:
    losses = [0.1] * 20_000
    losses[10_000] = 0.9
    lines = await drawn(losses)
    column = next(line.index(".") for line in (line[7:] for line in lines) if "." in line)
    assert column > 20
    assert sum(line[7:].count(".") > 0 for line in lines[:-3]) > 4


async def test_axes_levels_and_errors_are_named() -> None:
    text = "\n".join(await drawn([0.98] + [0.3] * 99))
    for label in ("1.0+", "0.8+", "0.0+", " 0 ", " 50 ", " 100", "chance 0.693", "errors"):
        assert label in text
    floor = next(line for line in text.splitlines() if "first windows 0.111" in line)
    assert "-" not in floor[7:25], "it is no level of all windows, so no line goes across"
    assert "floor of first windows 0.111" in "\n".join(await drawn([0.98] + [0.3] * 5, width=110))
    assert "1e-1" in "\n".join(await drawn([1.0, 0.5] * 50, log=True))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "losses",
    [[], [0.5], [0.0], [math.nan], [math.inf], [0.5, math.nan, 0.4, math.inf, 0.3], [3e38, 1e-30], [math.nan] * 500],
)
@pytest.mark.parametrize(("width", "height"), [(80, 10), (12, 3), (3, 1), (200, 40)])
async def test_no_loss_and_no_size_takes_the_plot_down(losses: list[float], width: int, height: int, log: bool) -> None:
    await drawn(losses, width, height, log=log)


@examples(200)
@given(st.lists(st.floats(width=32, min_value=0) | st.just(math.nan), max_size=300), st.integers(1, 50), st.booleans())
def test_every_extreme_has_its_column(losses: list[float], columns: int, log: bool) -> None:
    curve = curve_of(losses, columns)
    axis = LossAxis.of(curve, log)
    assert axis.bottom < axis.top
    low, high = per_column(curve, axis.share(curve.low), axis.share(curve.high), columns, max(1, curve.last))
    finite = np.concatenate([low, high])[~np.isnan(np.concatenate([low, high]))]
    assert ((finite >= 0) & (finite <= 1)).all()
    if losses and not any(math.isnan(loss) for loss in losses):
        expected = axis.share(np.array([min(losses), max(losses)], np.float32))
        assert np.nanmin(low) == pytest.approx(expected[0])
        assert np.nanmax(high) == pytest.approx(expected[1])
    assert spans(low * 20, high * 20, 20).shape == (20, columns)


async def test_commands_and_epochs_are_told_apart_without_colour() -> None:
    timeline = timeline_of([0.5] * 45)
    grow(timeline, branch_off(timeline, TEN_AN_EPOCH, "edit", (0, 45)), [0.5] * 54)
    lines = await drawn(timeline)
    assert "|edit" in lines[0]
    assert ":e2" in lines[0]


async def test_the_crosshair_reads_window_epoch_and_loss() -> None:
    assert (await drawn([0.5] * 35, keys=("left",)))[-1] == "window 35 · epoch 4, window 5 · loss 0.5000 · 20.0% wrong"
    assert (await drawn([0.5] * 35, keys=("home",)))[-1].startswith("window 1 · epoch 1, window 1 ")
    assert (await drawn([0.5] * 35, keys=("left", "escape")))[-1] == ""
    assert read(curve_of([0.5, 0.7] * 100, 50), 7) == (
        "windows 5 to 8 · from epoch 1, window 5 · average loss 0.6000 (0.5000 to 0.7000) · 20.0% wrong"
    )
    assert "loss 2.600e+35 · " in read(curve_of([2.6e35] * 3, 50), 1)


@given(st.integers(0, 10**9), st.lists(st.sampled_from(["z", "Z", -1, 1, -50, 50, "f"]), max_size=30))
def test_zoom_and_pan_stay_within_the_run(trained: int, keys: list[str | int]) -> None:
    viewport = Viewport()
    for key in keys:
        if isinstance(key, int):
            viewport = viewport.moved(trained, key)
        else:
            viewport = viewport.following() if key == "f" else zoomed(viewport, trained, key == "z")
        first, last = viewport.limits(trained)
        assert 0 <= first <= last <= trained
        assert first < last or trained == 0
        assert viewport.cursor is None or first <= viewport.cursor < last


def test_the_crosshair_begins_where_one_looks() -> None:
    assert Viewport().moved(855, 4).cursor == 854, "at the newest"
    assert Viewport().moved(855, 4, here=233).cursor == 232, "in the past at its window"
    assert Viewport().moved(855, 4, here=0).cursor == 0, "before the first there is none"
    assert Viewport(cursor=300).moved(855, 4, here=233).cursor == 304
    assert Viewport(span=100, end=855).moved(855, -1, here=233).limits(855) == (232, 332)


@given(st.integers(1, 10**12))
def test_the_window_axis_is_round_and_not_much_too_long(windows: int) -> None:
    end = axis_end(windows)
    assert windows <= end <= max(100, 1.5 * windows)


@pytest.mark.parametrize(
    ("windows", "step", "text"),
    [
        (0, 20, "0"),
        (950, 50, "950"),
        (1000, 500, "1k"),
        (1000, 5, "1,000"),
        (1505, 5, "1,505"),
        (12_500, 500, "12.5k"),
        (3 * 10**6, 10**6, "3M"),
        (2 * 10**9, 10**9, "2G"),
        (100_000_020, 20, "100,000,020"),
    ],
)
def test_counts_are_short(windows: int, step: int, text: str) -> None:
    assert count(windows, step) == text


@given(st.floats(1e-8, 3e38), st.integers(1, 100))
def test_labels_of_the_loss_axis_are_few_round_and_apart(top: float, lines: int) -> None:
    axis = LossAxis(0.0, top)
    ticks = loss_ticks(axis, lines)
    assert 1 <= len(ticks) <= min(10, max(1, lines // 2)) + 1
    assert all(len(label) <= 6 for _, label in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
    assert all(0 <= line < lines for line, _ in ticks)
    assert lines < 4 or len({line for line, _ in ticks}) == len(ticks)


@given(st.integers(0, 10**9), st.integers(20, 10**9), st.integers(10, 400))
def test_labels_of_the_window_axis_stand_at_their_windows(first: int, length: int, columns: int) -> None:
    ticks = window_ticks(first, length, columns)
    assert ticks
    assert len({label for _, label in ticks}) == len(ticks)
    assert all(0 <= column <= columns for column, _ in ticks)


def test_the_axis_of_the_whole_run_and_of_a_part() -> None:
    assert [label for _, label in window_ticks(0, 1600, 112)] == [
        "0",
        "200",
        "400",
        "600",
        "800",
        "1k",
        "1.2k",
        "1.4k",
        "1.6k",
    ]
    assert [label for _, label in window_ticks(1502, 20, 60)] == ["1,505", "1,510", "1,515", "1,520"]
    assert loss_ticks(LossAxis(0.0, 1.0), 10) == [
        (9, "0.0"),
        (7, "0.2"),
        (5, "0.4"),
        (3, "0.6"),
        (1, "0.8"),
        (0, "1.0"),
    ]


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=80), st.integers(0, 9))
def test_what_was_smoothed_stays_as_the_curve_grows(losses: list[float], buckets: int) -> None:
    means = np.array(losses, np.float32)
    reach = (max(1, buckets) | 1) // 2
    whole, before = smoothed(means, buckets), smoothed(means[:-1], buckets)
    assert whole.shape == means.shape
    settled = len(means) - 1 - reach
    if len(means) - 1 > 2 * reach:
        np.testing.assert_array_equal(whole[:settled], before[:settled])
    middle = len(means) // 2
    if reach <= middle < len(means) - reach:
        assert whole[middle] == pytest.approx(means[middle - reach : middle + reach + 1].mean(), abs=1e-6)


def test_epochs_are_marked_where_they_begin() -> None:
    assert epoch_starts(curve_of([0.5] * 35)) == [(10, 1), (20, 2), (30, 3)]
    assert len(epoch_starts(curve_of([0.5] * 20_000))) <= 12


async def test_an_epochs_line_leaves_the_words_of_a_level_whole() -> None:
    """Epochs are so short here that a line would be in each blank of the label."""
    text = "\n".join(await drawn([0.98] + [0.3] * 99))
    assert "first windows 0.111" in text
    assert "chance 0.693" in text


@pytest.mark.parametrize("columns", [0, 1, 30, 400])
def test_a_picture_for_another_width_is_drawn_until_the_next_look(columns: int) -> None:
    """The widget's size has changed, and it has not got a new picture yet."""
    plot = LossPlot(Line(timeline_of([0.5] * 300)).look(Query(columns=columns)), ascii_only=True)
    plot.viewport = Viewport(cursor=250)
    cells = Cells(60, 12, LossPlot.STYLES)
    plot.draw(cells)
    assert " 200 " in cells.text(11)
    assert bool(plot.reading) == (columns > 0)

"""View 4, gradient: how far back the error travels, what a cut at T leaves out, and which inputs a
prediction uses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import RULES, EchoConfig
from echornn.data import source_lags
from echornn.readings import Gradient, Kind, Question, Readings
from echornn.tasks.task import Numbers
from tui.text.lines import percent, shortened
from tui.views.canvas import Cells
from tui.views.flips import (
    MOST_NAMED,
    RowPanel,
    changing,
    flip_words,
    lines_for,
    read_step,
)
from tui.views.gradient_sizes import (
    SizeBins,
    bins_of_a_bar,
    draw_sizes,
    most_frequent,
    read_sizes,
)
from tui.views.lags import (
    GUTTER,
    ChartAndPanel,
    LagChart,
    draw_lag_chart,
    input_name,
    lag_name,
    lags_shown,
    size_text,
)
from tui.views.view import Lag, ProbeView, TimeStep, cursor_keys, hidden
from tui.views.weights import number

PITCHES = 3, 5  # columns for each lag
VALUE_PITCH = 3  # with which more lags than those that matter are drawn
LAGS_BEYOND = 3  # T, so that the chart shows whether anything is cut off there
MOST_DECADES = 8  # on the axis: below, nothing is learned
LEAST_BAR = 0.01  # decades, so that a size at the axis's end is seen
WITH_RATES = 10  # lines of the view that leave one for the rates (chosen by eye)


class GradientView(ProbeView):
    """At the left the gradient by lag, or the histogram of its sizes; beside or below it the row
    under the cursor, whose inputs can be flipped."""

    key = "4"
    title = "gradient"
    about = "How far the error travels back, what is cut off at T, which inputs a prediction uses"
    kinds = frozenset({"gradient", "reliance", "weights", "lyapunov"})
    needs = "gradient"

    BINDINGS = [
        *cursor_keys(
            "Cursor a step, or a bar, back",
            "Cursor a step, or a bar, on",
            "Cursor a row up",
            "Cursor a row down",
        ),
        hidden(
            "f",
            "flip",
            "Flip",
            tooltip="Flip the input at the cursor, or take that back",
            id="flip",
        ),
        hidden("n", "arrows", "Bars", tooltip="Arrows act on the bars, or on the row", id="next"),
        hidden(
            "v",
            "swap",
            "Swap",
            tooltip="Bars by lag, the histogram of |dL/dh|; without room for both, the row",
            id="swap",
        ),
        hidden("escape", "leave", "Leave", tooltip="Take the cursor and the flip away", id="leave"),
    ]

    _cursor: TimeStep | None = None  # in the row
    _bar: int | None = None  # the lag, or the bin of the histogram, under the cursor
    _arrows_on_bars = False
    _flip: TimeStep | None = None
    _shows_sizes = False  # the histogram, in the place of the bars by lag
    # What there was room for when it was drawn last
    _has_bars = _has_row = True
    _bar_step = 1

    @property
    def question(self) -> Question:
        kinds: set[Kind] = {*self.kinds, "effects"}
        if self._shows_sizes:
            kinds.add("gradient_sizes")
        row = 0 if self._cursor is None else self._cursor.row
        if self._flip is None:
            return Question(frozenset(kinds), row=row)
        # A plain pair, since it goes to a session elsewhere too
        return Question(
            frozenset({*kinds, "flip"}), flip=(self._flip.row, self._flip.step), row=row
        )

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        row = lines_for(config)
        return min(most, 3 + row + max(config.window_steps, row))

    # ---- the cursors

    @property
    def at_cursor(self) -> object:
        if self._are_bars_under_arrows:
            return self._bar_spot()
        return self._step() if self._cursor is not None else None

    @property
    def _are_bars_under_arrows(self) -> bool:
        return self._has_bars and (self._arrows_on_bars or not self._has_row)

    def _bar_spot(self) -> Lag | SizeBins | None:
        if self._bar is None:
            return None
        if self._shows_sizes:
            return SizeBins(self._bar, self._bar_step)
        return Lag(self._bar)

    def _step(self) -> TimeStep | None:
        """The step under the cursor, or without a cursor the last input whose echo is seen; None if
        no row is read."""
        readings = self._readings
        if readings is None or readings.progress is None or readings.effects is None:
            return None
        first = readings.effects.first_step
        last = first + readings.effects.strength.shape[1] - 1
        if self._cursor is None:
            echoed = last - max(source_lags(readings.config), default=0)
            return TimeStep(0, echoed if echoed >= first else last)
        row = min(self._cursor.row, readings.config.batch_size - 1)
        return TimeStep(row, min(max(first, self._cursor.step), last))

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None:
            return ""
        if isinstance(spot, Lag):
            return read_lag(readings, spot.lag)
        if isinstance(spot, SizeBins) and readings.gradient_sizes is not None:
            return read_sizes(readings.gradient_sizes, spot)
        if isinstance(spot, TimeStep) and readings.effects is not None:
            return read_step(readings.config, readings.effects, spot)
        return ""

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, TimeStep):
            self._cursor, self._arrows_on_bars = spot, False
            self._changed()
            if again:
                self.action_flip()
        elif isinstance(spot, Lag | SizeBins):
            self._bar, self._arrows_on_bars = spot[0], True
            self._changed()

    def action_move(self, steps: int, rows: int) -> None:
        if self._are_bars_under_arrows:
            self._move_bar(steps)
        else:
            if self._cursor is not None:  # the first key only shows it
                row, step = self._cursor.row + rows, self._cursor.step + steps
                self._cursor = TimeStep(max(0, row), max(0, step))
            self._cursor = self._step()
        self._changed()

    def _move_bar(self, by: int) -> None:
        readings = self._readings
        if readings is None or readings.gradient is None:
            return
        farthest = len(readings.gradient.by_lag) - 1
        first = max(source_lags(readings.config), default=0)
        if self._shows_sizes:
            if readings.gradient_sizes is None:
                return
            farthest = len(readings.gradient_sizes.counts) - self._bar_step
            first = most_frequent(readings.gradient_sizes) // self._bar_step * self._bar_step
        if self._bar is not None:
            first = self._bar + by * self._bar_step
        self._bar = max(0, min(first, farthest))

    def action_arrows(self) -> None:
        """Give the arrow keys to the bars, or back to the row."""
        self._arrows_on_bars = not self._are_bars_under_arrows
        if self._arrows_on_bars:
            self._move_bar(0)
        else:
            self._cursor = self._step()
        self._changed()

    def action_swap(self) -> None:
        """Show the bars or the histogram; without room for both, the row comes between them."""
        self._bar = None
        if self._has_bars and self._has_row:
            self._shows_sizes = not self._shows_sizes
        elif self._shows_sizes:
            self._shows_sizes = False
        elif self._is_swapped or self._step() is None:
            self._is_swapped, self._shows_sizes = False, True
        else:
            self._is_swapped = True
        self._changed()

    def action_flip(self) -> None:
        self._cursor, self._arrows_on_bars = self._step(), False
        self._flip = None if self._flip == self._cursor else self._cursor
        self._changed()

    def action_leave(self) -> None:
        self._flip = self._bar = None
        self._arrows_on_bars = False
        super().action_leave()

    # ---- the picture

    def paint(self, cells: Cells, readings: Readings) -> None:
        gradient, config = readings.gradient, readings.config
        assert gradient is not None
        self.draw_head(cells, readings, missed_words(config, gradient))
        top = 1
        rates = rates_text(readings, cells.width)
        if rates and cells.height >= WITH_RATES:
            cells.write(0, 1, rates, "text")
            top = 2
        panel = self._panel(readings)
        layout = ChartAndPanel(
            lags_shown(config, len(gradient.by_lag), LAGS_BEYOND),
            PITCHES,
            [] if panel is None else panel.widths,
            lines_for(config),
        )
        body = Region(0, top, cells.width, max(0, cells.height - top))
        left, right = layout.places(body, panel_first=self._is_swapped)
        self._has_bars, self._has_row = left is not None, right is not None
        if left is not None:
            self._draw_bars(cells, left, readings, gradient)
        if right is not None and panel is not None:
            panel.draw(cells, right)

    def _draw_bars(self, cells: Cells, box: Region, readings: Readings, gradient: Gradient) -> None:
        cursor = self._bar if self._are_bars_under_arrows else None
        self._bar_step = 1
        if not self._shows_sizes:
            draw_lag_chart(cells, box, chart_of(readings.config, gradient, box.width, cursor))
        elif readings.gradient_sizes is None:
            cells.write(box.x, box.y, "computing the histogram of |dL/dh|", "muted")
        else:
            self._bar_step = bins_of_a_bar(readings.gradient_sizes, box.width)
            draw_sizes(cells, box, readings.gradient_sizes, cursor)

    def _panel(self, readings: Readings) -> RowPanel | None:
        spot, flip = self._step(), readings.flip
        if spot is None or readings.effects is None:
            return None
        if self._flip is None or flip is None or flip.row != spot.row:
            flip = None
        change = changing(readings.config)
        text = f"«focus», then «arrows»; «flip» {change}s it"
        if flip is not None:
            text = flip_words(readings.config, flip)
        elif self.has_focus:
            text = f"«flip» {change}s that input"
        texts = (self.keymap.text(text), relied_on(readings))
        has_cursor = self._cursor is not None and not self._arrows_on_bars
        return RowPanel(readings, readings.effects, spot, flip, has_cursor, texts)


# ---- the bars by lag


def chart_of(config: EchoConfig, gradient: Gradient, width: int, cursor: int | None) -> LagChart:
    """On an axis in powers of ten: all lags if they fit, otherwise those that matter; hollow where
    they are cut off."""
    sources, wall = source_lags(config), config.truncated_backprop_length
    fit = (width - GUTTER - 2) // VALUE_PITCH
    lags = lags_shown(config, len(gradient.by_lag), LAGS_BEYOND, fit)
    sizes = gradient.by_lag[:lags].astype(np.float64)
    bottom, top = decades(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(np.where(sizes > 0, sizes, np.nan)) - bottom
    heights = np.where(heights >= 0, np.clip(heights, LEAST_BAR, top - bottom), np.nan)
    is_whole = gradient.complete and wall >= config.window_steps
    wall_texts: tuple[str, ...] = f"cut off by {config.rule}", "cut off"
    if is_whole:
        wall_texts = ("the whole trial",)
    elif config.is_uncut:
        wall_texts = f"{config.rule} goes on", "no cut"
    cut_from = lags if is_whole or config.is_uncut else wall
    inks = []
    for lag in range(lags):
        if lag >= cut_from:
            inks.append("beyond")
        else:
            inks.append("target" if lag in sources else "input")
    return LagChart(
        config,
        heights=heights,
        labels=[f"1e{power}" for power in range(bottom, top + 1)],
        values=[size_text(size) for size in sizes.tolist()],
        inks=inks,
        wall=wall,
        wall_texts=wall_texts,
        sample=(gradient.samples, "losses"),
        hollow_from=cut_from,
        cursor=cursor,
    )


def decades(sizes: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The lowest and highest power of ten of the axis, which holds all finite sizes above zero, or
    the largest."""
    positive = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not positive.size:
        return -1, 0
    top = math.ceil(math.log10(positive.max()) + 1e-9)
    bottom = math.floor(math.log10(positive.min()))
    return max(min(bottom, top - 1), top - MOST_DECADES), top


# ---- words


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    (cutting, *_) = [name for name, rule in RULES.items() if rule.cuts]
    cut = f"{cutting} with T {config.truncated_backprop_length}"
    share = gradient.bias_of_windows
    if math.isnan(share):
        return f"what {cut} cuts off is within the noise"
    if share >= 1:
        text = f"{cut} is off by {percent(share)}"
    elif config.is_uncut:
        text = f"{cut} would cut off {percent(share)} of it"
    else:
        text = f"{cut} cuts off {percent(share)} of it"
    return f"{config.rule} cuts off nothing; {text}" if config.is_uncut else text


def rates_text(readings: Readings, width: int) -> str:
    """What a step does to an error or a difference, as far as it is read: the slope of the bars,
    and what theory compares it with."""
    longer, shorter = [], []
    slope = None if readings.gradient is None else readings.gradient.slope
    if slope is not None:
        lags = f"{slope.first} to {slope.last}"
        longer.append(f"slope {slope.decades:+.2f} decades a lag (lags {lags})")
        shorter.append(f"slope {slope.decades:+.2f} decades/lag ({lags})")
    if readings.lyapunov is not None and len(readings.lyapunov):
        exponent = f"Lyapunov {number(float(readings.lyapunov[0]), '+')}"
        longer.append(exponent)
        shorter.append(exponent)
    if readings.weights is not None and readings.weights.recurrent:
        matrix = max(readings.weights.recurrent, key=lambda matrix: matrix.spectral_radius)
        radius = number(matrix.spectral_radius)
        longer.append(f"{matrix.name}: spectral radius {radius}")
        shorter.append(f"radius {radius}")
        if math.isfinite(matrix.spectral_norm):
            norm = number(matrix.spectral_norm)
            longer.append(f"largest singular value {norm}")
            shorter.append(f"singular {norm}")
    text = ", ".join(longer)
    return text if len(text) <= width else shortened(", ".join(shorter), width)


def relied_on(readings: Readings) -> str:
    reliance = readings.reliance
    if reliance is None or not len(reliance.turned):
        return ""
    if isinstance(readings.config.the_task.outputs, Numbers):
        lag = int(np.nan_to_num(reliance.moved).argmax())
        return f"all move most with {input_name(lag)}, by {size_text(float(reliance.moved[lag]))}"
    turns = []
    for lag in np.argsort(-reliance.turned, kind="stable")[:MOST_NAMED].tolist():
        share = float(reliance.turned[lag])
        if share > 0:
            turns.append(f"{input_name(lag)} {percent(share)}")
    if not turns:
        return "no flip turns a prediction"
    return f"flips turn: {', '.join(turns)} of {reliance.samples:,}"


def read_lag(readings: Readings, lag: int) -> str:
    gradient = readings.gradient
    if gradient is None or lag >= len(gradient.by_lag):
        return ""
    return f"{lag_name(readings.config, lag)}: gradient {size_text(float(gradient.by_lag[lag]))}"

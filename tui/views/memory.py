"""View 3, memory: how well the state holds each earlier input, and what each unit follows, step by
step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from textual.geometry import Region

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.data import source_lags
from echornn.readings import Memory, Readings, Units, signed
from tui.text.lines import LONGEST, shortened
from tui.views.blocks import MOST_OF_A_NAME, scale_of, signed_blocks
from tui.views.canvas import Cells, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import (
    GUTTER,
    MOST_PITCH,
    ChartAndPanel,
    LagChart,
    draw_lag_chart,
    input_name,
    lag_name,
    lags_shown,
)
from tui.views.row_lines import INPUT, BlockLine, draw_blocks, least_block, part_lines, row_lines
from tui.views.view import LEAVE, PART_BINDINGS, Lag, ProbeView, UnitStep, cursor_keys, hidden

# By kind of block
INKS = np.array([NUMBER[ink] for ink in ("muted", "target", "input", "saturated")], np.int16)
LEAST_CORRELATION = 0.2  # a unit follows nothing if it is below
STILL = 1e-6  # a unit whose standard deviation is below this is constant
LEAST_VALUE = 0.005  # smaller ones are due to chance
HALVES = "0", ".5", "1"  # the labels of the axis
VALUE_PITCH = 4  # columns with which values such as .97 have room above their bars
BARS_HEIGHT = 17  # more lines would add no detail
MOST_INPUT_LINES = 3  # channels of numbers above the units
LAGS_BEYOND = 2  # what matters, if there is no room for all


class MemoryView(ProbeView):
    """At the left a bar for each lag; beside or below it, if there is room, the units by time
    step."""

    key = "3"
    title = "memory"
    about = "Which inputs the state remembers, by lag, and what each unit holds"
    kinds = frozenset({"memory", "units"})
    needs = "memory"

    BINDINGS = [
        *cursor_keys(
            "Cursor to a smaller lag",
            "Cursor to a larger lag",
            "The units a row above",
            "A row below",
        ),
        hidden("pageup", "units(-1)", "Units", tooltip="Units before these", id="page_up"),
        hidden("pagedown", "units(1)", "Units", tooltip="Units after these", id="page_down"),
        *PART_BINDINGS,
        hidden(
            "v",
            "swap",
            "Swap",
            tooltip="Where there is room for one: bars by lag, or units",
            id="swap",
        ),
        LEAVE,
    ]

    _cursor: Lag | None = None
    _row = _first_unit = _units_shown = 0

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, BARS_HEIGHT + config.state_size + 2 + input_lines(config))

    @property
    def at_cursor(self) -> Lag | None:
        return self._cursor

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None:
            return ""
        if isinstance(spot, Lag):
            return read_lag(readings, spot.lag)
        if isinstance(spot, UnitStep) and readings.units is not None:
            return read_unit(readings.config, readings.units, spot)
        return ""

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, Lag):
            self._cursor = spot
            self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        memory, units = readings.memory, readings.units
        assert memory is not None
        parts = filter(None, (memory.total_text, memory.lags_text))
        self.draw_head(cells, readings, ", ".join(parts), memory.part)
        widths, lines = list[int](), 0
        if units is not None:
            _, steps, count = units.activity.shape
            label = len(unit_labels(readings.config, units)[0])
            widths = [label + 2 * steps, label + steps]
            lines = count + 1 + input_lines(readings.config)
        lags = lags_shown(readings.config, len(memory.by_lag), LAGS_BEYOND)
        layout = ChartAndPanel(lags, (VALUE_PITCH, MOST_PITCH), widths, lines)
        body = Region(0, 1, cells.width, max(0, cells.height - 1))
        left, right = layout.places(body, panel_first=self._is_swapped)
        if left is not None:
            if self._cursor is not None:
                self._cursor = Lag(min(self._cursor.lag, len(memory.by_lag) - 1))
            chart = chart_of(readings.config, memory, left.width)
            if self._cursor is not None:
                chart = replace(chart, cursor=self._cursor.lag)
            draw_lag_chart(cells, left, chart)
        if right is not None and units is not None:
            self._row = min(self._row, max(0, len(units.activity) - 1))
            panel = UnitsPanel(readings, units, self._row)
            self._units_shown = panel.draw(cells, right, self._first_unit)
            self._first_unit = max(0, min(self._first_unit, len(units.spread) - self._units_shown))

    def action_move(self, lags: int, rows: int) -> None:
        self._row = max(0, self._row + rows)
        if lags and self._readings is not None:
            lag = max(source_lags(self._readings.config), default=0)
            if self._cursor is not None:
                lag = max(0, self._cursor.lag + lags)
            self._cursor = Lag(lag)
        self._changed()

    def action_units(self, by: int) -> None:
        self._first_unit = max(0, self._first_unit + by * max(1, self._units_shown))
        self._changed()


# ---- the bars by lag


def chart_of(config: EchoConfig, memory: Memory, width: int) -> LagChart:
    """Of all lags if their values fit, otherwise of those that matter; with a slot for each input
    that is needed."""
    sources = source_lags(config)
    fit = (width - GUTTER - 2) // VALUE_PITCH
    lags = lags_shown(config, len(memory.by_lag), LAGS_BEYOND, fit)
    farthest = max(sources, default=lags)
    shares = memory.by_lag[:lags].astype(np.float64)
    values, inks = [], []
    for lag, share in enumerate(shares.tolist()):
        values.append("" if share < LEAST_VALUE else share_text(share))
        if lag in sources:
            inks.append("target")
        else:
            inks.append("input" if lag < farthest else "beyond")
    return LagChart(
        config,
        heights=np.where(shares < LEAST_VALUE, 0, shares * (len(HALVES) - 1)),
        labels=HALVES,
        values=values,
        inks=inks,
        wall=config.reach,
        sample=(memory.samples, "steps"),
        slots=farthest + 1 if sources else 0,
    )


def share_text(share: float) -> str:
    """A share in three characters: .97, 1.0; by chance an r2 may be a little below 0."""
    if not math.isfinite(share):
        return "?"
    return f"{max(0.0, share):.2f}".replace("0.", ".", 1)[:3]


def read_lag(readings: Readings, lag: int) -> str:
    config, memory, units = readings.config, readings.memory, readings.units
    if memory is None or not len(memory.by_lag):
        return ""
    lag = min(lag, len(memory.by_lag) - 1)
    share = max(0.0, float(memory.by_lag[lag]))
    text = f"{lag_name(config, lag)}: r2 of {input_name(lag)} {share:.2f}"
    if memory.channels.size:
        shares = memory.channels[lag].tolist()
        names = config.the_task.inputs.names or map(str, range(1, 1 + len(shares)))
        channels = [f"{name} {share_text(r2)}" for name, r2 in zip(names, shares, strict=False)]
        text += f" ({', '.join(channels)})"
    if memory.samples:
        text += f" in {memory.samples:,} steps"
    if units is not None:
        text += follower_of(units, lag)
    return shortened(text, LONGEST)


def follower_of(units: Units, lag: int) -> str:
    """Which unit follows the input at this lag most closely; empty if none does."""
    follows_input = []
    for unit in range(len(units.best_lag)):
        follows_input.append(not (units.follows_target(unit) or units.hidden_followed(unit)))
    sizes = np.nan_to_num(np.abs(units.correlation))
    strength = sizes * np.array(follows_input) * (units.best_lag == lag)
    unit = int(strength.argmax())
    if strength[unit] <= 0:
        return ""
    return f"; unit {unit + 1} follows it, {float(units.correlation[unit]):+.2f}"


# ---- the units by time step


def followed(config: EchoConfig, units: Units, unit: int) -> tuple[str, str]:
    """What a unit follows, an input by its own name if it has one, and its correlation with
    that."""
    correlation = float(units.correlation[unit])
    if float(units.spread[unit]) < STILL or not math.isfinite(correlation):
        return "still", ""
    strength = f"r {correlation:>5.2f}"
    if abs(correlation) < LEAST_CORRELATION:
        return "mixed", strength
    hidden = units.hidden_followed(unit)
    if hidden:
        return f"{hidden[:MOST_OF_A_NAME]}[t]", strength
    if units.follows_target(unit):
        number = f"{int(units.best_target[unit]) + 1}" if units.best_target.max() else ""
        return f"y{number}[t]", strength
    name = "x"
    if units.best_channel.size:
        channel = int(units.best_channel[unit])
        names = config.the_task.inputs.names
        name = names[channel][:MOST_OF_A_NAME] if names else f"x{channel + 1}"
    return input_name(int(units.best_lag[unit]), name), strength


def unit_labels(config: EchoConfig, units: Units) -> list[str]:
    count = len(units.spread)
    words = [followed(config, units, unit) for unit in range(count)]
    width = max(7, *(len(name) for name, _ in words))
    digits = len(str(count))
    return [
        f"{unit:>{digits}} ~ {name:<{width}} {strength:<8}"
        for unit, (name, strength) in enumerate(words, start=1)
    ]


def input_lines(config: EchoConfig) -> int:
    return len(row_lines(config, MOST_INPUT_LINES, (INPUT,)))


class UnitsPanel:
    """A row of the newest window: a title, the inputs, and as many units as fit, by time step."""

    def __init__(self, readings: Readings, units: Units, row: int) -> None:
        self._readings, self._units, self._row = readings, units, row
        self._labels = unit_labels(readings.config, units)

    def draw(self, cells: Cells, box: Region, first: int) -> int:
        """Draw units from the ``first`` on, by their newest steps; returns how many fit."""
        rows, steps, count = self._units.activity.shape
        label = len(self._labels[0])
        room = max(0, box.width - label)
        block = 2 if 2 * steps <= room else least_block(self._readings.config.the_task.inputs)
        begin = steps - min(steps, room // block)
        inputs = self._inputs(box.height) if begin < steps else []
        lines = max(0, box.height - 1 - len(inputs))
        first = max(0, min(first, count - lines))
        shown = range(first, min(count, first + lines))
        write_in(cells, box, 0, shortened(self._title(shown, begin), box.width), "muted")
        for y, line in enumerate(inputs, start=1):
            draw_blocks(cells, box, y, line, label, slice(begin, steps), block)
        units_box = box._replace(y=box.y + 1 + len(inputs), height=lines)
        for y, unit in enumerate(shown):
            write_in(cells, units_box, y, self._labels[unit], "text")
        if rows:
            place = units_box._replace(x=box.x + label, width=block * (steps - begin))
            self._draw_activity(cells, place, shown, begin, block)
        return lines

    def _inputs(self, height: int) -> list[BlockLine]:
        progress, row = self._readings.progress, self._row
        if progress is None or not len(self._units.activity):
            return []
        of_row = replace(progress, x=progress.x[row : row + 1], y=progress.y[row : row + 1])
        most = min(MOST_INPUT_LINES, max(1, (height - 1) // 2))
        return part_lines(self._readings.config, of_row, INPUT)[:most]

    def _title(self, shown: range, begin: int) -> str:
        units = self._units
        rows, steps, count = units.activity.shape
        title = f"{count} units"
        if len(shown) < count:
            title = f"units {shown.start + 1} to {shown.stop} of {count}"
        title += f", row {self._row + 1}" if rows else ", no window yet"
        if rows and begin:
            title += f", steps {begin + 1} to {steps}"
        if math.isfinite(units.share_saturated):
            title += f", {units.share_saturated:.0%} saturated, of {units.samples:,} steps"
        return title

    def _draw_activity(
        self, cells: Cells, box: Region, shown: range, begin: int, block: int
    ) -> None:
        """Draw a block for each unit and step, signed, on one scale for all units of the row."""
        units, row = self._units, self._row
        values = signed(units.activity[row], units.bounds)
        largest = scale_of(values) if units.bounds is Bounds.FREE else 1.0
        part = np.s_[begin:, shown.start : shown.stop]
        glyphs, kinds = signed_blocks(values[part], largest, units.saturated[row][part])
        inks = INKS[kinds].T.repeat(block, axis=1)
        stamp(cells, box.x, box.y, glyphs.T.repeat(block, axis=1), inks)

        def unit_step(x: int, y: int) -> UnitStep:
            return UnitStep(row, shown.start + y, begin + x // block)

        cells.mark_each(box.x, box.y, box.width, len(shown), unit_step)


def read_unit(config: EchoConfig, units: Units, spot: UnitStep) -> str:
    place = spot.row, spot.step, spot.unit
    if not all(index < size for index, size in zip(place, units.activity.shape, strict=True)):
        return ""
    where = f"unit {spot.unit + 1}, row {spot.row + 1}, step {spot.step + 1}"
    text = f"{where}: {float(units.activity[place]):+.3f}"
    if units.saturated[place]:
        text += ", saturated"
    follows = " ".join(followed(config, units, spot.unit)).split()
    return f"{text}; ~ {' '.join(follows)}"

"""View 3, memory: how well the state holds each earlier input, and what each unit follows, step by
step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from textual.geometry import Region

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Memory, Readings, Units, signed
from tui.views.blocks import MOST_OF_A_NAME, scale_of, signed_blocks
from tui.views.canvas import Cells, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import GUTTER, MOST_PITCH, LagChart, draw_lag_chart, lags_shown, share_room
from tui.views.row_lines import INPUT, BlockLine, draw_blocks, least_block, part_lines, row_lines
from tui.views.text import LONGEST, shortened, source_name
from tui.views.view import LEAVE, PART_BINDINGS, Lag, ProbeView, UnitStep, cursor_keys, hidden

# By kind of block
INKS = np.array([NUMBER[ink] for ink in ("muted", "target", "input", "saturated")], np.int16)
LEAST_CORRELATION = 0.2  # a unit follows nothing if it is below
STILL = 1e-6  # a unit whose standard deviation is below this is constant
LEAST_VALUE = 0.005  # smaller ones are due to chance
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
        if readings is not None and isinstance(spot, Lag):
            return read_lag(readings, spot.lag)
        return (
            read_unit(readings.config, readings.units, spot)
            if readings is not None and isinstance(spot, UnitStep)
            else ""
        )

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, Lag):
            self._cursor = spot
            self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        memory, units, config = readings.memory, readings.units, readings.config
        assert memory is not None
        parts = filter(None, (memory.total_text, memory.lags_text))
        self.draw_head(cells, readings, ", ".join(parts), memory.part)
        widths, lines = list[int](), 0
        if units is not None:
            _, steps, count = units.activity.shape
            widths = [len(unit_labels(config, units)[0]) + block * steps for block in (2, 1)]
            lines = count + 1 + input_lines(config)
        lags = lags_shown(config, len(memory.by_lag), LAGS_BEYOND)
        left, right = share_room(
            cells, lags, (VALUE_PITCH, MOST_PITCH), widths, lines, self._is_swapped
        )
        if left is not None:
            self._cursor = self._cursor and Lag(min(self._cursor.lag, len(memory.by_lag) - 1))
            draw_lag_chart(
                cells, left, chart_of(config, memory, left.width, self._cursor and self._cursor.lag)
            )
        if right is not None and units is not None:
            self._row = min(self._row, max(0, len(units.activity) - 1))
            self._units_shown = draw_units(
                cells, right, readings, units, self._row, self._first_unit
            )
            self._first_unit = max(0, min(self._first_unit, len(units.spread) - self._units_shown))

    def action_move(self, lags: int, rows: int) -> None:
        self._row = max(0, self._row + rows)
        if lags and self._readings is not None:
            farthest = max(source_lags(self._readings.config), default=0)
            self._cursor = Lag(
                farthest if self._cursor is None else max(0, self._cursor.lag + lags)
            )
        self._changed()

    def action_units(self, by: int) -> None:
        self._first_unit = max(0, self._first_unit + by * max(1, self._units_shown))
        self._changed()


def chart_of(config: EchoConfig, memory: Memory, width: int, cursor: int | None) -> LagChart:
    """Of all lags if their values fit, otherwise of those that matter; with a slot for each input
    that is needed."""
    sources = source_lags(config)
    lags = lags_shown(config, len(memory.by_lag), LAGS_BEYOND, (width - GUTTER - 2) // VALUE_PITCH)
    farthest = max(sources, default=lags)
    shares = memory.by_lag[:lags].astype(np.float64)
    inks = (
        "target" if lag in sources else "input" if lag < farthest else "beyond"
        for lag in range(lags)
    )
    return LagChart(
        config,
        heights=np.where(shares < LEAST_VALUE, 0, shares),
        values=tuple("" if share < LEAST_VALUE else share_text(share) for share in shares.tolist()),
        inks=tuple(inks),
        ticks=((0.0, "0"), (0.5, ".5"), (1.0, "1")),
        wall=config.reach,
        sample=(memory.samples, "steps"),
        slots=farthest + 1 if sources else 0,
        cursor=cursor,
    )


def share_text(share: float) -> str:
    """A share in three characters: .97, 1.0; by chance an r2 may be a little below 0."""
    return f"{max(0.0, share):.2f}".replace("0.", ".", 1)[:3] if math.isfinite(share) else "?"


def followed(config: EchoConfig, units: Units, unit: int) -> tuple[str, str]:
    """What a unit holds, an input by its own name if it has one, and how closely."""
    correlation = float(units.correlation[unit])
    if float(units.spread[unit]) < STILL or not math.isfinite(correlation):
        return "still", ""
    lag = int(units.best_lag[unit])
    names, name = config.the_task.inputs.names, "x"
    if units.best_channel.size:
        channel = int(units.best_channel[unit])
        name = names[channel][:MOST_OF_A_NAME] if names else f"x{channel + 1}"
    if units.follows_target(unit):
        lag, name = 0, f"y{int(units.best_target[unit]) + 1}" if units.best_target.max() else "y"
    name = (
        "mixed"
        if abs(correlation) < LEAST_CORRELATION
        else f"{name}[t-{lag}]"
        if lag
        else f"{name}[t]"
    )
    return name, f"r {correlation:>5.2f}"


def unit_labels(config: EchoConfig, units: Units) -> list[str]:
    count = len(units.spread)
    each = [followed(config, units, unit) for unit in range(count)]
    width = max(7, *(len(name) for name, _ in each))
    return [
        f"{unit:>{len(str(count))}} ~ {name:<{width}} {r:<8}"
        for unit, (name, r) in enumerate(each, start=1)
    ]


def input_lines(config: EchoConfig) -> int:
    return len(row_lines(config, MOST_INPUT_LINES, (INPUT,)))


def draw_units(
    cells: Cells, box: Region, readings: Readings, units: Units, row: int, first: int
) -> int:
    """A title, the inputs, and as many units as fit, each by its newest steps; returns how many."""
    (rows, steps, count), labels = units.activity.shape, unit_labels(readings.config, units)
    at = len(labels[0])
    form, progress = readings.config.the_task.inputs, readings.progress
    room = max(0, box.width - at)
    block = 2 if 2 * steps <= room else least_block(form)
    shown = min(steps, room // block)
    begin = steps - shown
    inputs = list[BlockLine]()
    if progress is not None and rows and shown:
        of_row = replace(progress, x=progress.x[row : row + 1], y=progress.y[row : row + 1])
        inputs = part_lines(readings.config, of_row, INPUT)[
            : min(MOST_INPUT_LINES, max(1, (box.height - 1) // 2))
        ]
    lines = max(0, box.height - 1 - len(inputs))
    first = max(0, min(first, count - lines))
    last = min(count, first + lines)
    where = (
        (f"row {row + 1}" + (f", steps {begin + 1} to {steps}" if begin else ""))
        if rows
        else "no window yet"
    )
    parts = [
        f"units {first + 1} to {last} of {count}" if last - first < count else f"{count} units",
        where,
    ]
    if math.isfinite(units.share_saturated):
        parts += [f"{units.share_saturated:.0%} saturated", f"of {units.samples:,} steps"]
    write_in(cells, box, 0, shortened(", ".join(parts), box.width), "muted")
    for y, line in enumerate(inputs, start=1):
        draw_blocks(cells, box, y, line, at, slice(begin, steps), block)
    top = 1 + len(inputs)
    for y, label in enumerate(labels[first:last], start=top):
        write_in(cells, box, y, label, "text")
    if rows:
        values, part = signed(units.activity[row], units.bounds), np.s_[begin:, first:last]
        largest = scale_of(values) if units.bounds is Bounds.FREE else 1.0
        glyphs, kinds = signed_blocks(values[part], largest, units.saturated[row][part])
        x, y, width = box.x + at, box.y + top, block * shown
        stamp(cells, x, y, glyphs.T.repeat(block, axis=1), INKS[kinds].T.repeat(block, axis=1))
        cells.mark_each(
            x, y, width, last - first, lambda x, y: UnitStep(row, first + y, begin + x // block)
        )
    return lines


def read_unit(config: EchoConfig, units: Units | None, spot: UnitStep) -> str:
    at = spot.row, spot.step, spot.unit
    if units is None or any(
        one >= size for one, size in zip(at, units.activity.shape, strict=True)
    ):
        return ""
    text = (
        f"unit {spot.unit + 1}, row {spot.row + 1}, step {spot.step + 1}: "
        f"{float(units.activity[at]):+.3f}"
    )
    text += ", saturated" * bool(units.saturated[at])
    return f"{text}; {' '.join(unit_labels(config, units)[spot.unit].split()[1:])}"


def read_lag(readings: Readings, lag: int) -> str:
    config, memory, units = readings.config, readings.memory, readings.units
    if memory is None or not len(memory.by_lag):
        return ""
    lag = min(lag, len(memory.by_lag) - 1)
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    share = max(0.0, float(memory.by_lag[lag]))
    text = f"lag {lag}{what}: r2 of {f'x[t-{lag}]' if lag else 'x[t]'} {share:.2f}"
    if memory.channels.size:
        names = config.the_task.inputs.names or map(str, range(1, 1 + len(memory.channels[lag])))
        shares = zip(names, memory.channels[lag].tolist(), strict=False)
        text += f" ({', '.join(f'{name} {share_text(share)}' for name, share in shares)})"
    text += f" in {memory.samples:,} steps" if memory.samples else ""
    if units is not None:
        of_inputs = np.array(
            [not units.follows_target(unit) for unit in range(len(units.best_lag))]
        )
        strength = np.nan_to_num(np.abs(units.correlation)) * of_inputs * (units.best_lag == lag)
        best = int(strength.argmax())
        if strength[best] > 0:
            text += f"; unit {best + 1} follows it, {float(units.correlation[best]):+.2f}"
    return shortened(text, LONGEST)

"""Draws the activity of the units over the newest window: a line for each unit, a block for each time step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from textual.binding import Binding

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Memory, Readings, Units, signed
from echornn.tasks.task import Symbols
from tui.views.blocks import scale_of, signed_blocks, signs_of, widest
from tui.views.canvas import Box, Cells, beside, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import GUTTER, MOST_PITCH, LagChart, draw_lag_chart, sample_texts
from tui.views.row_panel import number_blocks, symbol_blocks
from tui.views.text import source_name
from tui.views.view import PART_BINDINGS, Lag, ProbeView, UnitStep

STYLE_NAMES = ("muted", "target", "input", "saturated")
"""The names of the styles that `signed_blocks` returns as numbers."""

InputLine = tuple[str, Sequence[str]]
"""A line of inputs: its label, and two characters for each step."""

LEAST_CORRELATION = 0.2
"""A unit follows an input only if the correlation with it is at least this."""

STILL = 1e-6
"""A unit whose standard deviation is below this is called constant."""


def best_input(units: Units, unit: int) -> str:
    """The input or target that a unit follows, and their correlation, such as ``x[t-2]  r  1.00``, ``y[t]   r  0.98``;
    or that it follows none, or is constant.
    """
    correlation = float(units.correlation[unit])
    if float(units.spread[unit]) < STILL or not math.isfinite(correlation):
        return "still"
    lag = int(units.best_lag[unit])
    x = f"x{units.best_channel[unit] + 1}" if units.best_channel.size else "x"
    if units.follows_target(unit):
        target = int(units.best_target[unit]) + 1
        lag, x = 0, f"y{target if units.best_target.max() else ''}"
    name = "mixed" if abs(correlation) < LEAST_CORRELATION else f"{x}[t-{lag}]" if lag else f"{x}[t]"
    return f"{name:<{_name_width(units)}} r {correlation:>5.2f}"


def _name_width(units: Units) -> int:
    """The columns of the longest name of an input; the same up to lag 99, so that columns do not move during
    training.
    """
    channel = f"{units.best_channel.max(initial=0) + 1}" if units.best_channel.size else ""
    return max(7, len(f"x{channel}[t-{units.best_lag.max(initial=0)}]"))


def label_width(units: Units) -> int:
    """The columns of the text before a unit's blocks."""
    return len(str(len(units.spread))) + 3 + _name_width(units) + 9


def _words(units: Units, unit: int) -> str:
    digits = len(str(len(units.spread)))
    return f"{unit + 1:>{digits}} ~ {best_input(units, unit)}"


def first_shown(wanted: int, count: int, room: int) -> int:
    """The index of the first line shown, of ``count``: ``wanted`` if possible, without leaving any of ``room``
    unused.
    """
    return max(0, min(wanted, count - room))


def draw_units(
    cells: Cells,
    box: Box,
    units: Units,
    row: int,
    first_unit: int,
    inputs: Sequence[InputLine],
    least_block: int = 1,
) -> int:
    """Draw a head, the inputs if known, and as many units as fit, one per line; returns how many fit.

    If there are several lines of inputs, at most half of the space is used for them.

    Blocks are two characters wide if all steps fit, otherwise one. If one is still too wide, only the newest steps are
    shown.

    Args:
        row: the row of the batch, from 0; an index that is too large means the last row.
        inputs: for each line of inputs its label, and two characters for each step of that row; none if unknown.
        least_block: the least characters per block with which inputs can be told apart, 1 or 2.
    """
    rows, steps, count = units.activity.shape
    row = min(row, max(0, rows - 1))
    width = label_width(units)
    room = max(0, box.width - width)
    block = 2 if 2 * steps <= room else least_block
    shown = min(steps, room // block)
    begin = steps - shown
    above = inputs[: max(1, (box.height - 1) // 2)] if shown else inputs[:1]
    lines = max(0, box.height - 1 - len(above))
    first = first_shown(first_unit, count, lines)
    _draw_title(cells, box, units, row, (first, min(count, first + lines)), begin if shown else -1)
    for line, (label, blocks) in enumerate(above if shown else (), start=1):
        write_in(cells, box, line, label, "muted")
        write_in(cells, box, line, "".join(text[:block] for text in blocks[begin:]), "input", at=width)
    values = signed(units.activity[row], units.bounds) if rows and steps else np.zeros((0, count), np.float32)
    saturated = units.saturated[row] if rows and steps else np.zeros((0, count), np.bool_)
    names = np.array([NUMBER[name] for name in STYLE_NAMES], np.int16)
    top, last = box.height - lines, min(count, first + lines)
    for line, unit in enumerate(range(first, last), start=top):
        write_in(cells, box, line, _words(units, unit), "text")
    part = np.s_[begin:, first:last]
    largest = scale_of(values) if units.bounds is Bounds.FREE else 1.0
    glyphs, kinds = signed_blocks(values[part], largest, saturated[part])
    picture, styles = np.repeat(glyphs.T, block, axis=1), np.repeat(names[kinds].T, block, axis=1)
    stamp(cells, box.x + width, box.y + top, picture, styles)
    cells.mark_each(
        box.x + width,
        box.y + top,
        block * shown,
        last - first,
        lambda x, y: UnitStep(row, first + y, begin + x // block),
    )
    return lines


def read_unit(units: Units, spot: UnitStep) -> str:
    """The text about a unit at a time step; empty if it was not read."""
    rows, steps, count = units.activity.shape
    if spot.row >= rows or spot.step >= steps or spot.unit >= count:
        return ""
    at = spot.row, spot.step, spot.unit
    saturated = ", saturated" if units.saturated[at] else ""
    text = f"unit {spot.unit + 1}, row {spot.row + 1}, step {spot.step + 1}: {float(units.activity[at]):+.3f}"
    return f"{text}{saturated}; ~ {' '.join(best_input(units, spot.unit).split())}"


def _draw_title(cells: Cells, box: Box, units: Units, row: int, shown: tuple[int, int], begin: int) -> None:
    rows, steps, count = units.activity.shape
    if not rows or not steps:
        where = "no window yet"
    elif begin < 0:
        where = ""
    else:
        where = f"row {row + 1}" + (f", steps {begin + 1} to {steps}" if begin else "")
    of = f"units {shown[0] + 1} to {shown[1]} of {count}" if shown[1] - shown[0] < count else f"{count} units"
    share = units.share_saturated
    sample = f"of {units.samples:,} steps" if units.samples else ""
    parts = [of, where, *([f"{share:.0%} saturated", sample] if math.isfinite(share) else [])]
    while len(text := ", ".join(part for part in parts if part)) > box.width and len(parts) > 1:
        parts.pop()
    write_in(cells, box, 0, text, "muted")


VALUE_PITCH = 4
"""The fewest columns per bar with which values such as .97 are written."""

BARS_HEIGHT = 17
"""The most lines of the bar chart; more lines would add no detail."""

LEAST_VALUE = 0.005
"""Smaller values are due to chance, and get neither a bar nor a number."""

TALL = 15
"""The fewest lines with which the bars and the units are drawn one above the other."""

MOST_INPUT_LINES = 3
"""The most channels of numbers that are drawn above the units."""

LONGEST = 78
"""The longest text about the cursor's position, in characters."""

LAGS_BEYOND = 2
"""The number of lags shown beyond the echo and T, when space is short."""


class MemoryView(ProbeView):
    """The memory view: at the left a bar for each lag; beside or below it, if there is room, the units by time step."""

    key = "3"
    title = "memory"
    about = "Which inputs the state remembers, by lag, and what each unit holds"
    kinds = frozenset({"memory", "units"})

    BINDINGS = [
        Binding("left", "lag(-1)", "Lag", show=False, tooltip="The cursor to a smaller lag", id="left"),
        Binding("right", "lag(1)", "Lag", show=False, tooltip="The cursor to a larger lag", id="right"),
        Binding("up", "row(-1)", "Row", show=False, tooltip="The units of the row above", id="up"),
        Binding("down", "row(1)", "Row", show=False, tooltip="The units of the row below", id="down"),
        Binding("pageup", "units(-1)", "Units", show=False, tooltip="Units before these", id="page_up"),
        Binding("pagedown", "units(1)", "Units", show=False, tooltip="Units after these", id="page_down"),
        *PART_BINDINGS,
        Binding(
            "v",
            "swap",
            "Swap",
            show=False,
            tooltip="Where there is room for one: bars by lag, or units",
            id="swap",
        ),
        Binding("escape", "leave", "Leave", show=False, tooltip="Take the cursor away", id="leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lag: int | None = None
        self._row = self._first_unit = self._units_shown = 0
        self._units_first = False

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for the bar chart, and below it for the input and for each unit."""
        return min(most, BARS_HEIGHT + config.state_size + 2 + input_lines(config))

    def answered(self, readings: Readings) -> bool:
        return readings.memory is not None

    @property
    def reading(self) -> str:
        return "" if self._lag is None else self.reading_of(Lag(self._lag))

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if isinstance(spot, UnitStep) and readings is not None and readings.units is not None:
            return read_unit(readings.units, spot)
        if not isinstance(spot, Lag) or readings is None or readings.memory is None:
            return ""
        return read(readings.config, readings.memory, readings.units, spot.lag)

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a bar, as the arrow keys do."""
        if isinstance(spot, Lag):
            self._lag = spot.lag
            self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        memory, units = readings.memory, readings.units
        if memory is None:
            return
        asked = self._asked_part()
        computing = asked if asked not in ("", memory.part) else ""
        part = "" if (memory.part,) == readings.parts[:1] else memory.part
        self.draw_head(cells, readings, summary(memory, computing), part)
        body = Box(0, 1, cells.width, max(0, cells.height - 1))
        left, right = share_room(readings.config, memory, units, body, self._units_first)
        if left is not None:
            draw_lag_chart(cells, left, chart_of(readings.config, memory, left.width, self._lag))
        if right is not None and units is not None:
            row = min(self._row, max(0, len(units.activity) - 1))
            inputs = inputs_of(readings, row)
            form = readings.config.the_task.inputs
            digits = widest(signs_of(form, 1)) if isinstance(form, Symbols) else 1
            args = (units, row, self._first_unit, inputs, digits)
            self._units_shown = draw_units(cells, right, *args)

    def action_lag(self, by: int) -> None:
        readings = self._readings
        if readings is not None and readings.memory is not None:
            lags = len(readings.memory.by_lag)
            begin = min(max(source_lags(readings.config), default=0), lags - 1)
            self._lag = begin if self._lag is None else max(0, min(lags - 1, self._lag + by))
            self._changed()

    def action_row(self, by: int) -> None:
        readings = self._readings
        if readings is not None and readings.units is not None:
            self._row = max(0, min(len(readings.units.activity) - 1, self._row + by))
            self._changed()

    def action_units(self, by: int) -> None:
        readings = self._readings
        if readings is not None and readings.units is not None:
            last = max(0, len(readings.units.spread) - self._units_shown)
            self._first_unit = max(0, min(last, self._first_unit + by * max(1, self._units_shown)))
            self._changed()

    def action_swap(self) -> None:
        self._units_first = not self._units_first
        self._changed()

    def action_leave(self) -> None:
        self._lag = None
        self._changed()


def summary(memory: Memory, computing: str = "") -> str:
    """How many past inputs linear read-outs recover from the state."""
    return ", ".join(filter(None, (memory.total_text, computing and f"computing {computing}")))


def chart_of(config: EchoConfig, memory: Memory, width: int, cursor: int | None = None) -> LagChart:
    """The bar chart: of all lags if their values fit, otherwise of the important lags. The wall is where the
    learning rule cuts the gradient.
    """
    sources, wall = source_lags(config), config.reach
    farthest = max(sources, default=-1)
    lags = min(len(memory.by_lag), max(lags_that_matter(config), (width - GUTTER - 2) // VALUE_PITCH))
    heights = np.clip(memory.by_lag[:lags].astype(np.float64), 0, 1)
    heights[heights < LEAST_VALUE] = 0
    styles = tuple(
        "target" if lag in sources else "input" if lag < farthest or not sources else "beyond" for lag in range(lags)
    )
    values = tuple(share_text(value) if not value < LEAST_VALUE else "" for value in memory.by_lag[:lags].tolist())
    slots = np.arange(lags) <= farthest
    ticks = ((0.0, "0"), (0.5, ".5"), (1.0, "1"))
    sample = sample_texts(memory.samples, "steps")
    texts = () if wall is None else (f"T {wall}",)
    return LagChart(heights, values, styles, slots, ticks, sources, wall, texts, cursor, sample, source_name(config))


def lags_that_matter(config: EchoConfig) -> int:
    """The number of lags to show: up to the targets' sources and T, and some beyond."""
    return max(*source_lags(config), config.truncated_backprop_length, 0) + LAGS_BEYOND


def share_text(value: float) -> str:
    """A number from 0 to 1 in three characters: .97, 1.0; empty if it is not finite."""
    if not math.isfinite(value):
        return "?"
    text = f"{value:.2f}"
    return text[:3] if text.startswith("1") else text.removeprefix("0").replace("-0", "-")[:3]


def share_room(
    config: EchoConfig, memory: Memory, units: Units | None, body: Box, units_first: bool
) -> tuple[Box | None, Box | None]:
    """The boxes of the bars and of the units: side by side, one above the other, or only one of the two."""
    if units is None:
        return body, None
    lags = min(len(memory.by_lag), lags_that_matter(config))
    steps, count = units.activity.shape[1:]
    tall = body.height >= TALL
    least, most = (GUTTER + 2 + pitch * lags for pitch in (VALUE_PITCH if tall else 2, MOST_PITCH))
    wanted = [label_width(units) + block * steps for block in (2, 1)]
    side_by_side = beside(body, least, most, wanted)
    if side_by_side is not None:
        return side_by_side
    if tall:
        lines = min(count + 1 + input_lines(config), body.height // 2)
        upper = body.height - lines - 1
        return body._replace(height=upper), Box(body.x, body.y + upper + 1, body.width, lines)
    return (None, body) if units_first else (body, None)


def input_lines(config: EchoConfig) -> int:
    """How many lines the inputs take above the units, at most."""
    form = config.the_task.inputs
    return 1 if isinstance(form, Symbols) else min(form.count, MOST_INPUT_LINES)


def inputs_of(readings: Readings, row: int) -> Sequence[InputLine]:
    """The inputs of a row in the window in which the units were read: a line of symbols, or one for each channel of
    numbers; none if that window is not available.
    """
    progress, units = readings.progress, readings.units
    if progress is None or units is None or progress.x.shape[:2] != units.activity.shape[:2] or row >= len(progress.x):
        return []
    form = readings.config.the_task.inputs
    if isinstance(form, Symbols):
        return [("input", symbol_blocks(progress.x[row], form, 1))]
    return number_blocks("input", form, progress.x[row])[:MOST_INPUT_LINES]


def read(config: EchoConfig, memory: Memory, units: Units | None, lag: int) -> str:
    """A text about a lag: how well its input can be read, and the unit that remembers it best."""
    lag = min(lag, len(memory.by_lag) - 1)
    if lag < 0:
        return ""
    name = f"x[t-{lag}]" if lag else "x[t]"
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    text = f"lag {lag}{what}: r2 of {name} {float(memory.by_lag[lag]):.2f}"
    channels = memory.channels[lag].tolist() if memory.channels.size else []
    form = config.the_task.inputs
    names = [f"{name} " for name in form.names] or [""] * form.count
    shares = ", ".join(f"{name}{share_text(share)}" for name, share in zip(names, channels, strict=False))
    each = f" ({shares}{'' if names[0] else ' of its numbers'})" if channels else ""
    text += each if len(text + each) <= LONGEST else ""
    text += f" in {memory.samples:,} steps" if memory.samples else ""
    if units is not None and len(units.best_lag):
        of_inputs = [not units.follows_target(unit) for unit in range(len(units.best_lag))]
        holders = np.flatnonzero((units.best_lag == lag) & (np.abs(units.correlation) > 0) & of_inputs)
        if len(holders):
            best = int(holders[np.abs(units.correlation[holders]).argmax()])
            channel = units.best_channel[best] if units.best_channel.size else None
            it = "it" if channel is None else (names[channel].strip() or f"number {channel + 1}")
            follower = f"; unit {best + 1} follows {it}, {float(units.correlation[best]):+.2f}"
            text += follower if len(text + follower) <= LONGEST else ""
    return text

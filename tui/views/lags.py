"""A bar chart by lag, with marks at the sources of the targets and where the gradient is cut; used
by two views."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.data import source_lags
from tui.text.lines import source_name
from tui.views.canvas import Cells, Characters, beside, stamp, write_in
from tui.views.dots import BARS
from tui.views.inks import NUMBER
from tui.views.view import Lag

Heights = npt.NDArray[np.float64]

GUTTER = 5  # columns of the axis, left of the bars
MOST_PITCH = 7  # columns from a bar to the next; wider ones look like blocks (chosen by eye)
TALL = 15  # lines that are enough for bars with what is drawn below them
EVERY = 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000  # lags from a number below the bars to the next
# Of the greatest height: with so much, the bars have more labels instead (chosen by eye)
MANY_LABELS = 0.8
SLOT, HOLLOW, WALL, MARK = "░", "▒", "┊", "▲"


@dataclass(frozen=True, eq=False)
class LagChart:
    config: EchoConfig
    heights: Heights  # [lags], from 0 to the place of the last label; NaN for no bar
    labels: Sequence[str]  # of the axis, at heights 0, 1, 2, ...
    values: Sequence[str]  # above the bars, if there is room for all
    inks: Sequence[str]
    wall: int | None  # the first lag that is cut off
    sample: tuple[int, str]  # how many of what were measured; 0 if unknown
    wall_texts: tuple[str, ...] = ()  # what it does, the longest first
    slots: int = 0  # lags whose full height is drawn behind their bars
    hollow_from: int | None = None
    cursor: int | None = None


# ---- words about a lag


def input_name(lag: int, name: str = "x") -> str:
    return f"{name}[t-{lag}]" if lag else f"{name}[t]"


def lag_name(config: EchoConfig, lag: int) -> str:
    if lag in source_lags(config):
        return f"lag {lag}, the {source_name(config)}"
    return f"lag {lag}"


def size_text(value: float) -> str:
    """A size of 0 or more in four characters, such as .043 or 2e-4."""
    if not math.isfinite(value):
        return "?"
    if value <= 0:
        return "0"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


# ---- where things are


def lags_shown(config: EchoConfig, lags: int, beyond: int, fit: int = 0) -> int:
    """All lags if so many fit, otherwise those up to the farthest source and T, and some beyond."""
    farthest = max([*source_lags(config), config.truncated_backprop_length])
    return min(lags, max(farthest, fit - beyond) + beyond)


@dataclass(frozen=True)
class ChartAndPanel:
    """A chart by lag and what is drawn beside or below it."""

    lags: int
    pitches: tuple[int, int]  # columns for each lag: with the chart's height, and at most
    widths: Sequence[int]  # of the panel, the best first; none if there is no panel
    lines: int  # of the panel below the chart

    def places(self, body: Region, panel_first: bool) -> tuple[Region | None, Region | None]:
        """A place for each, or None for what has none; if only one fits, ``panel_first`` says
        which."""
        if not self.widths:
            return body, None
        pitch, most = self.pitches
        if body.height < TALL:
            pitch = 2
        axis = GUTTER + 2
        side_by_side = beside(body, axis + pitch * self.lags, axis + most * self.lags, self.widths)
        if side_by_side is not None:
            return side_by_side
        if body.height >= TALL:
            lines = min(self.lines, body.height // 2)
            above = body.height - lines - 1
            return body._replace(height=above), body._replace(y=body.y + 1 + above, height=lines)
        if panel_first:
            return None, body
        return body, None


def even_steps(top: int, lines: int) -> tuple[int, int]:
    """Every how many labels are drawn, and how many lines apart: as high as possible, but with more
    labels rather than a little higher; three labels if there are lines for them."""
    apart = {}
    for step in range(1, max(2, top // 2 + 1)):
        distance = lines // -(-top // step)
        if distance:
            apart[step] = distance
    if not apart:
        return top, lines
    highest = max(distance / step for step, distance in apart.items())
    (chosen, *_) = [step for step in apart if apart[step] / step >= MANY_LABELS * highest]
    return chosen, apart[chosen]


class HeightAxis(NamedTuple):
    """Where the bars are, and the labels beside them: at equal distances, so that a slope can be
    read from them."""

    area: Region
    step: int  # from a label that is drawn to the next one
    apart: int  # the lines between these

    @classmethod
    def fitted(cls, box: Region, top: int) -> HeightAxis:
        """The highest bars that end above the numbers and the marks, and below their values, as far
        as there are lines for these; ``top`` is the place of the last label."""
        bottom = box.bottom - (box.height > 1) - (box.height > 2)
        lines = bottom - box.y - (box.height > 4)
        step, apart = even_steps(top, lines)
        used = min(lines, -(-top * apart // step))
        width = max(0, box.width - GUTTER)
        return cls(Region(box.x + GUTTER, bottom - used, width, used), step, apart)

    def signs(self, heights: Heights) -> Characters:
        """Bars in eighths of a line, str [lines, bars], of heights in labels."""
        return bar_signs(heights * self.apart / (self.step * self.area.height), self.area.height)

    def draw(self, cells: Cells, box: Region, labels: Sequence[str]) -> None:
        """Write a label on the line whose lower edge it means."""
        for number, label in enumerate(labels[:: self.step]):
            y = self.area.bottom - 1 - number * self.apart
            if y >= box.y:
                cells.write(box.x, y, f"{label:>{GUTTER - 1}}", "muted")


class Bars(NamedTuple):
    lags: npt.NDArray[np.int64]  # [bars], the lag that each shows: the highest of its lags
    lefts: npt.NDArray[np.int64]  # [bars], first columns
    pitch: int
    lags_each: int  # lags of a bar; above 1 if there are not enough columns
    wall: int | None  # its column


def place_bars(heights: Heights, wall: int, width: int) -> Bars:
    """The widest bars with which all lags fit, with room for the wall between two of them."""
    lags = len(heights)
    room = width
    if 0 < wall < lags:
        room -= 2
    lags_each = -(-lags // max(1, room))
    count = -(-lags // lags_each)
    pitch = max(1, min(MOST_PITCH, room // count))
    before = -(-wall // lags_each)
    known = np.nan_to_num(heights, nan=-1)
    filled = np.pad(known, (0, count * lags_each - lags), constant_values=-2)
    bars = np.arange(count)
    highest = filled.reshape(count, lags_each).argmax(axis=1) + lags_each * bars
    lefts = pitch * bars + (width - room) * (bars >= before)
    wall_column = pitch * before if 0 < before < count else None
    return Bars(highest, lefts, pitch, lags_each, wall_column)


# ---- what is drawn


class Number(NamedTuple):
    x: int
    text: str
    ink: str


def write_apart(cells: Cells, line: Region, numbers: Iterable[Number]) -> None:
    """Write the numbers that are whole on the line and touch none before them."""
    free = np.ones(line.width + 1, np.bool_)
    for number in numbers:
        end = number.x + len(number.text)
        if end <= line.width and free[max(0, number.x - 1) : end + 1].all():
            write_in(cells, line, 0, number.text, number.ink, at=number.x)
            free[number.x : end] = False


def draw_lag_chart(cells: Cells, box: Region, chart: LagChart) -> None:
    """From the top: the bars with their values, the numbers of the lags, the marks; as far as there
    are lines."""
    lags = len(chart.heights)
    if box.height < 1 or box.width <= GUTTER or not lags:
        return
    axis = HeightAxis.fitted(box, len(chart.labels) - 1)
    area = axis.area
    bars = place_bars(chart.heights, lags if chart.wall is None else chart.wall, area.width)
    axis.draw(cells, box, chart.labels)
    signs = axis.signs(chart.heights[bars.lags])
    _draw_bars(cells, area, chart, bars, signs)
    for lag, x in zip(bars.lags.tolist(), bars.lefts.tolist(), strict=True):
        cells.mark(area.x + x, box.y, bars.pitch, box.height - 1, Lag(lag))
    if bars.wall is not None:
        lines = box.bottom - 1 - area.y
        stamp(cells, area.x + bars.wall, area.y, np.full((lines, 1), WALL), "wall")
    if box.height > 4 and bars.lags_each == 1 and bars.pitch > max(map(len, chart.values)):
        _draw_values(cells, area, chart, bars, signs)
    if box.height > 2:
        cells.write(box.x, box.bottom - 2, "lag", "muted")
        _draw_numbers(cells, area._replace(y=box.bottom - 2, height=1), chart, bars)
    if box.height > 1:
        _draw_marks(cells, area._replace(y=box.bottom - 1, height=1), chart, bars)


def bar_signs(heights: Heights, lines: int) -> Characters:
    """Bars from 0 to 1 in eighths of a line, str [lines, bars].

    Values above zero stay visible; NaN is no bar.
    """
    known = np.nan_to_num(np.clip(heights, 0, 1))
    eighths = np.maximum(np.round(known * lines * 8), known > 0).astype(np.int64)
    below = 8 * np.arange(lines)[::-1, np.newaxis]
    return np.asarray(BARS[np.clip(eighths - below, 0, 8)])


def _draw_bars(cells: Cells, area: Region, chart: LagChart, bars: Bars, signs: Characters) -> None:
    is_empty = signs == " "
    if chart.hollow_from is not None:
        signs = np.where(~is_empty & (bars.lags >= chart.hollow_from), HOLLOW, signs)
    signs = np.where(is_empty & (bars.lags < chart.slots), SLOT, signs)
    is_source = np.isin(bars.lags, source_lags(chart.config))
    slot_inks = np.where(is_source, NUMBER["target"], NUMBER["faint"])
    bar_inks = [NUMBER[chart.inks[lag]] for lag in bars.lags]
    inks = np.where(is_empty, slot_inks, bar_inks)
    picture = np.full(area.size[::-1], " ")
    painted = np.zeros(area.size[::-1], np.int16)
    # A gap between bars, unless they are a column wide
    for column in range(max(1, bars.pitch - 1)):
        picture[:, bars.lefts + column] = signs
        painted[:, bars.lefts + column] = inks
    stamp(cells, area.x, area.y, picture, painted, over_blanks=True)


def _draw_values(
    cells: Cells, area: Region, chart: LagChart, bars: Bars, signs: Characters
) -> None:
    """Write each value on the line above its bar."""
    lines = area._replace(y=area.y - 1, height=area.height + 1)
    tops = (signs == " ").sum(axis=0).tolist()
    for lag, x, top in zip(bars.lags.tolist(), bars.lefts.tolist(), tops, strict=True):
        ink = "cursor" if lag == chart.cursor else chart.inks[lag]
        write_in(cells, lines, top, chart.values[lag], ink, at=x)


def _draw_numbers(cells: Cells, line: Region, chart: LagChart, bars: Bars) -> None:
    widest = len(str(len(chart.heights) - 1)) + 1
    every = EVERY[-1]
    for bars_apart in reversed(EVERY):
        if bars_apart * bars.pitch >= widest:
            every = bars_apart
    numbers = []
    for bar in range(0, len(bars.lefts), every):
        lags = range(bar * bars.lags_each, (bar + 1) * bars.lags_each)
        is_source = any(source in lags for source in source_lags(chart.config))
        ink = "target" if is_source else "muted"
        numbers.append(Number(int(bars.lefts[bar]), str(lags[0]), ink))
    if chart.cursor is not None and chart.cursor < len(chart.heights):
        left = int(bars.lefts[chart.cursor // bars.lags_each])
        numbers.insert(0, Number(left, str(chart.cursor), "cursor"))
    write_apart(cells, line, numbers)


def _draw_marks(cells: Cells, line: Region, chart: LagChart, bars: Bars) -> None:
    sources = source_lags(chart.config)
    shown = [source for source in sources if source < len(chart.heights)]
    columns = [int(bars.lefts[source // bars.lags_each]) for source in shown]
    for x in columns:
        write_in(cells, line, 0, MARK, "target", at=x)
    if sources:
        name = f"{source_name(chart.config)} {sources[0]}"
        if sources[0] in shown:
            write_near(cells, line, columns[0] + 2, [name], "target")
        else:
            write_near(cells, line, line.width, [f"{name} >"], "target")
    if chart.wall is not None:
        at, sign = line.width, " >"
        if bars.wall is not None:
            at, sign = bars.wall + 2, ""
            write_in(cells, line, 0, WALL, "wall", at=bars.wall)
        texts = [f"T {chart.wall}: {text}{sign}" for text in chart.wall_texts]
        write_near(cells, line, at, [*texts, f"T {chart.wall}{sign}"], "wall")
    count, what = chart.sample
    if count:
        texts = [f"of {count:,} {what}", f"of {count:,}"]
        write_near(cells, line, line.width, texts, "muted", gap=2)


def write_near(
    cells: Cells, line: Region, at: int, texts: Iterable[str], ink: str, gap: int = 1
) -> None:
    """The first of these texts that has room beside what is on the line already, as near to a
    column as it can be."""
    free = cells.characters[line.y, line.x : line.x + line.width] == " "
    for text in texts:
        lefts = range(line.width - len(text) + 1)
        for x in sorted(lefts, key=lambda x: abs(x - at)):
            if free[max(0, x - gap) : x + len(text) + gap].all():
                cells.write(line.x + x, line.y, text, ink)
                return

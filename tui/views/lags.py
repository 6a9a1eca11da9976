"""Draws a bar chart by lag, with marks at targets' sources and at the truncation length T; used by two views."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui.views.canvas import Box, Cells, Characters, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.view import Lag

EIGHTHS = " ▁▂▃▄▅▆▇█"
"""The characters of a bar's top end, from empty to full."""

SLOT, HOLLOW, WALL, MARK = "░", "▒", "┊", "▲"

GAP = 2
"""The fewest columns between the sample size and other texts."""

MOST_PITCH = 7
"""The most columns from a bar to the next bar."""

GUTTER = 5
"""The columns of the axis at the left edge."""

Order = npt.NDArray[np.int64]
"""int64 [bars]: the lag that each bar shows."""


@dataclass(frozen=True, eq=False)
class LagChart:
    """The contents of a bar chart by lag.

    Attributes:
        heights: float64 [lags], 0 to 1; NaN if there is no bar.
        values: the text above each bar, shown if there is room for all.
        styles: the style of each bar.
        slots: bool [lags], whether the full height of the bar's slot is drawn behind it.
        ticks: (height, label) of each tick on the axis.
        sources, wall: the lags of the targets' sources, and the first lag that truncation to T steps cuts off; None
            for no wall.
        wall_texts: the label of the truncation mark, longest first; the longest that fits is drawn.
        source_name: the name of a source's mark.
        cursor: the highlighted lag; None if there is none.
        sample: texts on the size of the sample, longest first; the longest that fits is drawn below the bars.
        hollow_from: the first lag whose bar is drawn hollow; None if all bars are full.
    """

    heights: npt.NDArray[np.float64]
    values: tuple[str, ...]
    styles: tuple[str, ...]
    slots: npt.NDArray[np.bool_]
    ticks: tuple[tuple[float, str], ...]
    sources: tuple[int, ...]
    wall: int | None
    wall_texts: tuple[str, ...]
    cursor: int | None = None
    sample: tuple[str, ...] = ()
    source_name: str = "echo"
    hollow_from: int | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of the bars.

    Attributes:
        lags_a_bar: lags per bar. If there are too few columns this exceeds 1, and each bar shows the largest value of
            its lags.
        bars: the number of bars.
        pitch: columns from a bar to the next bar.
        wall_bar: the first bar after the truncation mark; `bars` or more if all bars are before the mark.
        wall_room: columns of the truncation mark.
    """

    lags_a_bar: int
    bars: int
    pitch: int
    wall_bar: int
    wall_room: int

    @property
    def width(self) -> int:
        """The columns of all bars."""
        return self.bars * self.pitch + self.wall_room

    def x_of(self, bar: int) -> int:
        """The first column of a bar."""
        return bar * self.pitch + (self.wall_room if bar >= self.wall_bar else 0)

    def bar_at(self, x: int) -> int | None:
        """The bar in a column, with the gap after it; None if there is none."""
        foot = self.wall_bar * self.pitch
        if foot <= x < foot + self.wall_room:
            return None
        bar = (x - (self.wall_room if x >= foot else 0)) // self.pitch
        return bar if 0 <= bar < self.bars else None

    @property
    def bar_width(self) -> int:
        """The columns of a bar. The last column of its pitch stays empty, to separate bars, unless the pitch is 1."""
        return max(1, self.pitch - 1)


def sample_texts(count: int, what: str) -> tuple[str, ...]:
    """The size of the sample as texts, longest first; empty if the size is 0, which means unknown."""
    return (f"of {count:,} {what}", f"of {count:,}") if count else ()


def arrange(lags: int, wall: int | None, width: int) -> Columns:
    """The columns of the bars: the widest bars with which this number of lags fits."""
    wall = lags if wall is None else wall
    wall_room = 2 if 0 < wall < lags else 0
    lags_a_bar = max(1, -(-lags // max(1, width - wall_room)))
    bars = -(-lags // lags_a_bar)
    pitch = max(1, min(MOST_PITCH, (width - wall_room) // max(1, bars)))
    return Columns(lags_a_bar, bars, pitch, -(-wall // lags_a_bar), wall_room)


def bar_picture(heights: npt.NDArray[np.float64], lines: int) -> Characters:
    """Bars one column wide, with a resolution of eighths of a line: str [lines, bars]. Values above zero stay visible.

    Args:
        heights: float64 [bars], 0 to 1; NaN for no bar.
    """
    steps = len(EIGHTHS) - 1
    known = np.where(np.isnan(heights), 0, np.clip(heights, 0, 1))
    filled = np.maximum(np.round(known * lines * steps), known > 0).astype(np.int64)
    from_bottom = np.clip(filled[None, :] - steps * np.arange(lines)[::-1, None], 0, steps)
    picture: Characters = np.array([*EIGHTHS])[from_bottom]
    return picture


def draw_lag_chart(cells: Cells, box: Box, chart: LagChart) -> Columns:
    """Draw the chart in a box: values, bars, lag numbers, marks. Parts that do not fit are left out."""
    columns = arrange(len(chart.heights), chart.wall, box.width - GUTTER)
    if box.height < 1 or box.width <= GUTTER or not len(chart.heights):
        return columns
    numbers, above = box.height >= 3, box.height >= 5
    inner = Box(box.x + GUTTER, box.y + above, box.width - GUTTER, max(1, box.height - above - numbers - 1))
    order = np.array([_highest(chart.heights, bar, columns.lags_a_bar) for bar in range(columns.bars)])
    for share, label in chart.ticks:
        line = inner.height - 1 - min(inner.height - 1, int(share * inner.height))
        write_in(cells, Box(box.x, inner.y, GUTTER, inner.height), line, f"{label:>{GUTTER - 1}}", "muted")
    bars = bar_picture(chart.heights[order], inner.height)
    if chart.hollow_from is not None:
        bars = np.where((bars != " ") & (order >= chart.hollow_from), HOLLOW, bars)

    def lag_at(x: int, _: int) -> Lag | None:
        bar = columns.bar_at(x)
        return None if bar is None else Lag(int(order[bar]))

    cells.mark_each(inner.x, box.y, inner.width, box.height - 1, lag_at)
    _draw_bars(cells, inner, chart, columns, order, bars)
    if above and columns.lags_a_bar == 1 and columns.pitch > max(map(len, chart.values)):
        tops = (bars == " ").sum(axis=0).tolist()
        for lag, top in enumerate(tops):
            style = "cursor" if lag == chart.cursor else chart.styles[lag]
            write_in(
                cells, inner._replace(y=box.y, height=box.height), top, chart.values[lag], style, at=columns.x_of(lag)
            )
    if 0 < columns.wall_bar < columns.bars:
        wall = np.full((inner.height + numbers, 1), WALL)
        stamp(cells, inner.x + columns.wall_bar * columns.pitch, inner.y, wall, "wall")
    if numbers:
        _draw_numbers(cells, box, box.height - 2, chart, columns)
    _draw_marks(cells, box, box.height - 1, chart, columns)
    if columns.lags_a_bar > 1 and above:
        note = f"a bar: the highest of {columns.lags_a_bar} lags"
        write_in(cells, box, 0, note, "muted", at=max(GUTTER, box.width - len(note)))
    return columns


def _draw_bars(cells: Cells, inner: Box, chart: LagChart, columns: Columns, order: Order, bars: Characters) -> None:
    """Draw all bars, str [lines, bars], and behind them their slots."""
    slots = np.where(chart.slots[order], SLOT, " ")
    names = [NUMBER[chart.styles[lag]] for lag in order.tolist()]
    behind = np.where(np.isin(order, chart.sources), NUMBER["target"], NUMBER["faint"])
    empty = bars == " "
    characters, styles = np.where(empty, slots, bars), np.where(empty, behind, names).astype(np.int16)
    width = columns.width + 1
    picture, painted = np.full((inner.height, width), " "), np.zeros((inner.height, width), np.int16)
    at = np.array([columns.x_of(bar) for bar in range(columns.bars)])
    for offset in range(columns.bar_width):
        picture[:, at + offset], painted[:, at + offset] = characters, styles
    stamp(cells, inner.x, inner.y, picture, painted, over_blanks=True)


def _highest(heights: npt.NDArray[np.float64], bar: int, lags_a_bar: int) -> int:
    """The lag with the largest value among the lags of a bar."""
    first = bar * lags_a_bar
    mine = heights[first : first + lags_a_bar]
    return first + int(np.where(np.isnan(mine), -1, mine).argmax())


def _draw_numbers(cells: Cells, box: Box, line: int, chart: LagChart, columns: Columns) -> None:
    """Draw the number of each lag, or only of every few lags if the numbers do not all fit."""
    write_in(cells, box, line, "lag", "muted")
    widest = len(str(len(chart.heights) - 1)) + 1
    every = next((n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n * columns.pitch >= widest), 1000)
    end = 0
    for bar in range(columns.bars):
        lag, x = bar * columns.lags_a_bar, columns.x_of(bar)
        lit = chart.cursor is not None and chart.cursor // columns.lags_a_bar == bar
        marked = any(lag <= source < lag + columns.lags_a_bar for source in chart.sources)
        if (bar % every == 0 or lit) and x >= end and x + len(str(lag)) <= box.width - GUTTER:
            style = "cursor" if lit else "target" if marked else "muted"
            write_in(cells, box, line, str(lag), style, at=GUTTER + x)
            end = x + len(str(lag)) + (columns.pitch > 1)


def _draw_marks(cells: Cells, box: Box, line: int, chart: LagChart, columns: Columns) -> None:
    """Draw the marks of the sources and the label of the truncation, then the sample size, if there is room."""
    taken = _draw_sources(cells, box, line, chart, columns)
    for at, text in _wall_texts(chart, columns, box.width - GUTTER, taken):
        if all(at > end or at + len(text) < first for first, end in taken):
            write_in(cells, box, line, text, "wall", at=GUTTER + at)
            taken.append((at, at + len(text)))
            break
    _draw_sample(cells, box._replace(x=box.x + GUTTER, width=box.width - GUTTER), line, chart.sample, taken)


def _wall_texts(chart: LagChart, columns: Columns, room: int, taken: list[tuple[int, int]]) -> list[tuple[int, str]]:
    """The places for the label of the truncation, the best first. The wall's sign is only drawn below the wall."""
    texts = list[tuple[int, str]]()
    foot = columns.wall_bar * columns.pitch
    stands = 0 < columns.wall_bar < columns.bars
    for name in chart.wall_texts:
        if stands:
            texts += [(foot, f"{WALL} {name}"), (foot - len(name) - 1, f"{name} {WALL}")]
        else:
            beside = [at for first, end in taken[:1] for at in (end + 1, first - len(name) - 3)]
            texts += [(at, f"{name} >") for at in (room - len(name) - 2, *beside)]
    texts += [(foot, WALL)] * stands
    return [(at, text) for at, text in texts if 0 <= at <= room - len(text)]


def _draw_sources(cells: Cells, box: Box, line: int, chart: LagChart, columns: Columns) -> list[tuple[int, int]]:
    """Draw a mark for each source, one of them with their name. A source beyond the last bar is written at the right.

    Returns:
        The columns that are taken, from and to.
    """
    room = box.width - GUTTER
    ways = [_source_texts(chart, columns, room, named, numbers) for numbers in (True, False) for named in chart.sources]
    best = max(ways, key=len, default=[])  # the first with the most marks
    for at, text in best:
        write_in(cells, box, line, text, "target", at=GUTTER + at)
    return [(at, at + len(text)) for at, text in best]


def _source_texts(chart: LagChart, columns: Columns, room: int, named: int, numbers: bool) -> list[tuple[int, str]]:
    """The texts of the sources that fit beside each other, each with its first column.

    Args:
        named: the source that has the name.
        numbers: whether the other marks have the number of their lag, which is also on the line above.
    """
    texts = list[tuple[int, str]]()
    for source in chart.sources:
        name = f"{chart.source_name} {source}" if source == named else str(source)
        bar = source // columns.lags_a_bar
        text = f"{MARK} {name}" if numbers or source == named else MARK
        if bar >= columns.bars:
            text, at = f"{name} >", max(0, room - len(f"{name} >"))
        else:
            at = columns.x_of(bar)
            if at + len(text) > room:
                text = f"{source} {chart.source_name} {MARK}" if source == named else MARK
                at = max(0, at + 1 - len(text))
        if all(at > first + len(other) or at + len(text) < first for first, other in texts):
            texts.append((at, text))
    return texts


def _draw_sample(cells: Cells, box: Box, line: int, texts: tuple[str, ...], taken: list[tuple[int, int]]) -> None:
    """Draw the longest text that fits, at the right end of the line or to the left of the other texts."""
    for text in texts:
        for end in (box.width, *(first - GAP for first, _ in taken)):
            begin = end - len(text)
            if begin >= 0 and all(begin >= last + GAP or end + GAP <= first for first, last in taken):
                write_in(cells, box, line, text, "muted", at=begin)
                return

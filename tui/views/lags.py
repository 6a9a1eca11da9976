"""A bar chart by lag, with marks at the sources of the targets and where the gradient is cut; used by two views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.series import source_lags
from tui.views.canvas import Box, Cells, Characters, beside, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.text import source_name
from tui.views.view import Lag

GUTTER = 5  # columns of the axis, left of the bars
MOST_PITCH = 7  # columns from a bar to the next
TALL = 15  # lines that are enough for bars with what is drawn below them
EIGHTHS = " ▁▂▃▄▅▆▇█"
SLOT, HOLLOW, WALL, MARK = "░", "▒", "┊", "▲"


@dataclass(frozen=True, eq=False)
class LagChart:
    config: EchoConfig
    heights: npt.NDArray[np.float64]  # [lags], 0 to 1; NaN for no bar
    values: tuple[str, ...]  # above the bars, if there is room for all
    inks: tuple[str, ...]
    ticks: Sequence[tuple[float, str]]  # heights and labels
    wall: int | None  # the first lag that is cut off
    sample: tuple[int, str]  # how many of what were measured; 0 if unknown
    wall_texts: tuple[str, ...] = ()  # what it does, the longest first
    slots: int = 0  # lags whose full height is drawn behind their bars
    hollow_from: int | None = None
    cursor: int | None = None


class Bars(NamedTuple):
    lags: npt.NDArray[np.int64]  # [bars], the lag that each shows: the highest of its lags
    lefts: npt.NDArray[np.int64]  # [bars], first columns
    pitch: int
    each: int  # lags of a bar; above 1 if there are not enough columns
    wall: int | None  # its column


def lags_shown(config: EchoConfig, of: int, beyond: int, fit: int = 0) -> int:
    """All lags if so many fit, otherwise those up to the farthest source and T, and some beyond."""
    return min(of, max(*source_lags(config), config.truncated_backprop_length, fit - beyond) + beyond)


def share_room(
    cells: Cells, lags: int, pitches: tuple[int, int], widths: Sequence[int], lines: int, other_first: bool
) -> tuple[Box | None, Box | None]:
    """The boxes of the bars and of what belongs to them: beside them in one of these widths, or below, or only one."""
    body = Box(0, 1, cells.width, max(0, cells.height - 1))
    least, most = (GUTTER + 2 + pitch * lags for pitch in (pitches[0] if body.height >= TALL else 2, pitches[1]))
    if not widths:
        return body, None
    if side_by_side := beside(body, least, most, widths):
        return side_by_side
    if body.height >= TALL:
        lines = min(lines, body.height // 2)
        upper = body.height - lines - 1
        return body._replace(height=upper), Box(0, 2 + upper, body.width, lines)
    return (None, body) if other_first else (body, None)


def place_bars(heights: npt.NDArray[np.float64], wall: int, width: int) -> Bars:
    """The widest bars with which all lags fit, with room for the wall between two of them."""
    lags = len(heights)
    room = width - 2 * (0 < wall < lags)
    each = -(-lags // max(1, room))
    count = -(-lags // each)
    pitch = max(1, min(MOST_PITCH, room // count))
    before = -(-wall // each)
    filled = np.pad(np.nan_to_num(heights, nan=-1), (0, count * each - lags), constant_values=-2)
    highest = filled.reshape(count, each).argmax(axis=1) + each * np.arange(count)
    lefts = pitch * np.arange(count) + (width - room) * (np.arange(count) >= before)
    return Bars(highest, lefts, pitch, each, pitch * before if 0 < before < count else None)


def draw_lag_chart(cells: Cells, box: Box, chart: LagChart) -> None:
    """From the top: the bars with their values, the numbers of the lags, the marks; as far as there are lines."""
    if box.height < 1 or box.width <= GUTTER or not len(chart.heights):
        return
    numbers, above = box.height >= 3, box.height >= 5
    inner = Box(box.x + GUTTER, box.y + above, box.width - GUTTER, max(1, box.height - above - numbers - 1))
    bars = place_bars(chart.heights, len(chart.heights) if chart.wall is None else chart.wall, inner.width)
    for share, label in chart.ticks:
        y = inner.y + max(0, inner.height - 1 - int(share * inner.height))
        cells.write(box.x, y, f"{label:>{GUTTER - 1}}", "muted")
    signs = bar_signs(chart.heights[bars.lags], inner.height)
    has_values = above and bars.each == 1 and bars.pitch > max(map(len, chart.values))
    _draw_bars(cells, inner, chart, bars, signs)
    for lag, x, top in zip(bars.lags.tolist(), bars.lefts.tolist(), (signs == " ").sum(axis=0).tolist(), strict=True):
        cells.mark(inner.x + x, box.y, bars.pitch, box.height - 1, Lag(lag))
        if has_values:
            ink = "cursor" if lag == chart.cursor else chart.inks[lag]
            write_in(cells, inner._replace(y=box.y, height=box.height), top, chart.values[lag], ink, at=x)
    if numbers:
        _draw_numbers(cells, box, chart, bars)
    if bars.wall is not None:
        stamp(cells, inner.x + bars.wall, inner.y, np.full((inner.height + numbers, 1), WALL), "wall")
    _draw_marks(cells, inner._replace(y=box.y + box.height - 1, height=1), chart, bars)


def bar_signs(heights: npt.NDArray[np.float64], lines: int) -> Characters:
    """Bars from 0 to 1 in eighths of a line, str [lines, bars]. Values above zero stay visible; NaN is no bar."""
    known = np.nan_to_num(np.clip(heights, 0, 1))
    eighths = np.maximum(np.round(known * lines * 8), known > 0).astype(np.int64)
    return np.asarray(np.array([*EIGHTHS])[np.clip(eighths - 8 * np.arange(lines)[::-1, np.newaxis], 0, 8)])


def _draw_bars(cells: Cells, inner: Box, chart: LagChart, bars: Bars, signs: Characters) -> None:
    """The bars, str [lines, bars], and behind them their slots."""
    empty = signs == " "
    if chart.hollow_from is not None:
        signs = np.where(~empty & (bars.lags >= chart.hollow_from), HOLLOW, signs)
    signs = np.where(empty & (bars.lags < chart.slots), SLOT, signs)
    behind = np.where(np.isin(bars.lags, source_lags(chart.config)), NUMBER["target"], NUMBER["faint"])
    inks = np.where(empty, behind, [NUMBER[chart.inks[lag]] for lag in bars.lags])
    picture, painted = np.full((inner.height, inner.width), " "), np.zeros((inner.height, inner.width), np.int16)
    for column in range(max(1, bars.pitch - 1)):  # a gap between bars, unless they are a column wide
        picture[:, bars.lefts + column], painted[:, bars.lefts + column] = signs, inks
    stamp(cells, inner.x, inner.y, picture, painted, over_blanks=True)


def _draw_numbers(cells: Cells, box: Box, chart: LagChart, bars: Bars) -> None:
    """The number of each lag, or of every few."""
    line = Box(box.x + GUTTER, box.y + box.height - 2, box.width - GUTTER, 1)
    cells.write(box.x, line.y, "lag", "muted")
    widest = len(str(len(chart.heights) - 1)) + 1
    every = next((n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n * bars.pitch >= widest), 1000)
    for bar, x in enumerate(bars.lefts.tolist()):
        lags = range(bar * bars.each, (bar + 1) * bars.each)
        is_source = any(source in lags for source in source_lags(chart.config))
        ink = "cursor" if chart.cursor in lags else "target" if is_source else "muted"
        if bar % every == 0 or ink == "cursor":
            write_first(cells, line, [(x, str(lags[0]))], ink, gap=int(bars.pitch > 1))


def _draw_marks(cells: Cells, line: Box, chart: LagChart, bars: Bars) -> None:
    """Below the bars: where the sources are, where the gradient is cut, and what was measured."""
    sources, name, names = source_lags(chart.config), source_name(chart.config), list[tuple[int, str]]()
    for source in sources:
        if source < len(chart.heights):
            x = int(bars.lefts[source // bars.each])
            write_in(cells, line, 0, MARK, "target", at=x)
            names += [(x + 2, f"{name} {source}"), (x - 1 - len(f"{source} {name}"), f"{source} {name}")]
        else:
            names.append((line.width - len(f"{name} {source} >"), f"{name} {source} >"))
    write_first(cells, line, names, "target")
    texts = list[tuple[int, str]]()
    for text in (*(f"T {chart.wall}: {one}" for one in chart.wall_texts), f"T {chart.wall}"):
        if bars.wall is not None:
            texts += [(bars.wall, f"{WALL} {text}"), (bars.wall - len(text) - 1, f"{text} {WALL}"), (bars.wall, WALL)]
        elif chart.wall is not None:
            texts += from_the_right(line, f"{text} >")
    write_first(cells, line, sorted(texts, key=lambda place: place[1] == WALL), "wall")
    count, what = chart.sample
    if count:
        samples = (f"of {count:,} {what}", f"of {count:,}")
        write_first(cells, line, [place for one in samples for place in from_the_right(line, one)], "muted", gap=2)


def from_the_right(line: Box, text: str) -> list[tuple[int, str]]:
    return [(at, text) for at in range(line.width - len(text), -1, -1)]


def write_first(cells: Cells, line: Box, places: Iterable[tuple[int, str]], ink: str, gap: int = 1) -> None:
    """The first of these texts, each with its column, that has room beside what is on the line already."""
    for at, text in places:
        left, right = line.x + max(0, at - gap), line.x + min(line.width, at + len(text) + gap)
        if 0 <= at <= line.width - len(text) and (cells.characters[line.y, left:right] == " ").all():
            cells.write(line.x + at, line.y, text, ink)
            return

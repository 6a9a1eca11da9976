"""A bar chart by lag, with marks at the sources of the targets and where the gradient is cut; used
by two views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.data.series import source_lags
from tui.views.canvas import Cells, Characters, beside, stamp, write_in
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
    return min(
        of, max(*source_lags(config), config.truncated_backprop_length, fit - beyond) + beyond
    )


def share_room(
    cells: Cells,
    lags: int,
    pitches: tuple[int, int],
    widths: Sequence[int],
    lines: int,
    other_first: bool,
) -> tuple[Region | None, Region | None]:
    body = Region(0, 1, cells.width, max(0, cells.height - 1))
    least, most = (
        GUTTER + 2 + pitch * lags
        for pitch in (pitches[0] if body.height >= TALL else 2, pitches[1])
    )
    if not widths:
        return body, None
    if side_by_side := beside(body, least, most, widths):
        return side_by_side
    if body.height >= TALL:
        lines = min(lines, body.height // 2)
        upper = body.height - lines - 1
        return body._replace(height=upper), Region(0, 2 + upper, body.width, lines)
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


def draw_lag_chart(cells: Cells, box: Region, chart: LagChart) -> None:
    """From the top: the bars with their values, the numbers of the lags, the marks; as far as there
    are lines."""
    if box.height < 1 or box.width <= GUTTER or not len(chart.heights):
        return
    numbers, above = box.height >= 3, box.height >= 5
    inner = Region(
        box.x + GUTTER, box.y + above, box.width - GUTTER, max(1, box.height - above - numbers - 1)
    )
    bars = place_bars(
        chart.heights, len(chart.heights) if chart.wall is None else chart.wall, inner.width
    )
    for share, label in chart.ticks:
        y = inner.y + max(0, inner.height - 1 - int(share * inner.height))
        cells.write(box.x, y, f"{label:>{GUTTER - 1}}", "muted")
    signs = bar_signs(chart.heights[bars.lags], inner.height)
    has_values = above and bars.each == 1 and bars.pitch > max(map(len, chart.values))
    _draw_bars(cells, inner, chart, bars, signs)
    for lag, x, top in zip(
        bars.lags.tolist(), bars.lefts.tolist(), (signs == " ").sum(axis=0).tolist(), strict=True
    ):
        cells.mark(inner.x + x, box.y, bars.pitch, box.height - 1, Lag(lag))
        if has_values:
            ink = "cursor" if lag == chart.cursor else chart.inks[lag]
            write_in(
                cells, inner._replace(y=box.y, height=box.height), top, chart.values[lag], ink, at=x
            )
    if numbers:
        _draw_numbers(cells, box, chart, bars)
    if bars.wall is not None:
        stamp(
            cells, inner.x + bars.wall, inner.y, np.full((inner.height + numbers, 1), WALL), "wall"
        )
    _draw_marks(cells, inner._replace(y=box.y + box.height - 1, height=1), chart, bars)


def bar_signs(heights: npt.NDArray[np.float64], lines: int) -> Characters:
    """Bars from 0 to 1 in eighths of a line, str [lines, bars].

    Values above zero stay visible; NaN is no bar.
    """
    known = np.nan_to_num(np.clip(heights, 0, 1))
    eighths = np.maximum(np.round(known * lines * 8), known > 0).astype(np.int64)
    return np.asarray(
        np.array([*EIGHTHS])[np.clip(eighths - 8 * np.arange(lines)[::-1, np.newaxis], 0, 8)]
    )


def _draw_bars(cells: Cells, inner: Region, chart: LagChart, bars: Bars, signs: Characters) -> None:
    empty = signs == " "
    if chart.hollow_from is not None:
        signs = np.where(~empty & (bars.lags >= chart.hollow_from), HOLLOW, signs)
    signs = np.where(empty & (bars.lags < chart.slots), SLOT, signs)
    behind = np.where(
        np.isin(bars.lags, source_lags(chart.config)), NUMBER["target"], NUMBER["faint"]
    )
    inks = np.where(empty, behind, [NUMBER[chart.inks[lag]] for lag in bars.lags])
    picture, painted = (
        np.full((inner.height, inner.width), " "),
        np.zeros((inner.height, inner.width), np.int16),
    )
    # A gap between bars, unless they are a column wide
    for column in range(max(1, bars.pitch - 1)):
        picture[:, bars.lefts + column], painted[:, bars.lefts + column] = signs, inks
    stamp(cells, inner.x, inner.y, picture, painted, over_blanks=True)


def _draw_numbers(cells: Cells, box: Region, chart: LagChart, bars: Bars) -> None:
    y = box.y + box.height - 2
    cells.write(box.x, y, "lag", "muted")
    widest = len(str(len(chart.heights) - 1)) + 1
    every = next(
        (n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n * bars.pitch >= widest), 1000
    )
    for bar, x in enumerate(bars.lefts.tolist()):
        lags = range(bar * bars.each, (bar + 1) * bars.each)
        is_source = any(source in lags for source in source_lags(chart.config))
        ink = "cursor" if chart.cursor in lags else "target" if is_source else "muted"
        if bar % every == 0 and GUTTER + x + len(str(lags[0])) <= box.width:
            cells.write(box.x + GUTTER + x, y, str(lags[0]), ink)


def _draw_marks(cells: Cells, line: Region, chart: LagChart, bars: Bars) -> None:
    sources, name, (count, what) = (
        source_lags(chart.config),
        source_name(chart.config),
        chart.sample,
    )
    shown = [
        int(bars.lefts[source // bars.each]) for source in sources if source < len(chart.heights)
    ]
    for x in shown:
        write_in(cells, line, 0, MARK, "target", at=x)
    for source in sources[:1]:
        at, sign = (shown[0] + 2, "") if source < len(chart.heights) else (line.width, " >")
        write_near(cells, line, at, [f"{name} {source}{sign}"], "target")
    if chart.wall is not None:
        at, sign = (line.width, " >") if bars.wall is None else (bars.wall + 2, "")
        if bars.wall is not None:
            write_in(cells, line, 0, WALL, "wall", at=bars.wall)
        texts = [
            *(f"T {chart.wall}: {one}{sign}" for one in chart.wall_texts),
            f"T {chart.wall}{sign}",
        ]
        write_near(cells, line, at, texts, "wall")
    if count:
        write_near(
            cells, line, line.width, [f"of {count:,} {what}", f"of {count:,}"], "muted", gap=2
        )


def write_near(
    cells: Cells, line: Region, at: int, texts: Iterable[str], ink: str, gap: int = 1
) -> None:
    """The first of these texts that has room beside what is on the line already, as near to a
    column as it can be."""
    free = cells.characters[line.y, line.x : line.x + line.width] == " "
    for text in texts:
        for x in sorted(range(line.width - len(text) + 1), key=lambda x: abs(x - at)):
            if free[max(0, x - gap) : x + len(text) + gap].all():
                cells.write(line.x + x, line.y, text, ink)
                return

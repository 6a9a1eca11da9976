"""Draws the map on a grid of characters: labels, shaded cells, and numbers where they fit."""

from __future__ import annotations

import csv
import io
import itertools
import math
import textwrap
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from echornn.data.levels import solved_level
from echornn.sweeps.results import Cell
from tui.figures.sweep_table import Measure, Scale, numbers_of, rung_text, value_text
from tui.map.state import FAILED, LOST, MISSING, MapFrame, common_to_all, edge_sign, sign_of
from tui.views.canvas import Box, Cells, stamp, write_in

MARKED, SIDES, CURSOR = "◆", "▐▌", "◉"
"""The signs of the marked cell, left and right of the cell under the cursor, and on it if cells have no gaps."""

COLOURS = 8
"""The number of shades, without the shade of the lowest level."""


WIDEST, HIGHEST = 9, 7
"""The most characters of a cell: width and height."""

AIRY = 2
"""The smallest size of a cell with which there is a gap between cells."""

WITH_INTERVAL, LONGEST_INTERVAL = 5, 7
"""The fewest lines and columns of a cell with which the confidence interval is written below the success rate."""

LEAST_WORD, LONGEST_LABEL = 4, 16
"""The fewest characters to which a column's label is cut, and the most of a row's label."""


class Square(NamedTuple):
    """A cell of the map, for the mouse."""

    row: int
    column: int


@dataclass(frozen=True)
class Spread:
    """The places of the columns, or of the rows: where each shown cell begins, and the size of each in characters."""

    first: int
    begins: tuple[int, ...]
    size: int

    @property
    def shown(self) -> range:
        return range(self.first, self.first + len(self.begins))

    @property
    def end(self) -> int:
        return self.begins[-1] + self.size

    @property
    def is_airy(self) -> bool:
        """Whether there is a gap between all neighbouring cells."""
        return all(after - before > self.size for before, after in itertools.pairwise(self.begins))

    def begin(self, cell: int) -> int:
        return self.begins[cell - self.first]


def spread(count: int, room: int, least: int, most: int, focus: int) -> Spread:
    """Places for cells that are as large as possible, with gaps between them if these stay large enough. If not even
    the smallest cells all fit, those around ``focus`` are shown.
    """
    size = (room + 1) // count - 1
    if size >= max(AIRY, least):
        size = min(size, most)
        return Spread(0, tuple(cell * (size + 1) for cell in range(count)), size)
    size = min(most, max(least, room // count))
    shown = min(count, max(1, room // size))
    return Spread(min(count - shown, max(0, focus - shown + 1)), tuple(cell * size for cell in range(shown)), size)


def draw_map(cells: Cells, box: Box, frame: MapFrame) -> None:
    """Draw the map: labels, cells and cursor."""
    table, cursor = frame.table, frame.cursor
    row_labels, column_labels = frame.labels
    label = min(LONGEST_LABEL, max(map(len, row_labels)) + 2, max(3, box.width // 4))
    room = max(1, box.width - label - 1)
    words = max((len(text) for text in column_labels if not _is_number(text)), default=0)
    least = max(1, min(words, room // max(1, len(column_labels))))
    columns = spread(len(table.columns), room, least, max(WIDEST, words), cursor[1])
    rows = spread(len(table.rows), max(1, box.height - 1), 1, HIGHEST, cursor[0])
    widest = max((len(text) for line in frame.numbers for text in line), default=0)
    is_numbered = columns.size >= widest + (rows.size == 1)
    _draw_row_labels(cells, box._replace(width=label), rows, row_labels, cursor[0])
    _draw_column_labels(cells, box, label + 1, columns, column_labels, cursor[1])
    for row in rows.shown:
        for column in columns.shown:
            x, y = box.x + label + 1 + columns.begin(column), box.y + 1 + rows.begin(row)
            place = Box(x, y, columns.size, rows.size)
            cells.mark(*place, Square(row, column))
            number = frame.numbers[row][column] if is_numbered else ""
            _draw_cell(cells, place, table.cells[row][column], frame.scale, number)
            if (row, column) == frame.mark:
                write_in(cells, place, 0, MARKED, "source")
            if (row, column) == cursor and not columns.is_airy:
                stamp(cells, x, y, np.full((place.height, place.width), CURSOR), "cursor")
            elif (row, column) == cursor:
                stamp(cells, x - 1, y, np.full((place.height, 1), SIDES[0]), "side")
                stamp(cells, place.right, y, np.full((place.height, 1), SIDES[1]), "side")


def _draw_cell(cells: Cells, place: Box, cell: Cell, scale: Scale, text: str) -> None:
    sign, middle = sign_of(cell, scale), place.height // 2
    if not cell.finished:
        style = "muted" if sign == MISSING else "lacking"
        write_in(cells, place, middle, sign, style, at=(place.width - 1) // 2)
        return
    value = scale.value(cell)
    shade = f"shade{min(COLOURS - 1, int(scale.share(value) * COLOURS))}" if scale.level(value) else "none"
    stamp(cells, place.x, place.y, np.full((place.height, place.width), sign), shade)
    if text:
        number = f"{text:^{place.width}}" if place.height > 1 else text
        write_in(cells, place, middle, number, "strong", at=place.width - len(number))
        has_interval = scale.measure is Measure.SUCCESS and not cell.is_pooled
        if has_interval and place.height >= WITH_INTERVAL and place.width >= LONGEST_INTERVAL:
            low, high = (round(100 * share) for share in cell.interval)
            write_in(cells, place, middle + 1, f"{f'{low}-{high}':^{place.width}}", "muted")
    edge = edge_sign(cell)
    if edge and place.width > 1 and (place.height > 1 or place.width > len(text)):
        style = "lacking" if edge in (FAILED, LOST) else "muted"
        write_in(cells, place, 0, edge, style, at=place.width - 1 if place.height > 1 or not text else 0)


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "-."


def _draw_column_labels(cells: Cells, box: Box, left: int, columns: Spread, texts: Sequence[str], cursor: int) -> None:
    """Draw the label of the cursor's column, and at regular distances as many other labels as fit. Words, but no
    numbers, are cut to the width of a column.
    """
    pitch = columns.begins[1] - columns.begins[0] if len(columns.begins) > 1 else columns.size + 1
    if pitch > LEAST_WORD:
        texts = [text if _is_number(text) else text[: pitch - 1] for text in texts]
    longest = max(len(texts[column]) for column in columns.shown) + 1
    every = next((n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n * pitch >= longest), 1000)
    taken: list[tuple[int, int]] = []
    for column in sorted(columns.shown, key=lambda one: one != cursor):
        text = texts[column]
        begin = max(0, min(columns.begin(column) + (columns.size - len(text)) // 2, columns.end - len(text)))
        end = begin + len(text)
        if (column != cursor and column % every) or any(begin <= last and end >= first for first, last in taken):
            continue
        taken.append((begin, end))
        write_in(cells, box, 0, text, "cursor" if column == cursor else "muted", at=left + begin)
    if columns.first:
        write_in(cells, box, 0, "<", "muted", at=left - 1)
    if columns.shown.stop < len(texts):
        write_in(cells, box, 0, ">", "muted", at=min(box.width - 1, left + columns.end))


def _draw_row_labels(cells: Cells, box: Box, rows: Spread, texts: Sequence[str], cursor: int) -> None:
    for row in rows.shown:
        text = f"{'>' if row == cursor else ' '} {texts[row]}"
        line = 1 + rows.begin(row) + rows.size // 2
        write_in(cells, box, line, f"{text:<{box.width}}", "cursor" if row == cursor else "muted")
    above, below = rows.shown.start, len(texts) - rows.shown.stop
    if above or below:
        write_in(cells, box, 0, f"{above} above" if above else f"{below} below", "muted")


WIDTH = 79
"""The width of the text above the table, in characters."""

COLUMNS = (
    *("points", "trained", "solved", "success", "low", "high", "half_solved", "median_loss"),
    *("best_seed", "best_solved_at", "failed", "missing", "most_windows", "until", "level", "version", "rung"),
)
"""The columns of `csv_lines` after the fields across and down."""

FORMS = {"success": ".4f", "low": ".4f", "high": ".4f", "median_loss": ".6g", "level": ".6g"}


def lines_of(frame: MapFrame) -> Iterator[str]:
    """The map as text: a heading, then a line for each row, with a number for each cell and a sign if results are
    missing.
    """
    cells = [
        [f"{number or sign_of(cell, frame.scale)}{edge_sign(cell)}" for number, cell in zip(texts, row, strict=True)]
        for texts, row in zip(frame.numbers, frame.table.cells, strict=True)
    ]
    labels, heads = frame.labels
    label = max(map(len, labels))
    widths = [max(len(texts[at]) for texts in (heads, *cells)) for at in range(len(heads))]
    yield frame.heading
    for words in common_to_all(frame.table.results).split("; "):
        yield from textwrap.wrap(words, WIDTH)
    yield ""
    for name, row in zip(("", *labels), (heads, *cells), strict=True):
        texts = "   ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        yield f"{name:<{label}}  {texts}".rstrip()
    if frame.legend[1]:
        yield ""
        yield frame.legend[1]


def csv_lines(frame: MapFrame) -> Iterator[str]:
    """The map as CSV, a line for each cell: the fields across and down, then `COLUMNS`. Shares are from 0 to 1; unknown
    values are empty.

    A cell of several points has no confidence interval, since the points differ in more than their seeds. Its other
    numbers are medians over its points. ``most_windows`` is the most windows that each of its networks trains.
    ``level`` is the mean loss of 50 windows below which the task counts as solved; empty if nothing does. Both are
    empty if the points differ. ``version`` is the number of the program version that trained the cell; a larger number
    is newer. ``rung`` is the position of the median loss on the ladder of its task.
    """
    table, choice = frame.table, frame.table.choice
    yield _csv([*(name for name in (choice.across, choice.down) if name is not None), *COLUMNS])
    for row, down in zip(table.cells, table.rows, strict=True):
        for cell, across in zip(row, table.columns, strict=True):
            point, configs = cell.best_point, [one.config for one in cell.points]
            values = [value_text(value) for name, value in ((choice.across, across), (choice.down, down)) if name]
            numbers: dict[str, Any] = {
                **numbers_of(cell),
                "best_seed": point and point.best[-1],
                "best_solved_at": point and point.results[point.best[-1]].solved_at,
                "most_windows": _one({config.num_epochs * config.windows_per_epoch for config in configs}),
                "until": table.results.until,
                "level": _one({level if math.isfinite(level := solved_level(config)) else None for config in configs}),
                "version": cell.points[0].version + 1 if cell.points else 1,
                "rung": _one({rung_text(config, cell.loss) for config in configs}),
            }
            cells = ["" if numbers[name] is None else format(numbers[name], FORMS.get(name, "")) for name in COLUMNS]
            yield _csv([*values, *cells])


def _one(values: Set[object]) -> object:
    """The common value; None if the values differ."""
    return next(iter(values)) if len(values) == 1 else None


def _csv(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue()

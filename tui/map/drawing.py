"""Draws the map on a grid of characters: shaded cells, and numbers where they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from echornn.sweeps.results import Cell, Measure, Scale
from tui.kit.cells import Cells
from tui.kit.paint import Box, stamp, write_in
from tui.map.frame import MapFrame
from tui.map.labels import texts_of
from tui.map.signs import CURSOR, FAILED, LOST, MARKED, MISSING, SIDES, edge_sign, sign_of
from tui.map.spread import Spread, spread

COLOURS = 8
"""The number of shades, without the shade of the lowest level."""

STYLES = (
    "map--none",
    *(f"map--shade{number}" for number in range(COLOURS)),
    "map--label",
    "map--number",
    "map--cursor",
    "map--side",
    "map--lacking",
    "map--marked",
)

WIDEST, HIGHEST = 9, 7
"""The most characters of a cell: width and height."""

AIRY_WIDTH, AIRY_HEIGHT = 2, 2
"""The smallest width and height of a cell with which there is a gap between cells."""

WITH_INTERVAL, LONGEST_INTERVAL = 5, 7
"""The fewest lines and columns of a cell with which the confidence interval is written below the success rate."""

LEAST_WORD = 4
"""The fewest characters to which a column's label is cut."""

LONGEST_LABEL = 16
"""The most characters of a row's label."""


@dataclass(frozen=True)
class Square:
    """A cell of the map, for the mouse."""

    row: int
    column: int


@dataclass(frozen=True)
class Laid:
    """The places of the parts of the map in its box.

    Attributes:
        columns, rows: the places of the columns and rows of cells.
        x, y: the top left corner of the first cell.
        label: the width of the rows' labels in characters.
        numbered: whether numbers fit into the cells.
    """

    columns: Spread
    rows: Spread
    x: int
    y: int
    label: int
    numbered: bool


def laid(frame: MapFrame, box: Box) -> Laid:
    """Divide the box between labels and cells. If not all cells fit, those around the cursor are shown."""
    table, cursor = frame.table, frame.cursor
    choice = table.choice
    row_labels, column_labels = texts_of(table.rows, choice.down), texts_of(table.columns, choice.across)
    label = min(LONGEST_LABEL, max(map(len, row_labels)) + 2, max(3, box.width // 4))
    room = max(1, box.width - label - 1)
    words = max((len(text) for text in column_labels if not _is_number(text)), default=0)
    least = max(1, min(words, room // max(1, len(column_labels))))
    columns = spread(len(table.columns), room, least, max(WIDEST, words), AIRY_WIDTH, cursor[1])
    rows = spread(len(table.rows), max(1, box.height - 1), 1, HIGHEST, AIRY_HEIGHT, cursor[0])
    widest = max((len(text) for line in frame.numbers for text in line), default=0)
    numbered = columns.size >= widest + (rows.size == 1)
    return Laid(columns, rows, label + 1, 1, label, numbered)


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "-."


def draw_map(cells: Cells, box: Box, frame: MapFrame) -> None:
    """Draw the map: labels, cells and cursor."""
    table, cursor = frame.table, frame.cursor
    at = laid(frame, box)
    _draw_column_labels(cells, box, at, texts_of(table.columns, table.choice.across), cursor[1])
    _draw_row_labels(cells, box, at, texts_of(table.rows, table.choice.down), cursor[0])
    for row in at.rows.shown:
        for column in at.columns.shown:
            cell = table.cells[row][column]
            place = _place(box, at, row, column)
            cells.mark(*place, Square(row, column))
            _draw_cell(cells, place, cell, frame.scale, frame.numbers[row][column] if at.numbered else "")
            if (row, column) == frame.mark:
                write_in(cells, place, 0, MARKED, "map--marked")
    if cursor[0] in at.rows.shown and cursor[1] in at.columns.shown:
        _draw_cursor(cells, at, _place(box, at, *cursor))


def _place(box: Box, at: Laid, row: int, column: int) -> Box:
    x, y = box.x + at.x + at.columns.begin(column), box.y + at.y + at.rows.begin(row)
    return Box(x, y, at.columns.size, at.rows.size)


def _draw_cell(cells: Cells, place: Box, cell: Cell, scale: Scale, text: str) -> None:
    sign, middle = sign_of(cell, scale), place.height // 2
    if not cell.finished:
        style = "map--label" if sign == MISSING else "map--lacking"
        write_in(cells, place, middle, sign, style, at=(place.width - 1) // 2)
        return
    style = shade_style(scale, scale.value(cell))
    stamp(cells, place.x, place.y, np.full((place.height, place.width), sign), style)
    if text:
        number = f"{text:^{place.width}}" if place.height > 1 else text
        write_in(cells, place, middle, number, "map--number", at=place.width - len(number))
    has_interval = scale.measure is Measure.SUCCESS and not cell.is_pooled
    if text and has_interval and place.height >= WITH_INTERVAL and place.width >= LONGEST_INTERVAL:
        low, high = (round(100 * share) for share in cell.interval)
        write_in(cells, place, middle + 1, f"{f'{low}-{high}':^{place.width}}", "map--label")
    edge = edge_sign(cell)
    if edge and place.width > 1 and (place.height > 1 or place.width > len(text)):
        style = "map--lacking" if edge in (FAILED, LOST) else "map--label"
        write_in(cells, place, 0, edge, style, at=place.width - 1 if place.height > 1 or not text else 0)


def _draw_cursor(cells: Cells, at: Laid, place: Box) -> None:
    """Draw the cursor in the gaps to both sides of its cell; if there are no gaps, over the cell."""
    if not at.columns.is_airy:
        stamp(cells, place.x, place.y, np.full((place.height, place.width), CURSOR), "map--cursor")
        return
    for x, side in ((place.x - 1, SIDES[0]), (place.right, SIDES[1])):
        stamp(cells, x, place.y, np.full((place.height, 1), side), "map--side")


def shade_style(scale: Scale, value: float) -> str:
    """The name of the style of a cell with this (finite) value."""
    if scale.level(value) == 0:
        return "map--none"
    return f"map--shade{min(COLOURS - 1, int(scale.share(value) * COLOURS))}"


def _draw_column_labels(cells: Cells, box: Box, at: Laid, texts: Sequence[str], cursor: int) -> None:
    """Draw the label of the cursor's column, and at regular distances as many other labels as fit. Words, but no
    numbers, are cut to the width of a column.
    """
    spread_ = at.columns
    pitch = spread_.begins[1] - spread_.begins[0] if len(spread_.begins) > 1 else spread_.size + 1
    if pitch > LEAST_WORD:
        texts = [text if _is_number(text) else text[: pitch - 1] for text in texts]
    longest = max(len(texts[column]) for column in spread_.shown) + 1
    every = next((n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n * pitch >= longest), 1000)
    taken: list[tuple[int, int]] = []
    for column in sorted(spread_.shown, key=lambda one: one != cursor):
        if column != cursor and column % every:
            continue
        text = texts[column]
        begin = max(0, min(spread_.begin(column) + (spread_.size - len(text)) // 2, spread_.end - len(text)))
        end = begin + len(text)
        if any(begin <= last and end >= first for first, last in taken):
            continue
        taken.append((begin, end))
        write_in(cells, box, 0, text, "map--cursor" if column == cursor else "map--label", at=at.x + begin)
    if spread_.first:
        write_in(cells, box, 0, "<", "map--label", at=at.label)
    if spread_.shown.stop < spread_.count:
        write_in(cells, box, 0, ">", "map--label", at=min(box.width - 1, at.x + spread_.end))


def _draw_row_labels(cells: Cells, box: Box, at: Laid, texts: Sequence[str], cursor: int) -> None:
    for row in at.rows.shown:
        line = at.y + at.rows.begin(row) + at.rows.size // 2
        label = f"{'>' if row == cursor else ' '} {texts[row]}"[: at.label]
        write_in(cells, box, line, f"{label:<{at.label}}", "map--cursor" if row == cursor else "map--label")
    first, last = at.rows.shown.start, at.rows.shown.stop
    if first:
        write_in(cells, box, 0, f"{first} above"[: at.label], "map--label")
    elif last < len(texts):
        write_in(cells, box, 0, f"{len(texts) - last} below"[: at.label], "map--label")

"""The map of a sweep on a grid of characters, as text, and as CSV."""

from __future__ import annotations

import csv
import io
import itertools
import math
import textwrap
from collections.abc import Iterator, Sequence, Set

import numpy as np
from textual.geometry import Region

from echornn.data.levels import solved_level
from echornn.sweeps.results import MapCell
from tui.figures.sweep_table import (
    Measure,
    Scale,
    numbers_of,
    rung_text,
    short_text,
    value_of,
    value_text,
)
from tui.map.state import SHADES, MapState, common_to_all, signs_of
from tui.views.canvas import Cells, stamp, write_in

SIDES, CURSOR = "▐▌", "◉"  # the cursor is at the sides of its cell, or on it if cells have no gaps
COLOURS = 8  # shades, without that of the lowest level
AIRY = 2  # the least width and height of cells with gaps between them
WIDEST, HIGHEST = 9, 7  # characters of a cell
LONGEST_INTERVAL, LINES_WITH_INTERVAL = 7, 5  # the least width and height of a cell that shows it
LEAST_WORD, LONGEST_LABEL = 4, 16  # to which a column's label is cut; of a row's label


def spread(
    count: int, room: int, least: int, most: int, focus: int
) -> tuple[dict[int, range], int]:
    """The characters of each cell along a side, around ``focus`` if not all fit; and the gap
    between two."""
    size = (room + 1) // count - 1
    gap = int(size >= max(AIRY, least))
    size = min(most, size if gap else max(least, room // count))
    shown = count if gap else min(count, max(1, room // size))
    first = min(count - shown, max(0, focus - shown + 1))
    begins = {first + cell: cell * (size + gap) for cell in range(shown)}
    return {cell: range(begin, begin + size) for cell, begin in begins.items()}, gap


def texts_of(state: MapState) -> list[list[str]]:
    """The number in each cell, [rows][columns], at most five characters; empty if there is no
    result."""
    measure = state.measure
    return [
        [short_text(value_of(cell, measure), measure) for cell in row] for row in state.table.cells
    ]


def labels_of(state: MapState) -> tuple[list[str], list[str]]:
    """Of the rows and of the columns."""
    fields = ((state.choice.down, state.table.rows), (state.choice.across, state.table.columns))
    rows, columns = (
        ["all"] if name is None else [*map(value_text, values)] for name, values in fields
    )
    return rows, columns


def draw_map(cells: Cells, box: Region, state: MapState) -> None:
    table, cursor, texts = state.table, state.cursor, texts_of(state)
    row_labels, column_labels = labels_of(state)
    margin = min(LONGEST_LABEL, max(map(len, row_labels)) + 2, max(3, box.width // 4)) + 1
    words = max((len(text) for text in column_labels if not _is_number(text)), default=0)
    room = max(1, box.width - margin)
    least = max(1, min(words, room // max(1, len(column_labels))))
    columns, gap = spread(len(table.columns), room, least, max(WIDEST, words), cursor[1])
    rows, _ = spread(len(table.rows), max(1, box.height - 1), 1, HIGHEST, cursor[0])
    longest = max(len(text) for row in texts for text in row)
    _draw_row_labels(cells, box._replace(width=margin - 1), rows, row_labels, cursor[0])
    _draw_column_labels(cells, box, margin, columns, gap, column_labels, cursor[1])
    for (row, lines), (column, places) in itertools.product(rows.items(), columns.items()):
        place = Region(
            box.x + margin + places.start, box.y + 1 + lines.start, len(places), len(lines)
        )
        cell, is_numbered = table.cells[row][column], len(places) >= longest + (len(lines) == 1)
        cells.mark(*place, (row, column))
        _draw_cell(cells, place, cell, state.scale, texts[row][column] if is_numbered else "")
        if (row, column) == cursor and not gap:
            stamp(cells, place.x, place.y, np.full((place.height, place.width), CURSOR), "cursor")
        elif (row, column) == cursor:
            for side, x in zip(SIDES, (place.x - 1, place.right), strict=True):
                stamp(cells, x, place.y, np.full((place.height, 1), side), "side")


def _draw_cell(cells: Cells, place: Region, cell: MapCell, scale: Scale, text: str) -> None:
    sign, middle = next(iter(signs_of(cell)), None), place.height // 2
    if not cell.finished:
        if sign is not None:
            write_in(cells, place, middle, sign.character, sign.ink, at=(place.width - 1) // 2)
        return
    value = value_of(cell, scale.measure)
    level = scale.level(value)
    shade = f"shade{min(COLOURS - 1, int(scale.share(value) * COLOURS))}" if level else "none"
    stamp(cells, place.x, place.y, np.full((place.height, place.width), SHADES[level]), shade)
    if text:
        number = f"{text:^{place.width}}" if place.height > 1 else text
        write_in(cells, place, middle, number, "strong", at=place.width - len(number))
    has_interval = scale.measure is Measure.SUCCESS and cell.can_be_solved and not cell.is_pooled
    if has_interval and place.width >= LONGEST_INTERVAL and place.height >= LINES_WITH_INTERVAL:
        low, high = (round(100 * share) for share in cell.interval)
        write_in(cells, place, middle + 1, f"{f'{low}-{high}':^{place.width}}", "muted")
    if sign is not None and place.width > 1 and (place.height > 1 or place.width > len(text)):
        write_in(
            cells,
            place,
            0,
            sign.character,
            sign.ink,
            at=place.width - 1 if place.height > 1 or not text else 0,
        )


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "-."


def _draw_column_labels(
    cells: Cells,
    box: Region,
    left: int,
    columns: dict[int, range],
    gap: int,
    texts: Sequence[str],
    cursor: int,
) -> None:
    """The label of the cursor's column, and at regular distances those of others; only words are
    cut."""
    pitch, end = len(columns[cursor]) + gap, max(places.stop for places in columns.values())
    if pitch > LEAST_WORD:
        texts = [text if _is_number(text) else text[: pitch - 1] for text in texts]
    longest = max(len(texts[column]) for column in columns) + 1
    every = next(
        (step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if step * pitch >= longest), 1000
    )
    for column, places in columns.items():
        text, is_near = texts[column], abs(column - cursor) * pitch < longest
        if column == cursor or not (column % every or is_near):
            begin = min(places.start + (len(places) - len(text)) // 2, end - len(text))
            write_in(
                cells,
                box,
                0,
                text,
                "cursor" if column == cursor else "muted",
                at=left + max(0, begin),
            )
    if min(columns):
        write_in(cells, box, 0, "<", "muted", at=left - 1)
    if max(columns) + 1 < len(texts):
        write_in(cells, box, 0, ">", "muted", at=min(box.width - 1, left + end))


def _draw_row_labels(
    cells: Cells, box: Region, rows: dict[int, range], texts: Sequence[str], cursor: int
) -> None:
    for row, lines in rows.items():
        text, ink = (f"> {texts[row]}", "cursor") if row == cursor else (f"  {texts[row]}", "muted")
        write_in(cells, box, 1 + lines.start + len(lines) // 2, f"{text:<{box.width}}", ink)
    above, below = min(rows), len(texts) - 1 - max(rows)
    if above or below:
        write_in(cells, box, 0, f"{above} above" if above else f"{below} below", "muted")


def lines_of(state: MapState) -> Iterator[str]:
    rows, heads = labels_of(state)
    cells = [
        [
            number + "".join(sign.character for sign in signs_of(cell)[:1])
            for cell, number in zip(*row, strict=True)
        ]
        for row in zip(state.table.cells, texts_of(state), strict=True)
    ]
    label, table = max(map(len, rows)), [heads, *cells]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    yield state.heading
    for words in common_to_all(state.table.results).split("; "):
        yield from textwrap.wrap(words, 79)
    yield ""
    for name, row in zip(("", *rows), table, strict=True):
        texts = "   ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        yield f"{name:<{label}}  {texts}".rstrip()
    for signs in state.legend[1:]:
        yield from ("", signs)


FORMS = {"success": ".4f", "low": ".4f", "high": ".4f", "median_loss": ".6g", "level": ".6g"}


def csv_of(state: MapState) -> str:
    """The map as CSV, a line for each cell; empty is what is unknown, or what the points of a cell
    differ in."""
    out, table, choice = io.StringIO(), state.table, state.choice
    writer = csv.writer(out, lineterminator="\n")
    for row, down in zip(table.cells, table.rows, strict=True):
        for cell, across in zip(row, table.columns, strict=True):
            point, configs = cell.best_point, [one.config for one in cell.points]
            fields = {
                name: value_text(value)
                for name, value in ((choice.across, across), (choice.down, down))
                if name
            }
            counts = numbers_of(cell)
            ends = {name: counts.pop(name) for name in ("failed", "missing")}
            numbers = {
                **counts,
                "best_seed": point and point.best[-1],
                "best_solved_at": point and point.results[point.best[-1]].solved_at,
                **ends,
                "most_windows": _one(
                    {config.num_epochs * config.windows_per_epoch for config in configs}
                ),
                "until": table.results.until,
                "level": _one(
                    {
                        level if math.isfinite(level := solved_level(config)) else None
                        for config in configs
                    }
                ),
                "version": cell.points[0].version + 1 if cell.points else 1,
                "rung": _one({rung_text(config, cell.loss) for config in configs}),
            }
            if not out.tell():
                writer.writerow([*fields, *numbers])
            texts = [
                "" if one is None else format(one, FORMS.get(name, ""))
                for name, one in numbers.items()
            ]
            writer.writerow([*fields.values(), *texts])
    return out.getvalue()


def _one(values: Set[object]) -> object:
    """The common value; None if the values differ."""
    return next(iter(values)) if len(values) == 1 else None

"""The map of a sweep on a grid of characters, as text, and as CSV."""

from __future__ import annotations

import csv
import io
import itertools
import math
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from textual.geometry import Region

from echornn.levels import solved_level
from echornn.sweeps.results import MapCell, Values
from echornn.sweeps.table import cell_numbers
from tui.map.state import SHADES, MapState, common_to_all, signs_of
from tui.text.lines import aligned, rung_text
from tui.text.measures import Measure, Scale, short_text, value_of, value_text
from tui.views.axes import STEPS, rounded_up
from tui.views.canvas import Cells, stamp, write_in
from tui.views.legend import Entry, draw_legend

SIDES = "▐▌"  # the cursor is at the sides of its cell
CURSOR = "◉"  # or on it if cells have no gaps
COLOURS = 8  # shades, without that of the lowest level

# Chosen by eye, in characters
AIRY = 2  # the least width and height of cells with gaps between them
WIDEST, HIGHEST = 9, 7  # of a cell
LONGEST_INTERVAL, LINES_WITH_INTERVAL = 7, 5  # the least width and height of a cell that shows it
LEAST_WORD = 4  # to which a column's label is cut
LONGEST_LABEL = 16  # of a row
LINES_WITH_LEGEND = 7  # the fewest lines of the map with which it has a legend


# ---- the grid


def spread(
    count: int, room: int, least: int, most: int, focus: int
) -> tuple[dict[int, range], int]:
    """The characters of each cell along a side, around ``focus`` if not all fit; and the gap
    between two."""
    shown, gap = count, 1
    size = (room + 1) // count - 1
    if size < max(AIRY, least):
        gap = 0
        size = max(least, room // count)
        shown = min(count, max(1, room // min(most, size)))
    size = min(most, size)
    first = min(count - shown, max(0, focus - shown + 1))
    cells = {}
    for cell in range(shown):
        begin = cell * (size + gap)
        cells[first + cell] = range(begin, begin + size)
    return cells, gap


def draw_map(cells: Cells, box: Region, state: MapState) -> None:
    """The cells with the labels of their rows and columns, and the legend below them."""
    if box.height >= LINES_WITH_LEGEND:
        box = _draw_legend(cells, box, state)
    texts = texts_of(state)
    row_labels, column_labels = labels_of(state)
    row_cursor, column_cursor = state.cursor
    longest_label = max(map(len, row_labels))
    margin = min(LONGEST_LABEL, longest_label + 2, max(3, box.width // 4)) + 1
    words = [len(label) for label in column_labels if not _is_number(label)]
    longest_word = max(words, default=0)
    room = max(1, box.width - margin)
    least = max(1, min(longest_word, room // len(column_labels)))
    widest = max(WIDEST, longest_word)
    columns, gap = spread(len(column_labels), room, least, widest, column_cursor)
    rows, _ = spread(len(row_labels), max(1, box.height - 1), 1, HIGHEST, row_cursor)
    _draw_row_labels(cells, box._replace(width=margin - 1), rows, row_labels, row_cursor)
    right = box._replace(x=box.x + margin, width=box.width - margin)
    _draw_column_labels(cells, right, columns, gap, column_labels, column_cursor)
    longest = max(len(text) for row in texts for text in row)
    for (row, lines), (column, places) in itertools.product(rows.items(), columns.items()):
        place = Region(right.x + places.start, box.y + 1 + lines.start, len(places), len(lines))
        cells.mark(*place, (row, column))
        needed = longest
        if place.height == 1:
            needed += 1  # for a sign
        number = texts[row][column] if place.width >= needed else ""
        _draw_cell(cells, place, state.table.cells[row][column], state.scale, number)
        if (row, column) == state.cursor:
            _draw_cursor(cells, place, gap)


def _draw_cursor(cells: Cells, place: Region, gap: int) -> None:
    if not gap:
        stamp(cells, place.x, place.y, np.full((place.height, place.width), CURSOR), "cursor")
        return
    for side, x in zip(SIDES, (place.x - 1, place.right), strict=True):
        stamp(cells, x, place.y, np.full((place.height, 1), side), "side")


def texts_of(state: MapState) -> list[list[str]]:
    """The number in each cell, [rows][columns], at most five characters; empty if there is no
    result."""
    measure = state.measure
    texts = []
    for row in state.table.cells:
        texts.append([short_text(value_of(cell, measure), measure) for cell in row])
    return texts


def labels_of(state: MapState) -> tuple[list[str], list[str]]:
    """Of the rows and of the columns."""
    choice, table = state.choice, state.table
    return _labels(choice.down, table.rows), _labels(choice.across, table.columns)


def _labels(name: str | None, values: Values) -> list[str]:
    return ["all"] if name is None else [value_text(value) for value in values]


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "-."


# ---- cells and their legend


def inks_of(level: int, share: float) -> tuple[str, str]:
    """Of a block, and of a number in it, which has the block behind it."""
    if not level:
        return "none", "strong"
    colour = min(COLOURS - 1, int(share * COLOURS))
    return f"shade{colour}", f"number{level}{colour}"


def _draw_cell(cells: Cells, place: Region, cell: MapCell, scale: Scale, number: str) -> None:
    """A block that is the fuller, the better the value; in it the value, its interval, and a sign
    of what is lacking."""
    middle = place.height // 2
    signs = signs_of(cell)
    sign = signs[0] if signs else None
    if not cell.finished:
        if sign is not None:
            write_in(cells, place, middle, sign.character, sign.ink, at=(place.width - 1) // 2)
        return
    value = value_of(cell, scale.measure)
    level = scale.level(value)
    block_ink, ink = inks_of(level, scale.share(value))
    block = np.full((place.height, place.width), SHADES[level])
    stamp(cells, place.x, place.y, block, block_ink)
    if place.height == 1:
        write_in(cells, place, 0, number, ink, at=place.width - len(number))
        if sign is not None and place.width > max(1, len(number)):
            at = 0 if number else place.width - 1
            write_in(cells, place, 0, sign.character, sign.ink, at=at)
        return
    _write_centred(cells, place, middle, number, ink)
    has_interval = scale.measure is Measure.SUCCESS and cell.can_be_solved and not cell.is_pooled
    if has_interval and place.width >= LONGEST_INTERVAL and place.height >= LINES_WITH_INTERVAL:
        low, high = (round(100 * end) for end in cell.interval)
        _write_centred(cells, place, middle + 1, f"{low}-{high}", ink if level else "muted")
    if sign is not None and place.width > 1:
        write_in(cells, place, 0, sign.character, sign.ink, at=place.width - 1)


def _write_centred(cells: Cells, place: Region, line: int, text: str, ink: str) -> None:
    write_in(cells, place, line, text, ink, at=(place.width - len(text)) // 2)


def _draw_legend(cells: Cells, box: Region, state: MapState) -> Region:
    """What the shades and the signs of cells mean, each in the ink of its cells; returns the box
    above."""
    parts = 3 if state.measure is Measure.SUCCESS else 4
    levels = []
    for level, words in state.scale.legend:
        middle = min(1.0, (level - 0.5) / parts)  # of the shares that have this level
        levels.append(Entry(SHADES[level], inks_of(level, middle)[0], words))
    signs = [Entry(sign.character, sign.ink, sign.words) for sign in state.signs]
    for entries in (signs, levels):
        if entries:
            box = box._replace(height=box.height - 1)
            draw_legend(cells, box.x, box.bottom, box.right, entries, "muted")
    return box


def _draw_column_labels(
    cells: Cells,
    box: Region,
    columns: dict[int, range],
    gap: int,
    labels: Sequence[str],
    cursor: int,
) -> None:
    """The label of the cursor's column, and at regular distances those of others; only words are
    cut."""
    pitch = len(columns[cursor]) + gap
    end = max(places.stop for places in columns.values())
    if pitch > LEAST_WORD:
        labels = [label if _is_number(label) else label[: pitch - 1] for label in labels]
    longest = max(len(labels[column]) for column in columns) + 1
    every = max(1, int(rounded_up(longest / pitch, STEPS)))
    for column, places in columns.items():
        label = labels[column]
        ink = "muted"
        if column == cursor:
            ink = "cursor"
        elif column % every or abs(column - cursor) * pitch < longest:
            continue
        begin = min(places.start + (len(places) - len(label)) // 2, end - len(label))
        write_in(cells, box, 0, label, ink, at=max(0, begin))
    if min(columns):
        cells.write(box.x - 1, box.y, "<", "muted")
    if max(columns) + 1 < len(labels):
        write_in(cells, box, 0, ">", "muted", at=min(box.width - 1, end))


def _draw_row_labels(
    cells: Cells, box: Region, rows: dict[int, range], labels: Sequence[str], cursor: int
) -> None:
    for row, lines in rows.items():
        sign, ink = " ", "muted"
        if row == cursor:
            sign, ink = ">", "cursor"
        text = f"{sign} {labels[row]}".ljust(box.width)
        write_in(cells, box, 1 + lines.start + len(lines) // 2, text, ink)
    above, below = min(rows), len(labels) - 1 - max(rows)
    if above:
        write_in(cells, box, 0, f"{above} above", "muted")
    elif below:
        write_in(cells, box, 0, f"{below} below", "muted")


# ---- as text and as CSV


def lines_of(state: MapState) -> Iterator[str]:
    """The map as text: a number for each cell, with the sign that matters most."""
    names, head = labels_of(state)
    names.insert(0, "")
    lines = [head]
    for cells, texts in zip(state.table.cells, texts_of(state), strict=True):
        line = []
        for cell, text in zip(cells, texts, strict=True):
            for sign in signs_of(cell)[:1]:
                text += sign.character
            line.append(text)
        lines.append(line)
    yield state.heading
    for words in common_to_all(state.table.results).split("; "):
        yield from textwrap.wrap(words, 79)
    yield ""
    longest_name = max(map(len, names))
    for name, row in zip(names, aligned(lines, "   "), strict=True):
        yield f"{name.ljust(longest_name)}  {row}".rstrip()
    if state.signs:
        yield ""
        yield "  ".join(f"{sign.character} {sign.words}" for sign in state.signs)


FORMS = {"success": ".4f", "low": ".4f", "high": ".4f", "median_loss": ".6g", "level": ".6g"}


def csv_of(state: MapState) -> str:
    """The map as CSV, a line for each cell; empty is what is unknown, or what the points of a cell
    differ in."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for fields, cell in state.table.squares:
        names = [name for name in fields if name]
        numbers = _numbers(cell, state.table.results.until)
        if not out.tell():
            writer.writerow([*names, *numbers])
        texts = [value_text(fields[name]) for name in names]
        texts += [_number_text(name, number) for name, number in numbers.items()]
        writer.writerow(texts)
    return out.getvalue()


def _number_text(name: str, number: object) -> str:
    if number is None:
        return ""
    return format(number, FORMS.get(name, ""))


def _numbers(cell: MapCell, until: str) -> dict[str, object]:
    """What is known of a cell, by the name of its column."""
    configs = [point.config for point in cell.points]
    numbers: dict[str, object] = {**cell_numbers(cell), "best_seed": None, "best_solved_at": None}
    point = cell.best_point
    if point is not None:
        seed = point.best[-1]
        numbers |= {"best_seed": seed, "best_solved_at": point.results[seed].solved_at}
    for name in ("failed", "missing"):  # behind the best
        numbers[name] = numbers.pop(name)
    level = _common([solved_level(config) for config in configs])
    if level == -math.inf:  # nothing counts as solved
        level = None
    version = 1
    if cell.points:
        version += cell.points[0].version
    windows = [config.num_epochs * config.windows_per_epoch for config in configs]
    return {
        **numbers,
        "most_windows": _common(windows),
        "until": until,
        "level": level,
        "version": version,
        "rung": _common([rung_text(config, cell.loss) for config in configs]),
    }


def _common(values: Sequence[object]) -> object:
    """The value that all are; None if they differ."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None

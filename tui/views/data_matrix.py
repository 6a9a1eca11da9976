"""The data matrix of the echo, as the tutorial draws it: the rows around the window, what each
target echoes, and below which targets no window holds together with their source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data import lags_beyond
from echornn.progress import Bools, SymbolArray
from tui.text.lines import digits_of, shortened
from tui.text.targets import Source, echo_of, source_of
from tui.views.blocks import widest
from tui.views.canvas import Cells, stamp
from tui.views.inks import NUMBER
from tui.views.view import TimeStep

LINES_OF_A_ROW = 2  # its inputs and its targets
LINES_OF_MISSES = 4  # a sentence, two of windows, one of targets
LABEL = 8  # columns before the first time step
# Columns between time steps: the window's two sides, and where the row begins and ends
MARKS_OF_A_ROW = 4
AROUND_A_NUMBER = 3  # columns: its symbol on both sides, and a space

SIDE, JOIN, EDGE, UNKNOWN, BINARY = "╎", "→", "╌", "░", "▁█"
MISSED, COVERED = "×", "·"
BRACKETS, BRACKETS_OF_CURRENT = "├─┤│", "╞═╡║"  # left, middle, right, and of a single step
LOOKS = {  # the mark and the ink of a target, by where its source is
    Source.WINDOW: ("", "target"),
    Source.BEFORE: ("‹", "before"),
    Source.ABOVE: ("↑", "above"),
    Source.BLANK: ("-", "faint"),
}


@dataclass(frozen=True, eq=False)
class EchoMatrix:
    config: EchoConfig
    window: int  # in its epoch, from 0
    series: SymbolArray | None  # the symbols, row after row; None if they cannot be drawn
    cursor: TimeStep | None

    def draw(self, cells: Cells, first: int) -> None:
        """From line 1 on, the rows from ``first`` on, a sentence on sources, and the misses."""
        config, window, cursor = self.config, self.window, self.cursor
        shares = share(cells.height, config.batch_size)
        matrix = laid(config, window, cells.width, cursor.step if cursor else 0)
        last = first + shares.rows - 1
        y = 1 + shares.framed
        for row in range(first, last + 1):
            self._draw_inputs(cells, matrix, row, y)
            self._draw_targets(cells, matrix, row, y + 1)
            y += LINES_OF_A_ROW
            if shares.apart and row < last:
                draw_sides(cells, matrix, y)
                y += 1
        if shares.framed:
            left = matrix.columns[matrix.window[0]] - 1
            right = matrix.columns[matrix.window[-1]] + matrix.cell + 1
            edge = EDGE * (right - left)
            cells.write(left, 1, edge + JOIN, "prediction")
            cells.write(left, y, edge, "prediction")
            y += 1
        cells.write(0, y, shortened(sources_counted(config, window), cells.width), "muted")
        if shares.misses:
            y = min(y + 2, cells.height - shares.misses)
            cells.write(0, y, shortened(misses_counted(config), cells.width), "text")
        if shares.misses == LINES_OF_MISSES:
            draw_misses(cells, config, window, y + 1)

    def _draw_inputs(self, cells: Cells, matrix: Matrix, row: int, y: int) -> None:
        cells.write(0, y, f"row {row + 1}", "text")
        for position, x in matrix.columns.items():
            ink = "muted" if 0 <= position < self.config.row_length else "faint"
            if position in matrix.window:
                ink = "here"
            if position == self._lit_in(row):
                ink = "source"
            cells.write(x, y, self._block(matrix, row, position), ink)
        for side, x in matrix.joins.items():
            if 0 <= row + side < self.config.batch_size:
                cells.write(x, y, JOIN, "muted")
        draw_sides(cells, matrix, y)

    def _draw_targets(self, cells: Cells, matrix: Matrix, row: int, y: int) -> None:
        cells.write(0, y, "echo of" if matrix.is_numbered else "echo", "muted")
        for position in matrix.window:
            step = position - self.window * self.config.window_stride
            source = source_of(self.config, self.window, row, step)
            mark, ink = LOOKS[source]
            if source is Source.BLANK:
                dashes = mark * (matrix.cell - matrix.is_numbered)
                text = dashes.ljust(matrix.cell)
            else:
                text = self._block(matrix, row, position - echo_of(self.config).lag, mark)
            if self.cursor == TimeStep(row, step):
                ink = "cursor"
            x = matrix.columns[position]
            cells.write(x, y, text, ink)
            cells.mark(x, y - 1, matrix.cell, LINES_OF_A_ROW, TimeStep(row, step))
        draw_sides(cells, matrix, y)

    def _lit_in(self, row: int) -> int | None:
        """The position of a row that the target at the cursor echoes."""
        cursor, config = self.cursor, self.config
        if cursor is None or cursor.row != row:
            return None
        if source_of(config, self.window, *cursor) is Source.BLANK:
            return None
        return self.window * config.window_stride + cursor.step - echo_of(config).lag

    def _block(self, matrix: Matrix, row: int, position: int, mark: str = "") -> str:
        """A mark or, of two classes, the sign of the input; its number in the series, from 1, if
        there is room; and the sign. Empty before and after the series.
        """
        config = self.config
        number, symbols = row * config.row_length + position + 1, config.the_task.inputs.count
        is_binary = symbols == 2
        if not 1 <= number <= config.batch_size * config.row_length:
            return ""
        sign = UNKNOWN
        if self.series is not None:
            signs = BINARY if is_binary else digits_of(symbols)
            sign = signs[self.series[number - 1]]
        left = sign if is_binary and not mark else mark
        if not matrix.is_numbered:
            return f"{left}{sign}".ljust(matrix.cell)
        return f"{left}{str(number).rjust(matrix.cell - AROUND_A_NUMBER, sign)}{sign} "


# ---- where its parts stand


class Shares(NamedTuple):
    rows: int
    apart: bool  # an empty line between rows
    framed: bool  # the window's rectangle has a top and a bottom
    misses: int  # lines


def share(height: int, rows: int) -> Shares:
    """Priority: one row, the diagram of missed targets, more rows, the frame, empty lines."""
    spare = height - 2 - LINES_OF_A_ROW
    misses = min(1, max(0, spare))
    if spare >= LINES_OF_MISSES + LINES_OF_A_ROW:
        misses = LINES_OF_MISSES
    more = min(max(0, spare - misses) // LINES_OF_A_ROW, rows - 1)
    spare -= misses + more * LINES_OF_A_ROW
    framed = spare >= 2
    if framed:
        spare -= 2
    return Shares(1 + more, 0 < more <= spare, framed, misses)


class Matrix(NamedTuple):
    """The positions of a row that are shown, from 0, and where. The rows are parts of one series:
    positions below 0 lie in the row before, and those from the row's length on in the row after.
    """

    window: range  # its positions, as far as they are shown
    columns: dict[int, int]  # of each position
    sides: list[int]  # the columns of the window's sides
    # The columns where the row goes on from the row before (-1), and in the row after (1)
    joins: dict[int, int]
    cell: int  # columns of a position

    @property
    def is_numbered(self) -> bool:
        return self.cell > AROUND_A_NUMBER


def laid(config: EchoConfig, window: int, width: int, step: int = 0) -> Matrix:
    """The matrix around a window, with numbers if it fits with them; the part around a step if it
    does not fit at all. With more than two classes symbols are digits themselves, and have no
    numbers.
    """
    length, row = config.truncated_backprop_length, config.row_length
    start = window * config.window_stride
    end = start + length
    symbols = config.the_task.inputs.count
    reach = min(echo_of(config).lag, row)
    room = width - LABEL - MARKS_OF_A_ROW
    cell = len(str(row * config.batch_size)) + AROUND_A_NUMBER
    if symbols > 2 or (length + min(reach, length)) * cell > room:
        cell = 1 + widest(digits_of(symbols))
    count = max(1, room // cell)
    if count < length:
        first = start + min(max(0, step - count // 2), length - count)
        last = first + count
    else:
        first, last = positions_around(range(start, end), row, reach, count)
    columns, joins = dict[int, int](), dict[int, int]()
    sides = []
    x = LABEL
    for position in range(first, last + 1):
        if position == 0 and first < 0:
            joins[-1] = x
            x += 1
        if position in (start, end):
            sides.append(x)
            x += 1
        if position == row and last > row:
            joins[1] = x
            x += 1
        if position < last:
            columns[position] = x
            x += cell
    return Matrix(range(max(start, first), min(end, last)), columns, sides, joins, cell)


def positions_around(window: range, row: int, reach: int, count: int) -> tuple[int, int]:
    """The first of so many positions around a window in a row, and the one after the last: the
    sources of its first targets, and about as many positions before it as after it. What has no
    room on one side goes to the other."""
    spare = count - len(window)
    most_before = window.start + reach  # with as much of the row before as the first targets echo
    most_after = row + 1 - window.stop  # with the first position of the row after
    wanted_before = min(max(reach, spare // 2), spare, most_before)
    after = min(spare - wanted_before, most_after)
    before = min(spare - after, most_before)
    return window.start - before, window.stop + after


def draw_sides(cells: Cells, matrix: Matrix, y: int) -> None:
    for x in matrix.sides:
        cells.write(x, y, SIDE, "prediction")


# ---- sources


def sources_counted(config: EchoConfig, window: int) -> str:
    counts = []
    for source, count in counts_by_source(config, window).items():
        mark, _ = LOOKS[source]
        counts.append(f"{count:,} {source} {mark}".strip())
    targets = f"{config.predictions_per_window:,} targets and their sources"
    return f"{targets}: {', '.join(counts)}"


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """How many targets of a window have their source where; without those that no target has."""
    length, rows = config.truncated_backprop_length, config.batch_size
    echoed = echo_of(config)
    before_row = min(max(echoed.lag - window * config.window_stride, 0), length)
    in_window = max(0, length - echoed.lag)
    rows_below = 0
    if echoed.reaches_row_above:
        rows_below = rows - 1
    counts = {
        Source.WINDOW: rows * in_window,
        Source.BEFORE: rows * (length - before_row - in_window),
        Source.ABOVE: rows_below * before_row,
        Source.BLANK: (rows - rows_below) * before_row,
    }
    return {source: count for source, count in counts.items() if count}


# ---- misses


def missed(config: EchoConfig, first: int, count: int) -> Bools:
    """Whether targets are missed from so many steps after a window's first on, bool [count]; it
    repeats each stride."""
    if config.reach is None:
        return np.zeros(count, np.bool_)
    steps = np.arange(first, first + count)
    begins = (steps - echo_of(config).lag) // config.window_stride * config.window_stride
    return np.asarray(steps - begins >= config.reach)


def misses_counted(config: EchoConfig) -> str:
    stride = config.window_stride
    count = int(missed(config, 0, stride).sum())
    if count == 0:
        return "no misses"
    if count == stride:
        nearest = min(lags_beyond(config), default=0)
        return f"all are misses {MISSED}: {config.rule} stops before t-{nearest:,}"
    what = f"misses {MISSED} (in no window with their source)"
    return f"{what}: {count} of each {stride} targets ({count / stride:.0%})"


def draw_misses(cells: Cells, config: EchoConfig, window: int, y: int) -> None:
    """The windows along a row, on two lines in turn, and which targets are missed; it scrolls by
    pages."""
    stride, length = config.window_stride, config.truncated_backprop_length
    shown = max(1, cells.width - LABEL)
    on_a_page = max(1, (shown - length) // stride + 1)  # windows
    first = window // on_a_page * on_a_page * stride
    if shown < length:
        first += max(0, length - 1 - shown // 2)
    end = min(first + shown, (config.windows_per_epoch - 1) * stride + length)

    lines = [[" "] * (end - first), [" "] * (end - first)]
    earliest = max(0, (first - length) // stride + 1)
    latest = min(config.windows_per_epoch, -(-end // stride))
    # The current window first: others are drawn where there is room
    for other in (window, *range(earliest, latest)):
        begin = other * stride
        signs = BRACKETS_OF_CURRENT if other == window else BRACKETS
        bracket = signs[3]
        if length > 1:
            bracket = signs[0] + signs[1] * (length - 2) + signs[2]
        line = lines[other % 2]
        place = slice(max(0, begin - first), min(end, begin + length) - first)
        if "".join(line[place]).isspace():
            line[place] = bracket[max(0, first - begin) : end - begin]
    for number, (name, line) in enumerate(zip(("windows", ""), lines, strict=True), y):
        cells.write(0, number, f"{name:<{LABEL}}{''.join(line)}", "prediction")

    cells.write(0, y + 2, f"{'targets':<{LABEL}}", "muted")
    are_missed = missed(config, first, end - first)[np.newaxis]
    inks = np.where(are_missed, NUMBER["missed"], NUMBER["muted"]).astype(np.int16)
    stamp(cells, LABEL, y + 2, np.where(are_missed, MISSED, COVERED), inks)

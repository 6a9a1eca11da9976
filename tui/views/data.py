"""View 2, data: the matrix with its sliding window, where each target's source lies, and what no
window contains."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data.series import lags_beyond, source_lags, targets_known
from echornn.progress import Bools, Progress
from echornn.session.pictures.frame import Frame
from tui.views.blocks import widest
from tui.views.canvas import Cells
from tui.views.rows import (
    INPUT,
    TARGET,
    Panels,
    arrange,
    data_text,
    draw_facts,
    draw_panels,
    epoch_data,
    read,
    untrained,
)
from tui.views.targets import Source, source_of
from tui.views.text import digits_of, shortened
from tui.views.view import FOCUSED, TimeStep, TimeStepView, extent

MOST_STRIP = 60  # columns of the strip that shows the whole matrix
LINES_OF_A_ROW = 2
LINES_OF_MISSES = 4  # a sentence, two of windows, one of targets
LABEL = 8  # columns before the first time step
# Columns between time steps: the window's two sides, and where the row begins and ends
MARKS_OF_A_ROW = 4
AROUND_A_NUMBER = 3  # columns: its symbol on both sides, and a space
ABOVE_ROWS = 3  # of a task that is not the echo: the strip, and two facts

SIDE, JOIN, EDGE, UNKNOWN, BINARY = "╎", "→", "╌", "░", "▁█"
MISSED, COVERED = "×", "·"
LOOKS = {  # the mark and the ink of a target, by where its source is
    Source.WINDOW: ("", "target"),
    Source.BEFORE: ("‹", "before"),
    Source.ABOVE: ("↑", "above"),
    Source.BLANK: ("-", "faint"),
}


class DataView(TimeStepView):
    """A strip of the whole matrix; below, the rows around the window (the echo), or inputs and
    targets in panels."""

    key = "2"
    title = "data"
    about = (
        "The data matrix with its sliding window, where each target's source lies, and what "
        "windows miss"
    )

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, (LINES_OF_A_ROW + 1) * config.batch_size + 4 + LINES_OF_MISSES)

    @property
    def _window(self) -> int:
        """The newest window in its epoch, from 0, or the first."""
        return max(0, self._frame.window - 1)

    def _data(self, frame: Frame) -> Progress | None:
        newest, epoch = frame.progress, frame.epoch - 1
        if newest is not None and (newest.epoch, newest.window) == (epoch, self._window):
            return replace(newest, outputs=newest.outputs[:0])
        return untrained(frame.own_config, frame.data_version, epoch, self._window)

    def reading_of(self, spot: object) -> str:
        frame = self._frame
        if not self._has(spot):
            return ""
        if frame.config.value("task") == "echo":
            return read_echo(frame.own_config, self._window, *spot)
        data = self._data(frame)
        return "" if data is None else read(frame.own_config, data, *spot)

    def rows_that_fit(self, frame: Frame) -> int:
        is_echo = frame.config.value("task") == "echo"
        return (
            share(self.size.height, frame.config.batch_size).rows
            if is_echo
            else self._panels(frame).shown
        )

    def _panels(self, frame: Frame) -> Panels:
        width, height = self.size
        return arrange(
            frame.own_config,
            extent(frame),
            width,
            height - ABOVE_ROWS,
            (INPUT, TARGET),
            self._first_row,
        )

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        config, count = frame.own_config, self.rows_that_fit(frame)
        first = min(self._first_row, config.batch_size - count)
        self._draw_strip(cells, config, first, count)
        if config.value("task") == "echo":
            self._draw_matrix(cells, frame, first)
            return
        draw_facts(cells, 1, {"data": data_text(config), "sources": sources_text(config)})
        data = self._data(frame)
        if data is not None:
            draw_panels(self, cells, ABOVE_ROWS, config, [data], self._panels(frame))

    def _draw_strip(self, cells: Cells, config: EchoConfig, first: int, count: int) -> None:
        start, length, rows = (
            self._window * config.window_stride,
            config.window_steps,
            config.batch_size,
        )
        text = f" {start + 1:,} to {start + length:,} of {config.row_length:,}"
        if count < rows:
            text += (
                f", {f'rows {first + 1:,} to' if count > 1 else 'row'} {first + count:,} of "
                f"{rows:,}"
            )
        width = min(MOST_STRIP, max(0, cells.width - len(text) - len(f"{FOCUSED}matrix ")))
        x = cells.write(
            0, 0, f"{FOCUSED * self.has_focus}matrix ", "focused" if self.has_focus else "text"
        )
        begin, end = (
            start * width // config.row_length,
            -(-(start + length) * width // config.row_length),
        )
        cells.write(x, 0, "─" * width, "muted")
        cells.write(x + begin, 0, "█" * max(1, end - begin), "prediction")
        cells.write(x + width, 0, shortened(text, max(0, cells.width - x - width)), "muted")

    def _draw_matrix(self, cells: Cells, frame: Frame, first: int) -> None:
        config, cursor, shares = (
            frame.own_config,
            self.at_cursor,
            share(cells.height, frame.config.batch_size),
        )
        matrix = laid(config, self._window, cells.width, cursor.step if cursor else 0)
        begin, y = matrix.columns[matrix.window[0]] - 1, 1 + shares.framed
        for row in range(first, first + shares.rows):
            self._draw_row(cells, frame, matrix, row, y)
            y += LINES_OF_A_ROW
            if shares.apart and row < first + shares.rows - 1:
                for x in matrix.sides:
                    cells.write(x, y, SIDE, "prediction")
                y += 1
        if shares.framed:
            edge = EDGE * (matrix.columns[matrix.window[-1]] + matrix.cell + 1 - begin)
            cells.write(begin, 1, edge + JOIN, "prediction")
            cells.write(begin, y, edge, "prediction")
            y += 1
        cells.write(0, y, shortened(counted(config, self._window), cells.width), "muted")
        if shares.misses:
            y = min(y + 2, cells.height - shares.misses)
            cells.write(0, y, shortened(sentence(config), cells.width), "text")
        if shares.misses == LINES_OF_MISSES:
            draw_misses(cells, config, self._window, y + 1)

    def _draw_row(self, cells: Cells, frame: Frame, matrix: Matrix, row: int, y: int) -> None:
        config, symbols, lit = frame.own_config, self._symbols(frame, matrix, row), None
        begin, start = row * config.row_length + 1, self._window * config.window_stride
        is_binary = config.num_classes == 2
        cells.write(0, y, f"row {row + 1}", "text")
        cells.write(0, y + 1, "echo of" if matrix.is_numbered else "echo", "muted")
        for position in matrix.window:
            step, echoed, x = (
                position - start,
                position - config.echo_step,
                matrix.columns[position],
            )
            source = source_of(config, self._window, row, step)
            mark, ink = LOOKS[source]
            symbol = symbols.get(echoed, UNKNOWN)
            text = matrix.block(mark or symbol * is_binary, symbol, begin + echoed)
            if source is Source.BLANK:
                text = (mark * (matrix.cell - matrix.is_numbered)).ljust(matrix.cell)
            if self.at_cursor == TimeStep(row, step):
                ink, lit = "cursor", None if source is Source.BLANK else echoed
            cells.write(x, y + 1, text, ink)
            cells.mark(x, y, matrix.cell, LINES_OF_A_ROW, TimeStep(row, step))
        for position, x in matrix.columns.items():
            is_own = 0 <= position < config.row_length
            ink = "here" if position in matrix.window else "muted" if is_own else "faint"
            if symbol := symbols.get(position, ""):
                text = matrix.block(symbol * is_binary, symbol, begin + position)
                cells.write(x, y, text, "source" if position == lit else ink)
        for by, x in matrix.joins.items():
            if 0 <= row + by < config.batch_size:
                cells.write(x, y, JOIN, "muted")
        for x in matrix.sides:
            cells.write(x, y, SIDE, "prediction")
            cells.write(x, y + 1, SIDE, "prediction")

    def _symbols(self, frame: Frame, matrix: Matrix, row: int) -> dict[int, str]:
        config = frame.own_config
        batch = epoch_data(config, frame.data_version, frame.epoch - 1)
        signs = BINARY if config.num_classes == 2 else digits_of(config.num_classes)
        if batch is None:
            return dict.fromkeys(matrix.columns, UNKNOWN)
        series, begin = batch.x.reshape(-1), row * config.row_length
        positions = range(min(matrix.columns) - config.echo_step, max(matrix.columns) + 1)
        return {
            one: signs[series[begin + one]] for one in positions if 0 <= begin + one < len(series)
        }


def sources_text(config: EchoConfig) -> str:
    lags, known, steps = source_lags(config), targets_known(config), config.window_steps
    if not lags:
        return "not known, or different from one target to the next"
    some = not config.is_stream and known < steps
    which = f"{known:,} of a trial's {steps:,} targets depend" if some else "a target depends"
    return f"{which} on the input{'s' * (len(lags) > 1)} {', '.join(f't-{lag}' for lag in lags)}"


class Shares(NamedTuple):
    rows: int
    apart: bool  # an empty line between rows
    framed: bool  # the window's rectangle has a top and a bottom
    misses: int


def share(height: int, rows: int) -> Shares:
    """Priority: one row, the diagram of missed targets, more rows, the frame, empty lines."""
    spare = height - 2 - LINES_OF_A_ROW
    misses = LINES_OF_MISSES if spare >= LINES_OF_MISSES + LINES_OF_A_ROW else int(spare >= 1)
    more = min(max(0, spare - misses) // LINES_OF_A_ROW, rows - 1)
    spare -= misses + more * LINES_OF_A_ROW
    framed = spare >= 2
    return Shares(1 + more, 0 < more <= spare - 2 * framed, framed, misses)


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

    def block(self, left: str, symbol: str, number: int) -> str:
        if self.is_numbered:
            return f"{left}{number:{symbol}>{self.cell - AROUND_A_NUMBER}}{symbol} "
        return f"{left}{symbol}".ljust(self.cell)


def laid(config: EchoConfig, window: int, width: int, step: int = 0) -> Matrix:
    """The matrix around a window, with numbers if it fits with them; the part around a step if it
    does not fit at all. With more than two classes symbols are digits themselves, and have no
    numbers.
    """
    start, length, row = (
        window * config.window_stride,
        config.truncated_backprop_length,
        config.row_length,
    )
    end, reach, room = start + length, min(config.echo_step, row), width - LABEL - MARKS_OF_A_ROW
    cell = len(str(row * config.batch_size)) + AROUND_A_NUMBER
    if config.num_classes > 2 or (length + min(reach, length)) * cell > room:
        cell = 1 + widest(digits_of(config.num_classes))
    count = max(1, room // cell)
    spare = count - length
    if spare < 0:
        first = start + min(max(0, step - count // 2), -spare)
        last = first + count
    else:  # the sources of the first targets, and about as many positions before as after
        before = min(max(reach, spare // 2), spare, start + reach)
        after = min(spare - before, row + 1 - end)
        first, last = start - min(spare - after, start + reach), end + after
    columns, sides, joins, x = {}, [], {}, LABEL
    for position in range(first, last + 1):
        if position == 0 > first:
            joins[-1], x = x, x + 1
        if position in (start, end):
            sides.append(x)
            x += 1
        if position == row < last:
            joins[1], x = x, x + 1
        columns[position], x = x, x + cell
    del columns[last]
    return Matrix(range(max(start, first), min(end, last)), columns, sides, joins, cell)


def counted(config: EchoConfig, window: int) -> str:
    each = (
        f"{count:,} {source} {LOOKS[source][0]}"
        for source, count in counts_by_source(config, window).items()
    )
    return (
        f"{config.predictions_per_window:,} targets and their sources: "
        f"{', '.join(map(str.strip, each))}"
    )


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    length, rows = config.truncated_backprop_length, config.batch_size
    # They have no source in their row
    head = min(max(config.echo_step - window * config.window_stride, 0), length)
    inside = max(0, length - config.echo_step)
    above = rows - 1 if config.row_start == "previous_row" else 0
    each = rows * inside, rows * (length - head - inside), above * head, (rows - above) * head
    return {source: count for source, count in zip(Source, each, strict=True) if count}


def read_echo(config: EchoConfig, window: int, row: int, step: int) -> str:
    number = row * config.row_length + window * config.window_stride + step + 1
    source, place = (
        source_of(config, window, row, step),
        f"row {row + 1}, step {number:,} of the series",
    )
    if source is Source.BLANK:
        return f"{place}: its target is blank, no echo"
    reached = {
        Source.WINDOW: "in this window: the error reaches it",
        Source.BEFORE: (
            f"before this window: the error {'goes on to it' if config.is_uncut else 'is cut off'}"
        ),
        Source.ABOVE: "in the row above: the state begins at zero",
    }[source]
    return f"{place} echoes {number - config.echo_step:,}, {reached}"


def missed(config: EchoConfig, first: int, count: int) -> Bools:
    """Whether targets are missed from so many steps after a window's first on, bool [count]; it
    repeats each stride."""
    if config.reach is None:
        return np.zeros(count, np.bool_)
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    return np.asarray(steps - begins >= config.reach)


def sentence(config: EchoConfig) -> str:
    stride = config.window_stride
    count = int(missed(config, 0, stride).sum())
    if count == stride:
        return (
            f"all are misses {MISSED}: {config.rule} stops before "
            f"t-{min(lags_beyond(config), default=0):,}"
        )
    return (
        f"misses {MISSED}: {count} of each {stride} targets ({count / stride:.0%})"
        if count
        else "no misses"
    )


def draw_misses(cells: Cells, config: EchoConfig, window: int, y: int) -> None:
    """The windows along a row, on two lines in turn, and which targets are missed; it scrolls by
    pages."""
    stride, length, shown = (
        config.window_stride,
        config.truncated_backprop_length,
        max(1, cells.width - LABEL),
    )
    a_page = max(1, (shown - length) // stride + 1)
    first = window // a_page * a_page * stride + (
        max(0, length - 1 - shown // 2) if shown < length else 0
    )
    end = min(first + shown, (config.windows_per_epoch - 1) * stride + length)
    lines = [[" "] * (end - first) for _ in range(2)]
    others = range(
        max(0, (first - length) // stride + 1), min(config.windows_per_epoch, -(-end // stride))
    )
    for other in sorted(others, key=lambda one: one != window):
        begin, (left, middle, right, alone) = other * stride, "╞═╡║" if other == window else "├─┤│"
        bracket = left + middle * (length - 2) + right if length > 1 else alone
        place = slice(max(0, begin - first), min(end, begin + length) - first)
        if "".join(lines[other % 2][place]).isspace():
            lines[other % 2][place] = bracket[max(0, first - begin) : end - begin]
    for number, (name, line) in enumerate(zip(("windows", ""), lines, strict=True), y):
        cells.write(0, number, f"{name:<{LABEL}}{''.join(line)}", "prediction")
    x = cells.write(0, y + 2, f"{'targets':<{LABEL}}", "muted")
    for is_missed in missed(config, first, end - first).tolist():
        x = cells.write(
            x, y + 2, MISSED if is_missed else COVERED, "missed" if is_missed else "muted"
        )

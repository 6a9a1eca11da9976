"""Draws missed targets: targets that no window contains together with their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np

from echornn.config import EchoConfig
from echornn.data.series import EchoSeries, batch_of, lags_of_target, targets_known
from echornn.progress import Bools, Progress, Symbols
from echornn.session.pictures.frame import Frame
from echornn.tasks.task import Batch, Numbers, TaskError, known_lags
from tui.views.blocks import digits_of, symbol_text, widest
from tui.views.canvas import Cells
from tui.views.rows import (
    ABOUT_WIDTH,
    INPUT,
    TARGET,
    Fact,
    RowData,
    RowLine,
    cells_of,
    data_text,
    row_lines,
    scales_of,
    value_text,
)
from tui.views.text import cut_off, first_that_fits, input_words, shortened, value_words
from tui.views.view import FIVE_ROWS, FOCUSED, LEAVE, TimeStep, TimeStepView, cursor_keys

HEIGHT = 4
"""Lines of the diagram: one for a sentence, two for windows, one for targets."""

NAME_WIDTH = 8

AROUND_A_NUMBER = 3
"""Characters around a number: its symbol on both sides, and a space."""

SIDES_AND_JOINS = 4
"""Characters of a row besides its time steps: the window's two sides, and a mark where each row ends and the next
begins.
"""


@dataclass(frozen=True)
class MatrixLayout:
    """The screen columns of the positions in a row of the matrix, counted from 0.

    The end of a row continues at the beginning of the next row. So positions below 0 are at the end of the row before,
    and positions from ``row_length`` on are at the beginning of the row after.

    Attributes:
        start, length: the window's first position, and its number of positions.
        row_length: the positions in a row.
        first, last: the first position that is shown, and the position after the last.
        cell: the characters of each position.
        label: the characters before the first position.
    """

    start: int
    length: int
    row_length: int
    first: int
    last: int
    cell: int
    label: int

    @property
    def numbered(self) -> bool:
        """Whether each time step's number fits."""
        return self.cell > AROUND_A_NUMBER

    @property
    def end(self) -> int:
        """The position after the last of the window."""
        return self.start + self.length

    @property
    def shown(self) -> range:
        """The positions of the window that are shown."""
        return range(max(self.start, self.first), min(self.end, self.last))

    def x(self, position: int) -> int:
        """The column at which a position begins."""
        column = self.label + (position - self.first) * self.cell
        column += (self.first <= self.start <= position) + (position >= self.end)
        return column + (self.first < 0 <= position) + (position >= self.row_length)

    @property
    def sides(self) -> list[int]:
        """The columns of the window's sides, as far as they are visible."""
        left = [self.x(self.start) - 1] if self.first <= self.start else []
        return left + ([self.x(self.end - 1) + self.cell] if self.end <= self.last else [])

    @property
    def joins(self) -> list[int]:
        """The columns of the marks where the row begins and ends, as far as they are visible."""
        left = [self.x(-1) + self.cell] if self.first < 0 else []
        return left + ([self.x(self.row_length) - 1] if self.row_length < self.last else [])

    def stretches(self) -> list[tuple[int, int]]:
        """The shown positions, split at the window's sides and the row's ends: (first, last + 1) of each part."""
        cuts = sorted({self.first, self.last, *self._cuts()})
        return list(pairwise(cuts))

    def _cuts(self) -> list[int]:
        return [cut for cut in (0, self.start, self.end, self.row_length) if self.first < cut < self.last]


def laid(config: EchoConfig, window: int, width: int, step: int = 0) -> MatrixLayout:
    """The layout of the matrix around a window of the epoch (from 0) on ``width`` characters.

    Time steps are numbered if the window and the echo's sources then fit, and there are two classes. If the window does
    not fit even without numbers, its part around ``step`` is shown.
    """
    start, length = window * config.window_stride, config.truncated_backprop_length
    reach = min(config.echo_step, config.row_length)
    label = max(NAME_WIDTH, len(f"row {config.batch_size} "))
    room = width - label - SIDES_AND_JOINS
    digits = len(str(config.row_length * config.batch_size))
    numbered, narrow = digits + AROUND_A_NUMBER, 1 + widest(digits_of(config.num_classes))
    has_room = (length + min(reach, length)) * numbered <= room
    # with more classes, symbols are digits themselves
    cell = numbered if has_room and config.num_classes == 2 else narrow
    steps = max(1, room // cell)
    if steps < length:
        first = start + min(max(0, step - steps // 2), length - steps)
        return MatrixLayout(start, length, config.row_length, first, first + steps, cell, label)
    spare = steps - length
    before = min(max(reach, spare // 2), spare, start + reach)
    after = min(spare - before, config.row_length + 1 - start - length)
    before = min(spare - after, start + reach)
    return MatrixLayout(start, length, config.row_length, start - before, start + length + after, cell, label)


MISSED, COVERED = "×", "·"
"""The characters of a missed target and of another target."""


def missed(config: EchoConfig, first: int, count: int) -> Bools:
    """Whether the targets of the echo from ``first`` steps after a window's first step on are missed, bool [count]:
    no window contains both the target and its source, away from the ends of the row. The pattern repeats each stride.
    """
    if config.reach is None:
        return np.zeros(count, np.bool_)
    steps = np.arange(first, first + count)
    begins = (steps - config.echo_step) // config.window_stride * config.window_stride
    return np.asarray(steps - begins >= config.reach)


def missed_of_a_stride(config: EchoConfig) -> int:
    """The number of missed targets of the echo per stride."""
    return int(missed(config, 0, config.window_stride).sum())


def sentence(config: EchoConfig) -> str:
    """A sentence on how many targets are missed, and which character marks them."""
    stride, count = config.window_stride, missed_of_a_stride(config)
    if config.is_uncut:
        return f"no misses: {config.rule}'s gradient goes back past T {config.truncated_backprop_length:,}"
    if not count:
        return "no misses"
    if count == stride:
        return f"all are misses {MISSED}: {cut_off(config)}"
    return f"misses {MISSED}: {count} of each {stride} targets ({count / stride:.0%})"


def _stretch(config: EchoConfig, window: int, width: int) -> range:
    """The time steps of a row that are drawn; they include the window and scroll by pages.

    If a window does not fit, its end and the steps after it are drawn.
    """
    stride, length = config.window_stride, config.truncated_backprop_length
    shown = max(1, width - NAME_WIDTH)
    a_page = max(1, (shown - length) // stride + 1)
    first = window // a_page * a_page * stride + (max(0, length - 1 - shown // 2) if shown < length else 0)
    end = (config.windows_per_epoch - 1) * stride + length
    return range(min(first, end - 1), min(first + shown, end))


def bracket_lines(config: EchoConfig, window: int, width: int) -> list[str]:
    """Two lines with the windows along a row, one character per time step; windows alternate between the lines. If more
    than two windows overlap, some are left out.

    Args:
        window: the window of the epoch, from 0, that is drawn with double lines.
    """
    stride, length = config.window_stride, config.truncated_backprop_length
    steps = _stretch(config, window, width)
    usual, marked = [*"├─┤│"], [*"╞═╡║"]
    lines = [[" "] * len(steps), [" "] * len(steps)]
    first = max(0, (steps.start - length) // stride)
    others = range(first, min(config.windows_per_epoch, -(-steps.stop // stride)))
    free = [steps.start - length, steps.start - length]
    beside = range(window * stride - length + 1, window * stride + length)
    for other in others:
        start, line = other * stride, other % 2
        if other != window and (free[line] > start or (line == window % 2 and start in beside)):
            continue
        free[line] = start + length
        begin, middle, end, alone = marked if other == window else usual
        for step in range(max(start, steps.start), min(start + length, steps.stop)):
            sign = alone if length == 1 else begin if step == start else end if step == start + length - 1 else middle
            lines[line][step - steps.start] = sign
    return [f"{name:<{NAME_WIDTH}}{''.join(line)}"[:width] for name, line in zip(("windows", ""), lines, strict=True)]


def target_line(config: EchoConfig, window: int, width: int) -> list[tuple[str, bool]]:
    """The character of the target at each time step, and whether the target is missed."""
    steps = _stretch(config, window, width)
    drawn = [(sign, False) for sign in f"{'targets':<{NAME_WIDTH}}"]
    drawn += [(MISSED if one else COVERED, one) for one in missed(config, steps.start, len(steps)).tolist()]
    return drawn[:width]


GLYPHS = {"one": "█", "zero": "▁", "unknown": "░", "join": "→", "side": "╎", "top": "╌", "strip": "─", "place": "█"}


class Source(StrEnum):
    """Where the source of a target is, that is, the input that it echoes."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


OF_SOURCES = {Source.WINDOW: "target", Source.BEFORE: "before", Source.ABOVE: "above", Source.BLANK: "faint"}

MARKS = {Source.WINDOW: "", Source.BEFORE: "‹", Source.ABOVE: "↑", Source.BLANK: "-"}


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source is of the target at a row and step of a window of an epoch, all from 0."""
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """The number of targets of a window, over all rows, by where their source is; zero counts are left out."""
    length, rows = config.truncated_backprop_length, config.batch_size
    head = min(max(config.echo_step - window * config.window_stride, 0), length)
    inside = max(0, length - config.echo_step)
    above = rows - 1 if config.row_start == "previous_row" else 0
    counts = {
        Source.WINDOW: rows * inside,
        Source.BEFORE: rows * (length - head - inside),
        Source.ABOVE: above * head,
        Source.BLANK: (rows - above) * head,
    }
    return {source: count for source, count in counts.items() if count}


@dataclass(frozen=True, eq=False)
class TimeSteps:
    """The texts of the positions of a data matrix.

    Attributes:
        config, window: the configuration, and the index of the window in its epoch, from 0.
        matrix: the columns of the matrix on the screen.
        series: uint8 [batch_size * row_length], the rows end to end; None if it is too long to draw.
        newest: the newest window with its data, if trained: its symbols are known even without the series.
    """

    config: EchoConfig
    window: int
    matrix: MatrixLayout
    series: Symbols | None
    newest: Progress | None

    def symbol(self, row: int, position: int) -> str:
        """The character of an input, or its digits; a special character if it is unknown."""
        if self.series is not None:
            symbol = int(self.series[row * self.matrix.row_length + position])
        elif self.newest is not None and self.newest.window == self.window and position in self.matrix.shown:
            symbol = int(self.newest.x[row, position - self.matrix.start])
        else:
            return GLYPHS["unknown"]
        if self.config.num_classes > 2:
            return symbol_text(symbol).strip()
        return GLYPHS["one" if symbol else "zero"]

    def input(self, row: int, position: int) -> str:
        """The text of an input: its symbol, and its number if it fits. Empty before the first row and after the
        last.
        """
        index = row * self.matrix.row_length + position
        if not 0 <= index < self.matrix.row_length * self.config.batch_size:
            return " " * self.matrix.cell
        symbol = self.symbol(row, position)
        return self._block(symbol, index, symbol)

    def target(self, row: int, position: int) -> tuple[str, str]:
        """The text of a target (its symbol, and the number of its source if it fits), and the name of its style."""
        source = source_of(self.config, self.window, row, position - self.matrix.start)
        mark = MARKS[source]
        style = OF_SOURCES[source]
        if source is Source.BLANK:
            return (mark * (self.matrix.cell - self.matrix.numbered)).ljust(self.matrix.cell), style
        symbol = self.symbol(row, position - self.config.echo_step)
        index = row * self.matrix.row_length + position - self.config.echo_step
        return self._block(mark or symbol, index, symbol), style

    def _block(self, left: str, index: int, symbol: str) -> str:
        """The text of a time step: a symbol, and the step's number in the series (from 1) if it fits."""
        if not self.matrix.numbered:
            text = left + symbol if self.config.num_classes == 2 or left != symbol else symbol
            return text.ljust(self.matrix.cell)
        return f"{left}{f'{index + 1}'.rjust(self.matrix.cell - AROUND_A_NUMBER, symbol)}{symbol} "


def counted(config: EchoConfig, window: int) -> str:
    """The number of the window's targets whose source is in the window, before it, ..., in words."""
    counts = counts_by_source(config, window)
    each = [f"{count:,} {source} {MARKS[source]}".strip() for source, count in counts.items()]
    return f"{config.predictions_per_window:,} targets and their sources: {', '.join(each)}"


def read(config: EchoConfig, window: int, row: int, step: int) -> str:
    """A text about a target: its number in the series, its source, and whether the error reaches the source."""
    index = row * config.row_length + window * config.window_stride + step + 1
    source = source_of(config, window, row, step)
    if source is Source.BLANK:
        return f"row {row + 1}, step {index:,} of the series: its target is blank, no echo"
    reached = {
        Source.WINDOW: "in this window: the error reaches it",
        Source.BEFORE: f"before this window: the error {'goes on to it' if config.is_uncut else 'is cut off'}",
        Source.ABOVE: "in the row above: the state begins at zero",
    }[source]
    return f"row {row + 1}, step {index:,} of the series echoes {index - config.echo_step:,}, {reached}"


PLACES_VARY = "not known, or different from one target to the next"

ABOVE_ROWS = 3
"""The lines above the rows: the strip of the whole matrix, and the known facts about the data."""


@dataclass(frozen=True, eq=False)
class TaskWindow:
    """The window whose data is shown.

    Attributes:
        config: the configuration.
        data_version, epoch, window: the version of the data, and the window's epoch and number in it, both from 0.
        newest: the newest window that was trained; None before the first.
    """

    config: EchoConfig
    data_version: int
    epoch: int
    window: int
    newest: Progress | None

    def row(self, row: int) -> RowData | None:
        """The data of a row; None if it is too long to draw."""
        if self.newest is not None and (self.newest.epoch, self.newest.window) == (self.epoch, self.window):
            return RowData.of(self.newest, row)
        batch = batch_to_draw(self.config, self.data_version, self.epoch)
        if batch is None:
            return None
        begin = self.window * self.config.window_stride
        part = slice(begin, begin + self.config.window_steps)
        return RowData(batch.x[row, part], batch.y[row, part], batch.scored[row, part])

    def lags(self, step: int) -> tuple[int, ...]:
        """The lags of the inputs that decide the target of a step of the window, where they are known."""
        return lags_of_target(self.config, self.window, step)


@lru_cache(maxsize=2)
def batch_to_draw(config: EchoConfig, data_version: int, epoch: int) -> Batch | None:
    """The data of an epoch; None if it is too long to draw."""
    if config.total_series_length > MOST_SYMBOLS:
        return None
    try:
        return batch_of(config, data_version, epoch)
    except TaskError:
        return None


def about_data(config: EchoConfig) -> list[Fact]:
    """Lines of text about the data, as far as it is known."""
    lags = lags_of_targets(config)
    return [
        Fact("data", data_text(config)),
        Fact("sources", _sources(config, lags)),
    ]


def _sources(config: EchoConfig, lags: Sequence[int]) -> str:
    """A text on the inputs that targets depend on, as far as that is known."""
    if not lags:
        return PLACES_VARY
    known, steps = targets_known(config), config.window_steps
    some = not config.is_stream and known < steps
    which = f"{known:,} of a trial's {steps:,} targets depend" if some else "a target depends"
    return f"{which} on the input{'s' * (len(lags) > 1)} {', '.join(f't-{lag}' for lag in lags)}"


@lru_cache(maxsize=4)
def lags_of_targets(config: EchoConfig) -> tuple[int, ...]:
    """The lags of the inputs that decide the last targets of a row, or of a trial; empty if they are not known."""
    try:
        return known_lags(config.the_task, (config.trial_length or config.row_length) - 1)
    except TaskError:
        return ()


def data_lines(config: EchoConfig, height: int) -> tuple[RowLine, ...]:
    """The lines of a row in a view of this height: inputs and targets."""
    return row_lines(config, max(2, height - ABOVE_ROWS - 1), (INPUT, TARGET))


def rows_shown(config: EchoConfig, height: int) -> int:
    """How many rows fit, at least one."""
    fit = (height - ABOVE_ROWS) // (1 + len(data_lines(config, height)))
    return max(1, min(config.batch_size, fit))


def draw_data(cells: Cells, shown: TaskWindow, first_row: int, cursor: tuple[int, int] | None) -> None:
    """Draw the known facts about the data, and below them rows of the window, from the second line on.

    Args:
        first_row: the first of the rows, from 0.
        cursor: the row and step under the cursor; None without one.
    """
    config = shown.config
    for y, (about, text) in enumerate(about_data(config), start=1):
        if y < cells.height:
            cells.write(0, y, about, "muted")
            cells.write(ABOUT_WIDTH, y, shortened(text, cells.width - ABOUT_WIDTH), "text")
    lines = data_lines(config, cells.height)
    for place in range(rows_shown(config, cells.height)):
        row, y = first_row + place, ABOVE_ROWS + place * (1 + len(lines))
        data = shown.row(row) if row < config.batch_size else None
        if data is None or y + len(lines) >= cells.height:
            return
        step = cursor[1] if cursor is not None else None
        begin = first_step(data, (cells.width - len(lines[0].label)) // 2, step)
        cells.write(0, y, shortened(title_of(data, row, begin), cells.width), "text")
        scales = scales_of(config, data.x, data.y)
        for number, line in enumerate(lines, y + 1):
            x = cells.write(0, number, line.label, "muted")
            steps = len(data.scored) - begin
            cells.mark_each(x, number, 2 * steps, 1, partial(_step_at, row, begin))
            for text, _ in cells_of(config, data, line, scales)[begin:]:
                x = cells.write(x, number, text, "here" if line.part == INPUT else "target")
            if cursor is not None and cursor[0] == row:
                _draw_cursor(cells, shown, data, number, line, cursor[1], begin)


def _step_at(row: int, begin: int, x: int, _: int) -> TimeStep:
    """The time step of a block; the first is that of step ``begin``."""
    return TimeStep(row, begin + x // 2)


def first_step(data: RowData, room: int, cursor: int | None) -> int:
    """The first step of a row that is drawn, if there is room for this many: the step is chosen so that the cursor is
    in the middle; without a cursor, so that a scored target is visible.
    """
    last = max(0, len(data.scored) - room)
    if cursor is not None:
        return min(max(0, cursor - room // 2), last)
    return 0 if data.scored[:room].any() else last


def title_of(data: RowData, row: int, begin: int) -> str:
    """The title of a row: how many of its targets count, and which steps are drawn if not all are."""
    count, length = int(data.scored.sum()), len(data.scored)
    counted = "all" if count == length else f"{count:,} of {length:,}"
    cut = f", from step {begin + 1:,} of {length:,}" if begin else ""
    return f"row {row + 1}: {counted} targets count{cut}"


def _draw_cursor(cells: Cells, shown: TaskWindow, data: RowData, y: int, line: RowLine, step: int, begin: int) -> None:
    """Highlight a target, the input of its step, and the inputs on which the target depends."""
    sources = [step - lag for lag in shown.lags(step)] if line.part == INPUT else []
    for lit, style in ((step, "cursor"), *((source, "source") for source in sources)):
        if lit >= begin:
            x = len(line.label) + 2 * (lit - begin)
            cells.write(x, y, value_text(shown.config, data, lit, line), style)


def read_data_of_task(shown: TaskWindow, row: int, step: int) -> str:
    """A text about a step: its input, its target, and the inputs on which the target depends; at most 78 characters."""
    data = shown.row(row)
    if data is None:
        return ""
    task = shown.config.the_task
    has_values = not isinstance(task.inputs, Numbers) or task.inputs.count == 1

    def source(lag: int, brevity: int) -> str:
        if brevity >= 3:
            return f"t-{lag}"
        if lag > step:
            return f"t-{lag} ({'before the window' if brevity < 2 else 'earlier'})"
        return f"t-{lag} ({value_words(task.inputs, data.x[step - lag], 2)})" if has_values else f"t-{lag}"

    def text(brevity: int) -> str:
        place = f"row {row + 1}, step {step + 1}: input {input_words(task.inputs, data.x[step], brevity)}"
        if not data.scored[step]:
            return f"{place}; no target counts here"
        target = f"{place}; target {value_words(task.outputs, data.y[step], brevity)}"
        sources = ", ".join(source(lag, brevity) for lag in shown.lags(step))
        return f"{target} depends on {sources}" if sources else f"{target}, it counts"

    return first_that_fits(text)


MOST_SYMBOLS = 1_000_000
"""The longest series that is drawn whole, in time steps; if it is longer, only the current window is drawn."""

LINES_OF_A_ROW = 2

LEAST_STRIP, MOST_STRIP = 8, 60
"""The fewest and the most columns of the strip that shows the whole matrix."""


@lru_cache(maxsize=2)
def symbols_of(config: EchoConfig, data_version: int, epoch: int) -> Symbols | None:
    """The series of an epoch, row after row, uint8 [batch_size * row_length]; None if it is too long to draw."""
    if config.total_series_length > MOST_SYMBOLS:
        return None
    return EchoSeries.generate(config, data_version, epoch).x.reshape(-1)


@dataclass(frozen=True)
class DataLayout:
    """The division of the view's lines.

    Attributes:
        rows: rows of the matrix that are shown.
        apart: whether there is an empty line between rows.
        framed: whether the top and bottom edges of the window's rectangle are drawn.
        misses: lines of the diagram of missed targets; 0 if it is not drawn.
    """

    rows: int
    apart: bool
    framed: bool
    misses: int


def share(height: int, rows: int) -> DataLayout:
    """Divide a view of ``height`` lines. Priority: one row, the diagram of missed targets, more rows, empty lines."""
    spare = height - 2 - LINES_OF_A_ROW
    misses = HEIGHT if spare >= HEIGHT + LINES_OF_A_ROW else 1 if spare >= 1 else 0
    spare -= misses
    more = min(max(0, spare // LINES_OF_A_ROW), rows - 1)
    spare -= more * LINES_OF_A_ROW
    framed = spare >= 2
    spare -= 2 * framed
    return DataLayout(1 + more, more > 0 and spare >= more, framed, misses)


class Data(TimeStepView):
    """The view of the data. From the top: the whole matrix as a strip; the rows around the window, each with a numbered
    block for each time step, and with its targets below, numbered by the inputs that they echo; and the targets that
    are missed, since no window contains them together with their source.

    Symbols and kinds of sources differ in character as well as in colour.
    """

    key = "2"
    title = "data"
    about = "The data matrix with its sliding window, where each target's source lies, and what windows miss"
    BINDINGS = [
        *cursor_keys(
            "Cursor to an earlier target",
            "Cursor to a later target",
            "Cursor, or the matrix, a row up",
            "Cursor, or the matrix, a row down",
        ),
        *FIVE_ROWS,
        LEAVE,
    ]

    @property
    def reading(self) -> str:
        """A line of text about the target at the cursor: its source, and whether the error reaches the source."""
        cursor = self._visible_cursor()
        return "" if cursor is None else self.reading_of(TimeStep(*cursor))

    def reading_of(self, spot: object) -> str:
        frame = self._frame
        if not isinstance(spot, TimeStep) or frame is None or not self._has(spot):
            return ""
        if frame.config.value("task") != "echo":
            return read_data_of_task(self._of_task(frame), spot.row, spot.step)
        return read(frame.own_config, self._window, spot.row, spot.step)

    def _of_task(self, frame: Frame) -> TaskWindow:
        """The shown window of a task that is not the echo."""
        return TaskWindow(frame.own_config, frame.data_version, frame.epoch - 1, self._window, frame.progress)

    @property
    def _window(self) -> int:
        """The index of the shown window in its epoch, from 0: the newest window, or the first if none is trained."""
        return max(0, self._frame.window - 1) if self._frame is not None else 0

    def _extent(self, frame: Frame) -> tuple[int, int]:
        return frame.config.batch_size, frame.config.window_steps

    def _rows_that_fit(self, frame: Frame) -> int:
        if frame.config.value("task") == "echo":
            return share(self.size.height, frame.config.batch_size).rows
        return rows_shown(frame.config, self.size.height)

    def _step_of_first_key(self, steps: int, length: int) -> int:
        return 0 if steps > 0 else length - 1

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for all rows, with an empty line between rows, and for the diagram of missed targets."""
        return min(most, (LINES_OF_A_ROW + 1) * config.batch_size + 4 + HEIGHT)

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None:
            cells.write(0, 0, self._message, "text")
            return
        config = frame.own_config
        if config.value("task") != "echo":
            self._draw_task(cells, frame)
            return
        shares = share(cells.height, config.batch_size)
        first = min(self._first_row, config.batch_size - shares.rows)
        cursor = self._visible_cursor()
        matrix = laid(config, self._window, cells.width, cursor[1] if cursor else 0)
        series = symbols_of(config, frame.data_version, frame.epoch - 1)
        steps = TimeSteps(config, self._window, matrix, series, frame.progress)
        self._draw_strip(cells, config, first, shares.rows)
        y = 1 + shares.framed
        for row in range(first, first + shares.rows):
            self._draw_row(cells, steps, row, y)
            y += LINES_OF_A_ROW
            for x in matrix.sides if shares.apart and row < first + shares.rows - 1 else ():
                cells.write(x, y, GLYPHS["side"], "prediction")
            y += shares.apart and row < first + shares.rows - 1
        if shares.framed:
            self._draw_frame(cells, matrix, y)
            y += 1
        cells.write(0, y, shortened(counted(config, self._window), cells.width), "muted")
        if shares.misses:
            self._draw_misses(cells, config, min(y + 2, cells.height - shares.misses), shares.misses)

    def _draw_task(self, cells: Cells, frame: Frame) -> None:
        """Draw the data of a task that is not the echo."""
        config, rows = frame.own_config, rows_shown(frame.own_config, cells.height)
        first = min(self._first_row, config.batch_size - rows)
        self._draw_strip(cells, config, first, rows)
        draw_data(cells, self._of_task(frame), first, self._visible_cursor())

    def _draw_strip(self, cells: Cells, config: EchoConfig, first: int, rows: int) -> None:
        """Draw the whole matrix as a strip in which the window is marked, and say which rows are shown."""
        start, length = self._window * config.window_stride, config.window_steps
        which = f" {start + 1:,} to {start + length:,} of {config.row_length:,}"
        text = which if rows == config.batch_size else f"{which}, {rows_of(first, rows, config.batch_size)}"
        width = min(MOST_STRIP, cells.width - len(text) - len(f"{FOCUSED}matrix "))
        style = "focused" if self.has_focus else "text"
        x = cells.write(0, 0, f"{FOCUSED if self.has_focus else ''}matrix ", style)
        if width >= LEAST_STRIP:
            place = start * width // config.row_length
            end = max(place + 1, -(-(start + length) * width // config.row_length))
            strip = GLYPHS["strip"]
            cells.write(x, 0, strip * width, "muted")
            cells.write(x + place, 0, GLYPHS["place"] * (end - place), "prediction")
            x += width
        cells.write(x, 0, shortened(text, max(0, cells.width - x)), "muted")

    def _draw_frame(self, cells: Cells, matrix: MatrixLayout, bottom: int) -> None:
        """Draw the top and bottom edges of the window's rectangle, and an arrow in the direction of its movement."""
        shown = matrix.shown
        begin, end = matrix.x(shown.start) - 1, matrix.x(shown.stop - 1) + matrix.cell + 1
        for y in (1, bottom):
            cells.write(begin, y, GLYPHS["top"] * (end - begin), "prediction")
        cells.write(end, 1, GLYPHS["join"], "prediction")

    def _draw_row(self, cells: Cells, steps: TimeSteps, row: int, y: int) -> None:
        """Draw a row: the inputs with their numbers, and below them the window's targets with the numbers of their
        sources.
        """
        matrix = steps.matrix
        cells.write(0, y, f"row {row + 1}", "text")
        cells.write(0, y + 1, "echo of" if matrix.numbered else "echo", "muted")
        for first, last in matrix.stretches():
            inside = matrix.start <= first < matrix.end
            style = "here" if inside else "muted" if 0 <= first < matrix.row_length else "faint"
            text = "".join(steps.input(row, position) for position in range(first, last))
            cells.write(matrix.x(first), y, text, style)
        for x in matrix.joins:
            if 0 <= row + (1 if x > matrix.x(0) else -1) < steps.config.batch_size:
                cells.write(x, y, GLYPHS["join"], "muted")
        for line in (y, y + 1):
            for x in matrix.sides:
                cells.write(x, line, GLYPHS["side"], "prediction")
        for position in matrix.shown:
            text, style = steps.target(row, position)
            cells.write(matrix.x(position), y + 1, text, style)
            step = TimeStep(row, position - matrix.start)
            cells.mark(matrix.x(position), y, matrix.cell, LINES_OF_A_ROW, step)
        shown = matrix.shown
        begin = row * matrix.row_length + 1
        text = f" {begin + shown.start:,} to {begin + shown.stop - 1:,}"
        x = matrix.x(shown.stop - 1) + matrix.cell + 1
        if x + len(text) <= cells.width:
            cells.write(x, y + 1, text, "muted")
        self._draw_cursor(cells, steps, row, y)

    def _draw_cursor(self, cells: Cells, steps: TimeSteps, row: int, y: int) -> None:
        """Highlight a target and its source."""
        cursor = self._visible_cursor()
        if cursor is None or cursor[0] != row:
            return
        matrix = steps.matrix
        target = matrix.start + cursor[1]
        source = target - steps.config.echo_step
        if target in matrix.shown:
            cells.write(matrix.x(target), y + 1, steps.target(row, target)[0], "cursor")
        if matrix.first <= source < matrix.last and source_of(steps.config, steps.window, *cursor) is not Source.BLANK:
            cells.write(matrix.x(source), y, steps.input(row, source), "source")

    def _draw_misses(self, cells: Cells, config: EchoConfig, y: int, lines: int) -> None:
        cells.write(0, y, shortened(sentence(config), cells.width), "text")
        if lines < HEIGHT:
            return
        for line, text in enumerate(bracket_lines(config, self._window, cells.width), y + 1):
            cells.write(0, line, text, "prediction")
        targets = target_line(config, self._window, cells.width)
        for x, (text, is_missed) in enumerate(targets):
            cells.write(x, y + HEIGHT - 1, text, "missed" if is_missed else "muted")


def rows_of(first: int, count: int, of: int) -> str:
    """The range of the shown rows as text, such as "rows 1 to 5 of 20"."""
    return f"row {first + 1:,} of {of:,}" if count == 1 else f"rows {first + 1:,} to {first + count:,} of {of:,}"

"""View 2, data: the data matrix with its sliding window, and the source of each target ("Unpacking")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from echornn.config import EchoConfig
from echornn.data.series import EchoSeries
from echornn.progress import Symbols
from echornn.session.pictures.frame import Frame
from tui.app.drawings.matrix import MatrixLayout, laid
from tui.app.drawings.misses import HEIGHT as MISSES_HEIGHT
from tui.app.drawings.misses import bracket_lines, sentence, target_line
from tui.app.drawings.spots import TimeStep
from tui.app.drawings.time_steps import GLYPHS, Source, TimeSteps, counted, read, source_of
from tui.app.views import data_of_task
from tui.app.views.cursor_keys import FIVE_ROWS, LEAVE, cursor_keys
from tui.app.views.data_of_task import TaskWindow, draw_data, rows_shown
from tui.app.views.time_step_view import TimeStepView
from tui.app.views.view import FOCUSED
from tui.kit.cells import Cells
from tui.kit.fitting import shortened

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
    misses = MISSES_HEIGHT if spare >= MISSES_HEIGHT + LINES_OF_A_ROW else 1 if spare >= 1 else 0
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
    STYLES = tuple(
        f"data--{name}"
        for name in (
            *("title", "label", "window", "rest", "other", "target", "before", "above", "blank"),
            *("place", "missed", "covered", "focused", "cursor", "source"),
        )
    )
    COMPONENT_CLASSES = set(STYLES)
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
            return data_of_task.read(self._of_task(frame), spot.row, spot.step)
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
        return min(most, (LINES_OF_A_ROW + 1) * config.batch_size + 4 + MISSES_HEIGHT)

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None:
            cells.write(0, 0, self._message, "data--title")
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
                cells.write(x, y, GLYPHS["side"], "data--place")
            y += shares.apart and row < first + shares.rows - 1
        if shares.framed:
            self._draw_frame(cells, matrix, y)
            y += 1
        cells.write(0, y, shortened(counted(config, self._window), cells.width), "data--label")
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
        style = "data--focused" if self.has_focus else "data--title"
        x = cells.write(0, 0, f"{FOCUSED if self.has_focus else ''}matrix ", style)
        if width >= LEAST_STRIP:
            place = start * width // config.row_length
            end = max(place + 1, -(-(start + length) * width // config.row_length))
            strip = GLYPHS["strip"]
            cells.write(x, 0, strip * width, "data--label")
            cells.write(x + place, 0, GLYPHS["place"] * (end - place), "data--place")
            x += width
        cells.write(x, 0, shortened(text, max(0, cells.width - x)), "data--label")

    def _draw_frame(self, cells: Cells, matrix: MatrixLayout, bottom: int) -> None:
        """Draw the top and bottom edges of the window's rectangle, and an arrow in the direction of its movement."""
        shown = matrix.shown
        begin, end = matrix.x(shown.start) - 1, matrix.x(shown.stop - 1) + matrix.cell + 1
        for y in (1, bottom):
            cells.write(begin, y, GLYPHS["top"] * (end - begin), "data--place")
        cells.write(end, 1, GLYPHS["join"], "data--place")

    def _draw_row(self, cells: Cells, steps: TimeSteps, row: int, y: int) -> None:
        """Draw a row: the inputs with their numbers, and below them the window's targets with the numbers of their
        sources.
        """
        matrix = steps.matrix
        cells.write(0, y, f"row {row + 1}", "data--title")
        cells.write(0, y + 1, "echo of" if matrix.numbered else "echo", "data--label")
        for first, last in matrix.stretches():
            inside = matrix.start <= first < matrix.end
            style = "window" if inside else "rest" if 0 <= first < matrix.row_length else "other"
            text = "".join(steps.input(row, position) for position in range(first, last))
            cells.write(matrix.x(first), y, text, f"data--{style}")
        for x in matrix.joins:
            if 0 <= row + (1 if x > matrix.x(0) else -1) < steps.config.batch_size:
                cells.write(x, y, GLYPHS["join"], "data--label")
        for line in (y, y + 1):
            for x in matrix.sides:
                cells.write(x, line, GLYPHS["side"], "data--place")
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
            cells.write(x, y + 1, text, "data--label")
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
            cells.write(matrix.x(target), y + 1, steps.target(row, target)[0], "data--cursor")
        if matrix.first <= source < matrix.last and source_of(steps.config, steps.window, *cursor) is not Source.BLANK:
            cells.write(matrix.x(source), y, steps.input(row, source), "data--source")

    def _draw_misses(self, cells: Cells, config: EchoConfig, y: int, lines: int) -> None:
        cells.write(0, y, shortened(sentence(config), cells.width), "data--title")
        if lines < MISSES_HEIGHT:
            return
        for line, text in enumerate(bracket_lines(config, self._window, cells.width), y + 1):
            cells.write(0, line, text, "data--place")
        targets = target_line(config, self._window, cells.width)
        for x, (text, is_missed) in enumerate(targets):
            cells.write(x, y + MISSES_HEIGHT - 1, text, "data--missed" if is_missed else "data--covered")


def rows_of(first: int, count: int, of: int) -> str:
    """The range of the shown rows as text, such as "rows 1 to 5 of 20"."""
    return f"row {first + 1:,} of {of:,}" if count == 1 else f"rows {first + 1:,} to {first + count:,} of {of:,}"

"""View 2, data: the matrix with its sliding window, where each target's source lies, and what no
window contains."""

from __future__ import annotations

from dataclasses import replace

from echornn.config import EchoConfig
from echornn.data import source_lags, targets_known
from echornn.progress import Progress
from echornn.session.pictures.frame import Frame
from tui.text.lines import shortened, value_words
from tui.text.targets import Source, echo_of, is_echo, source_of
from tui.views.canvas import Cells
from tui.views.data_matrix import LINES_OF_A_ROW, LINES_OF_MISSES, EchoMatrix, share
from tui.views.row_lines import INPUT, TARGET, epoch_data, untrained
from tui.views.row_panels import Panels, arrange, draw_panels
from tui.views.rows import data_text, draw_facts, read
from tui.views.view import FOCUSED, TimeStep, TimeStepView, extent

MOST_STRIP = 60  # columns of the strip that shows the whole matrix; chosen by eye
ABOVE_ROWS = 3  # lines, of a task that is not the echo: the strip, and two facts


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
        if not self._has(spot):
            return ""
        config, data = self._frame.own_config, self._data(self._frame)
        if is_echo(config):
            return read_echo(config, data, self._window, spot)
        if data is None:
            return ""
        return read(config, data, *spot)

    def rows_that_fit(self, frame: Frame) -> int:
        if is_echo(frame.config):
            return share(self.size.height, frame.config.batch_size).rows
        return self._panels(frame).shown

    def _panels(self, frame: Frame) -> Panels:
        width, height = self.size
        parts, below = (INPUT, TARGET), height - ABOVE_ROWS
        return arrange(frame.own_config, extent(frame), width, below, parts, first=self._first_row)

    def draw(self, cells: Cells) -> None:
        frame, config = self._frame, self._frame.own_config
        count = self.rows_that_fit(frame)
        first = min(self._first_row, config.batch_size - count)
        self._draw_strip(cells, config, first, count)
        if is_echo(config):
            batch = epoch_data(config, frame.data_version, frame.epoch - 1)
            series = None if batch is None else batch.x.reshape(-1)
            EchoMatrix(config, self._window, series, self.at_cursor).draw(cells, first)
            return
        draw_facts(cells, 1, {"data": data_text(config), "sources": sources_text(config)})
        data = self._data(frame)
        if data is not None:
            draw_panels(self, cells, ABOVE_ROWS, config, [data], self._panels(frame))

    def _draw_strip(self, cells: Cells, config: EchoConfig, first: int, count: int) -> None:
        """Where in the rows the window lies, and which rows are shown."""
        start, length = self._window * config.window_stride, config.row_length
        end = start + config.window_steps
        text = f" {start + 1:,} to {end:,} of {length:,}"
        rows = config.batch_size
        if count < rows:
            shown = "row"
            if count > 1:
                shown = f"rows {first + 1:,} to"
            text += f", {shown} {first + count:,} of {rows:,}"
        title, ink = "matrix ", "text"
        if self.has_focus:
            title, ink = f"{FOCUSED}matrix ", "focused"
        width = min(MOST_STRIP, max(0, cells.width - len(text) - len(f"{FOCUSED}matrix ")))
        x = cells.write(0, 0, title, ink)
        cells.write(x, 0, "─" * width, "muted")
        left, right = start * width // length, -(-end * width // length)
        cells.write(x + left, 0, "█" * max(1, right - left), "prediction")
        after = x + width
        cells.write(after, 0, shortened(text, max(0, cells.width - after)), "muted")


def sources_text(config: EchoConfig) -> str:
    lags, known, steps = source_lags(config), targets_known(config), config.window_steps
    if not lags:
        return "not known, or different from one target to the next"
    which = "a target depends"
    if not config.is_stream and known < steps:
        which = f"{known:,} of a trial's {steps:,} targets depend"
    inputs = "input" if len(lags) == 1 else "inputs"
    return f"{which} on the {inputs} {', '.join(f't-{lag}' for lag in lags)}"


def read_echo(config: EchoConfig, data: Progress | None, window: int, spot: TimeStep) -> str:
    row, step = spot
    number = row * config.row_length + window * config.window_stride + step + 1
    place = f"row {row + 1}, step {number:,} of the series"
    task, target = config.the_task, ""
    if data is not None:
        place += f": input {value_words(task.inputs, data.x[spot])}"
        target = f", target {value_words(task.outputs, data.y[spot])}"
    source = source_of(config, window, row, step)
    if source is Source.BLANK:
        return f"{place}; the target is blank, no echo"
    reached = {
        Source.WINDOW: "in this window: the error reaches it",
        Source.BEFORE: "before this window: the error is cut off",
        Source.ABOVE: "in the row above: the state begins at zero",
    }[source]
    if source is Source.BEFORE and config.is_uncut:
        reached = "before this window: the error goes on to it"
    return f"{place}{target} echoes step {number - echo_of(config).lag:,}, {reached}"

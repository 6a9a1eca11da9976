"""The data view of all tasks except the echo: how the data is cut, which inputs decide a target, and rows of the
window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from echornn.config import EchoConfig
from echornn.data.series import batch_of, lags_of_target, targets_known
from echornn.progress import Progress
from echornn.tasks.task import Batch, Numbers, TaskError, known_lags
from tui.app.drawings.row_cells import INPUT, TARGET, RowData, RowLine, cells_of, row_lines, scales_of, value_text
from tui.app.drawings.spots import TimeStep
from tui.app.views.before import ABOUT_WIDTH, MOST_SYMBOLS, Fact, data_text
from tui.app.views.value_words import first_that_fits, input_words, value_words
from tui.kit.cells import Cells
from tui.kit.fitting import shortened

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
            cells.write(0, y, about, "data--label")
            cells.write(ABOUT_WIDTH, y, shortened(text, cells.width - ABOUT_WIDTH), "data--title")
    lines = data_lines(config, cells.height)
    for place in range(rows_shown(config, cells.height)):
        row, y = first_row + place, ABOVE_ROWS + place * (1 + len(lines))
        data = shown.row(row) if row < config.batch_size else None
        if data is None or y + len(lines) >= cells.height:
            return
        step = cursor[1] if cursor is not None else None
        begin = first_step(data, (cells.width - len(lines[0].label)) // 2, step)
        cells.write(0, y, shortened(title_of(data, row, begin), cells.width), "data--title")
        scales = scales_of(config, data.x, data.y)
        for number, line in enumerate(lines, y + 1):
            x = cells.write(0, number, line.label, "data--label")
            steps = len(data.scored) - begin
            cells.mark_each(x, number, 2 * steps, 1, partial(_step_at, row, begin))
            for text, _ in cells_of(config, data, line, scales)[begin:]:
                x = cells.write(x, number, text, "data--window" if line.part == INPUT else "data--target")
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
    for lit, style in ((step, "data--cursor"), *((source, "data--source") for source in sources)):
        if lit >= begin:
            x = len(line.label) + 2 * (lit - begin)
            cells.write(x, y, value_text(shown.config, data, lit, line), style)


def read(shown: TaskWindow, row: int, step: int) -> str:
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

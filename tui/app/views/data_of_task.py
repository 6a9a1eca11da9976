"""The data view of tasks other than the echo: how data is cut, which inputs decide a target, and the newest window."""

from __future__ import annotations

from functools import lru_cache

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.tasks.door import known_lags
from echornn.tasks.task import TaskError
from tui.app.drawings.row_cells import PREDICTION, RowData, RowLine, cells_of, row_lines, scales_of
from tui.app.views.before import ABOUT_WIDTH, Fact, data_text, first_window
from tui.kit.cells import Cells
from tui.kit.fitting import shortened

PLACES_VARY = "not known, or different from one target to the next"


def about_data(config: EchoConfig) -> list[Fact]:
    """Lines of text about the data, as far as it is known."""
    lags = lags_of_targets(config)
    names = [f"t-{lag}" for lag in lags]
    return [
        Fact("data", data_text(config)),
        Fact("sources", f"a target is decided by the inputs {', '.join(names)}" if lags else PLACES_VARY),
        Fact("reach", _reach(config, lags)),
    ]


@lru_cache(maxsize=4)
def lags_of_targets(config: EchoConfig) -> tuple[int, ...]:
    """The lags of the inputs that decide the last targets of a row, or of a trial; empty if they are not known."""
    try:
        return known_lags(config.the_task, (config.trial_length or config.row_length) - 1)
    except TaskError:
        return ()


def _reach(config: EchoConfig, lags: tuple[int, ...]) -> str:
    """A text on how far back the gradient reaches."""
    steps, cut = config.window_steps, config.truncated_backprop_length
    if not config.is_stream:
        return f"cut each {cut} steps of a trial" if cut < steps else "the gradient reaches every input of a trial"
    if not lags:
        return f"the gradient reaches at most {cut - 1} steps back"
    of_each = " and ".join(f"t-{lag} of {max(0, steps - lag)}" for lag in lags)
    return f"in a window of {steps} steps the gradient reaches {of_each} targets"


def draw_data(
    cells: Cells, config: EchoConfig, window: int, newest: Progress | None, rows: range, glyphs: dict[str, str]
) -> None:
    """Draw the known facts about the data, and below them some rows of the window, from the second line on.

    Args:
        window: the window of the epoch, from 0.
        newest: the newest window with its data; None before the first.
        rows: the rows to draw, as many as fit.
    """
    y = 1
    for about, text in about_data(config)[: max(0, cells.height - y)]:
        cells.write(0, y, about, "data--label")
        cells.write(ABOUT_WIDTH, y, shortened(text, cells.width - ABOUT_WIDTH), "data--title")
        y += 1
    lines = [line for line in row_lines(config, max(3, cells.height - y - 1)) if line.part != PREDICTION]
    for row in rows:
        data = _row(config, window, newest, row)
        if data is None or y + 1 + len(lines) > cells.height:
            return
        _draw_row(cells, config, data, row, y, lines, glyphs)
        y += 1 + len(lines)


def _row(config: EchoConfig, window: int, newest: Progress | None, row: int) -> RowData | None:
    """A row of the window; None if it is not known."""
    if newest is not None and newest.window == window:
        return RowData.of(newest, row)
    return first_window(config) if window == row == 0 else None


def _draw_row(
    cells: Cells, config: EchoConfig, data: RowData, row: int, y: int, lines: list[RowLine], glyphs: dict[str, str]
) -> None:
    count = int(data.scored.sum())
    counted = "all" if count == len(data.scored) else f"{count:,} of {len(data.scored):,}"
    cells.write(0, y, shortened(f"row {row + 1}: {counted} targets count", cells.width), "data--title")
    scales = scales_of(config, data.x, data.y)
    ascii_only = all(glyph.isascii() for glyph in glyphs.values())
    for number, line in enumerate(lines, y + 1):
        x = cells.write(0, number, line.label, "data--label")
        for text, _ in cells_of(config, data, line, scales, glyphs, ascii_only):
            x = cells.write(x, number, text, "data--window" if line.part == "input" else "data--target")

"""Panels of rows: for each row of the batch a title and its lines, the windows end to end, the
newest at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data import lags_of_target
from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Progress
from tui.views.blocks import names_beside
from tui.views.canvas import Cells, stamp
from tui.views.row_lines import (
    INPUT,
    PARTS,
    RowLine,
    blocks_of,
    channels_of,
    row_lines,
    scale_in,
    scored_in,
    value_text,
)
from tui.views.view import FOCUSED, TimeStep, TimeStepView

# The seams between windows: the state is carried, begins at zero, or some are missing
WINDOW, EPOCH, MISSING = "│║┆"
FAR = 10**9  # steps; no source lies so far back
GAP = 2  # columns between panels

# ---- where the panels stand


class Panels(NamedTuple):
    lines: tuple[RowLine, ...]  # below the title of each
    label: int  # columns before the blocks
    columns: int  # panels side by side
    first: int  # the row of the first
    shown: int  # panels in all
    width: int  # of each, without the gap
    height: int

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.shown)

    def corners(self, top: int) -> list[tuple[int, int]]:
        """The column and the line of each panel's title."""
        corners = []
        for place in range(self.shown):
            below, beside = divmod(place, self.columns)
            corners.append((beside * (self.width + GAP), top + below * self.height))
        return corners


def arrange(
    config: EchoConfig,
    extent: tuple[int, int],
    width: int,
    height: int,
    parts: Sequence[str] = PARTS,
    first: int = 0,
) -> Panels:
    """Panels for some rows: as few side by side as possible, but each wide enough for a window, if
    the screen is."""
    rows, length = extent
    lines = row_lines(config, height - 1, parts)
    label, panel = len(lines[0].label), 1 + len(lines)
    below = max(1, height // panel)
    most = max(1, min((width + GAP) // (label + 2 * length + GAP), rows))
    columns = max(1, min(most, -(-rows // below)))
    shown = min(rows, columns * below)
    first = min(first, rows - shown)
    return Panels(lines, label, columns, first, shown, (width + GAP) // columns - GAP, panel)


# ---- windows end to end


class TapePiece(NamedTuple):
    """Of a window the steps ``begin`` to ``end`` - 1, drawn from column ``x`` on and followed by a
    seam, or by none."""

    window: Progress
    x: int
    begin: int
    end: int
    seam: str
    # Its step 0, counted from the newest window's; `FAR` away if the state was not carried on to
    # that
    first: int

    def column(self, step: int) -> int:
        return self.x + 2 * (step - self.begin)


def lay_windows(
    config: EchoConfig, windows: Sequence[Progress], width: int, step: int | None = None
) -> list[TapePiece]:
    """As many of the newest windows as fit, oldest first; if not even the newest does, its end, or
    from ``step`` on."""
    *older, newest = windows
    end = newest.y.shape[1]
    count = max(0, min(end, width // 2))
    if step is not None and step < end - count:
        end = step + max(1, count)
    pieces = [TapePiece(newest, width - 2 * count, end - count, end, "", 0)]
    for window in reversed(older):
        after = pieces[0]
        seam, end = _seam(config, window, after.window)
        count = min(end, (after.x - len(seam)) // 2)
        if count < 1:
            break
        x = after.x - len(seam) - 2 * count
        first = after.first - end
        if seam != WINDOW:
            first -= FAR
        pieces.insert(0, TapePiece(window, x, end - count, end, seam, first))
    if len(pieces) == 1:
        return [pieces[0]._replace(x=0)]
    return pieces


def _seam(config: EchoConfig, before: Progress, after: Progress) -> tuple[str, int]:
    """What stands between two windows, and how many steps of the first are not in the second."""
    length = before.y.shape[1]
    apart = (after.epoch - before.epoch) * config.windows_per_epoch + after.window - before.window
    steps = length
    if after.epoch == before.epoch and apart > 0:
        steps = min(length, apart * config.window_stride)
    if apart != 1:
        return MISSING, steps
    if after.epoch == before.epoch and not config.resets_state:
        return WINDOW, steps
    return EPOCH, steps


# ---- what is drawn


def draw_panels(
    view: TimeStepView,
    cells: Cells,
    top: int,
    config: EchoConfig,
    windows: Sequence[Progress],
    panels: Panels,
) -> None:
    cursor = view.at_cursor
    pieces = lay_windows(config, windows, panels.width - panels.label, cursor and cursor.step)
    _draw_lines(cells, top, config, pieces, panels)
    names = names_beside((config.the_task.inputs, config.the_task.outputs))
    newest = pieces[-1]
    for row, (x, y) in enumerate(panels.corners(top), panels.first):
        has_cursor = cursor is not None and cursor.row == row
        is_lit = view.has_focus and (cursor is None or has_cursor)
        text, ink = "", "text"
        if is_lit:
            ink = "focused"
            if has_cursor or x + y == 0:
                text = FOCUSED
        indent, for_name = 0, 0
        if names:  # they need the line from its begin on
            for_name = len(f"  {names[0]}")
        elif newest.x:
            indent = panels.label + newest.x
        room = panels.width - indent - len(text)
        text += title(config, newest, row, panels.lines, room - for_name)
        while names and len(f"{text}  {names[0]}") <= room:
            text += f"  {names.pop(0)}"
        cells.write(x + indent, y, text, ink)

        left = x + panels.label
        for step in range(newest.begin, newest.end):
            spot = TimeStep(row, step)
            cells.mark(left + newest.column(step), y + 1, 2, len(panels.lines), spot)
        for number, line in enumerate(panels.lines, y + 1):
            cells.write(x, number, line.label, "muted")
            if cursor is not None and has_cursor:
                _light(cells, (left, number), config, pieces, cursor, line)


def _draw_lines(
    cells: Cells, top: int, config: EchoConfig, pieces: Sequence[TapePiece], panels: Panels
) -> None:
    """The blocks of all panels, line by line, since they are made for all rows at once."""
    for number, line in enumerate(panels.lines, 1):
        scale = scale_in(pieces[-1].window, line.part)
        for piece in pieces:
            blocks = blocks_of(config, piece.window, panels.rows, line, scale)
            for place, (x, y) in enumerate(panels.corners(top + number)):
                left = x + panels.label
                stamp(cells, left + piece.x, y, *blocks.line(place, piece.begin, piece.end))
                cells.write(left + piece.column(piece.end), y, piece.seam, "muted")


def _light(
    cells: Cells,
    corner: tuple[int, int],
    config: EchoConfig,
    pieces: Sequence[TapePiece],
    cursor: TimeStep,
    line: RowLine,
) -> None:
    """The value at the cursor; of the input, those on which the target there depends."""
    lags: tuple[int, ...] = (0,)
    if line.part == INPUT:
        lags = lags_of_target(config, pieces[-1].window.window, cursor.step)
    ink = "source" if line.part == INPUT else "cursor"
    x, y = corner
    for piece in pieces:
        for lag in lags:
            step = cursor.step - lag - piece.first
            if piece.begin <= step < piece.end:
                text = value_text(config, piece.window, cursor.row, step, line)
                cells.write(x + piece.column(step), y, text, ink)


def title(
    config: EchoConfig, newest: TapePiece, row: int, lines: Sequence[RowLine], width: int
) -> str:
    """The row with its score, and what is not shown of it, as far as there is room."""
    name, score = f"row {row + 1}", score_words(config, newest.window, row)
    hidden = ""
    if newest.end - newest.begin < newest.window.y.shape[1]:
        hidden += f", steps {newest.begin + 1} to {newest.end}"
    task, shown = config.the_task, max(line.channel for line in lines) + 1
    most = max(channels_of(task.inputs), channels_of(task.outputs))
    if shown < most:
        hidden += f", channels 1 to {shown} of {most}"
    short = score.removeprefix("squared error ")
    for text in (f"{name}: {score}{hidden}", f"{name}: {short}{hidden}", f"{name}: {short}", name):
        if len(text) <= width:
            return text
    return ""


def score_words(config: EchoConfig, window: Progress, row: int) -> str:
    scored = scored_in(window)[row]
    count = int(scored.sum())
    if not window.outputs.size or not count:
        if count == len(scored):
            return "all targets count"
        return f"{count} of {len(scored)} targets count"
    outputs, targets = window.outputs[row], window.y[row]
    if config.has_classes:
        is_right = (outputs.argmax(axis=-1) == targets) & scored
        return f"{int(is_right.sum())} of {count} right"
    with np.errstate(over="ignore"):  # the outputs may have diverged
        error = float(np.square(outputs - targets)[scored].mean())
    return f"squared error {loss_text(error)}"

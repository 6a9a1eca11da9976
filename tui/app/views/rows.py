"""View 1, rows: inputs, targets and predictions of the newest windows."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.data.series import lags_of_target
from echornn.session.pictures.frame import Frame
from tui.app.drawings.blocks import CLASS_COLOURS
from tui.app.drawings.row_cells import (
    INPUT,
    RowData,
    RowLine,
    cells_of,
    left_out,
    row_lines,
    scales_of,
    value_text,
)
from tui.app.drawings.signs import names_beside
from tui.app.drawings.spots import TimeStep
from tui.app.drawings.tape import TapeWindow, lay_tape
from tui.app.views.before import ABOUT_WIDTH, about_first_window, first_window, known
from tui.app.views.cursor_keys import FIVE_ROWS, LEAVE, cursor_keys
from tui.app.views.rows_words import read, title
from tui.app.views.time_step_view import TimeStepView
from tui.app.views.view import FOCUSED
from tui.kit.cells import Cells
from tui.kit.fitting import shortened

PANEL_HEIGHT = 4
"""Lines of a panel of symbols."""

GAP = 2

SEAMS = {"window": "│", "epoch": "║", "gap": "┆"}


@dataclass(frozen=True)
class Arrangement:
    """The layout of the panels.

    Attributes:
        columns: the number of panels side by side.
        shown: the number of all panels.
        width: the characters of one panel, without the gap.
        height: the lines of one panel.
    """

    columns: int
    shown: int
    width: int
    height: int


class Rows(TimeStepView):
    """The rows view: a panel for each row of the batch that fits. Each has a title and three lines of blocks, or a line
    for each number, with the newest window at the right.

    Values differ in character as well as in colour: a full block is 1, a base line is 0. A prediction is shaded by its
    probability, and a wrong one is shown as ``><``. A step that does not count has a dash for its target.
    """

    key = "1"
    title = "rows"
    about = "Input, target and prediction of the newest windows"
    STYLES = tuple(
        f"rows--{name}"
        for name in (
            *("input", "target", "prediction", "wrong", "unscored", "title", "focused", "label", "cursor", "source"),
            *(f"class{number}" for number in range(CLASS_COLOURS)),
        )
    )
    COMPONENT_CLASSES = set(STYLES)
    BINDINGS = [
        *cursor_keys(
            "Paused: cursor to an earlier time step",
            "Paused: cursor to a later time step",
            "Cursor, or the panels, a row up",
            "Cursor, or the panels, a row down",
        ),
        *FIVE_ROWS,
        LEAVE,
    ]

    @property
    def at_cursor(self) -> TimeStep | None:
        cursor = self._visible_cursor()
        return None if cursor is None else TimeStep(*cursor)

    @property
    def reading(self) -> str:
        """The text about the target at the cursor; empty without a cursor."""
        return self.reading_of(self.at_cursor)

    def reading_of(self, spot: object) -> str:
        progress = None if self._frame is None else self._frame.progress
        if not isinstance(spot, TimeStep) or self._frame is None or progress is None or not self._has(spot):
            return ""
        return read(self._frame.own_config, progress, spot.row, spot.step)

    def _extent(self, frame: Frame) -> tuple[int, int] | None:
        if frame.progress is None:
            return None
        rows, length = frame.progress.y.shape[:2]
        return rows, length

    def _rows_that_fit(self, frame: Frame) -> int:
        return self._panels(frame, self.size.width, self.size.height)[0].shown

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """As many lines as whole panels need, at most ``most``."""
        rows = config.batch_size
        of_a_panel = row_lines(config, most - 1)
        panel = 1 + len(of_a_panel)
        whole = len(of_a_panel[0].label) + 2 * config.window_steps
        side_by_side = max(1, min((width + GAP) // (whole + GAP), rows))
        for columns in range(1, side_by_side + 1):
            lines = -(-rows // columns) * panel
            if lines <= most:
                return lines
        return max(PANEL_HEIGHT, most // panel * panel)

    @staticmethod
    def _panels(frame: Frame, width: int, height: int) -> tuple[Arrangement, tuple[RowLine, ...]]:
        """The layout of the panels of a frame with progress, and the lines of each panel."""
        assert frame.progress is not None
        rows, length = frame.progress.x.shape[:2]
        lines = row_lines(frame.own_config, height - 1)
        return arrange(rows, width, height, length, len(lines[0].label), 1 + len(lines)), lines

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None or frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "rows--title")
            if frame is not None and frame.is_new:
                self._draw_before(cells, frame)
            return
        panels, lines = self._panels(frame, cells.width, cells.height)
        rows = len(frame.progress.x)
        first = min(self._first_row, rows - panels.shown)
        cursor = self._visible_cursor()
        room = panels.width - len(lines[0].label)
        tape = lay_tape(frame.own_config, (*frame.tape, frame.progress), room, cursor and cursor[1])
        task = frame.own_config.the_task
        names = names_beside((task.inputs, task.outputs))
        for index in range(panels.shown):
            line, column = divmod(index, panels.columns)
            at = column * (panels.width + GAP), line * panels.height
            self._draw_panel(cells, tape, first + index, at, panels.width, lines, names)
        if panels.shown < rows:
            of = f"{first + 1} to {first + panels.shown} of {rows}"
            for text in (f" rows {of}: «focus», then «up»/«down» ", f" {of}: «focus» ", f" {of}"):
                text = self.keymap.text(text)
                begin = cells.width - len(text)
                if begin > 0 and not cells.text(0)[begin:].strip():
                    cells.write(begin, 0, text, "rows--label")
                    break

    def _draw_before(self, cells: Cells, frame: Frame) -> None:
        """Draw the first window's data and facts about the task, while no window is trained."""
        config, y = frame.own_config, 1
        window = first_window(config)
        if window is not None:
            scales = scales_of(config, window.x, window.y)
            lines = row_lines(config, cells.height // 2)
            texts = iter(about_first_window(config, window))
            for line in lines:
                blocks = cells_of(config, window, line, scales)
                if not blocks:
                    continue
                x = cells.write(0, y, line.label, "rows--label")
                for block, block_style in blocks:
                    x = cells.write(x, y, block, block_style)
                text = next(texts, "") if line.channel == 0 else ""
                if x + 2 + len(text) <= cells.width:
                    cells.write(x + 2, y, text, "rows--label")
                y += 1
        known_lines = [(about, self.keymap.text(text)) for about, text in known(frame.config)]
        y += cells.height > y + len(known_lines)
        for number, (about, text) in enumerate(known_lines[: cells.height - y], y):
            cells.write(0, number, about, "rows--label")
            cells.write(ABOUT_WIDTH, number, shortened(text, cells.width - ABOUT_WIDTH), "rows--title")

    def _draw_panel(
        self,
        cells: Cells,
        tape: list[TapeWindow],
        row: int,
        place: tuple[int, int],
        width: int,
        lines: tuple[RowLine, ...],
        names: list[str],
    ) -> None:
        """Draw the panel of a row. Its title takes as many of the names as fit."""
        assert self._frame is not None
        config, (x, y), label_width = self._frame.own_config, place, len(lines[0].label)
        newest = tape[-1]
        at = x + newest.x + (label_width if newest.x else 0)
        cursor = self._visible_cursor()
        lit = self.has_focus and (cursor is None or cursor[0] == row)
        sign = FOCUSED if lit and (cursor is not None or x + y == 0) else ""
        at, room = (x, width - len(sign)) if names else (at, x + width - at - len(sign))
        more = left_out(config, lines)
        least = room - len(f"  {names[0]}") if names else room
        name = sign + title(newest.progress, row, newest.begin, least, config.has_classes, more)
        while names and len(f"{name}  {names[0]}") <= room:
            name += f"  {names.pop(0)}"
        cells.write(at, y, name, "rows--focused" if lit else "rows--title")
        scales = scales_of(config, newest.progress.x, newest.progress.y)
        for number, line in enumerate(lines, y + 1):
            cells.write(x, number, line.label, "rows--label")
            for piece in tape:
                at = x + label_width + piece.x
                blocks = cells_of(config, RowData.of(piece.progress, row), line, scales)
                for text, block_style in blocks[piece.begin : piece.end]:
                    at = cells.write(at, number, text, block_style)
                if piece is newest:
                    self._mark_steps(cells, piece, row, (x + label_width + piece.x, number))
                if piece.seam:
                    cells.write(at, number, SEAMS[piece.seam], "rows--label")
        if cursor is not None and cursor[0] == row:
            for number, line in enumerate(lines, y + 1):
                self._draw_cursor(cells, tape, cursor, (x + label_width, number), line)

    @staticmethod
    def _mark_steps(cells: Cells, newest: TapeWindow, row: int, at: tuple[int, int]) -> None:
        """Note the time steps of a line of the newest window, for the mouse."""
        width = 2 * (newest.end - newest.begin)
        cells.mark_each(*at, width, 1, lambda x, _: TimeStep(row, newest.begin + x // 2))

    def _draw_cursor(
        self, cells: Cells, tape: list[TapeWindow], cursor: tuple[int, int], at: tuple[int, int], line: RowLine
    ) -> None:
        """Highlight a target and its prediction, or the inputs on which the target depends."""
        assert self._frame is not None
        config, newest = self._frame.own_config, tape[-1]
        row, step = cursor
        if line.part != INPUT:
            light(
                cells,
                at,
                newest,
                step,
                "rows--cursor",
                value_text(config, RowData.of(newest.progress, row), step, line),
            )
            return
        for lag in lags_of_target(config, newest.progress.window, step):
            found = source_on(tape, step - lag)
            if found is not None:
                piece, source = found
                text = value_text(config, RowData.of(piece.progress, row), source, line)
                light(cells, at, piece, source, "rows--source", text)


def source_on(tape: list[TapeWindow], step: int) -> tuple[TapeWindow, int] | None:
    """The window on the tape that contains a step, and the number of the step in that window. The step is counted from
    the start of the newest window (negative: earlier). None if there is a gap before the newest window, or if the step
    is not on the tape.
    """
    for piece, before in zip(reversed(tape), [*reversed(tape[:-1]), None], strict=True):
        if step >= 0:
            return piece, step
        if before is None or before.seam != "window":
            return None
        step += before.end
    return None


def light(cells: Cells, at: tuple[int, int], piece: TapeWindow, step: int, style: str, text: str) -> None:
    """Write the value of a time step over its block, if the step is visible."""
    if step in piece:
        cells.write(at[0] + piece.x + 2 * (step - piece.begin), at[1], text, style)


def arrange(rows: int, width: int, height: int, length: int, label: int = 6, panel: int = PANEL_HEIGHT) -> Arrangement:
    """The layout of panels for ``rows`` rows of ``length`` steps on ``width`` x ``height`` characters.

    As few panels as possible are side by side, so that each shows more windows; but a panel is wide enough for a
    window, unless the screen is narrower.

    Args:
        label: the characters before each line.
        panel: the lines of a panel.
    """
    whole = label + 2 * length
    most = max(1, min((width + GAP) // (whole + GAP), rows))
    lines = max(1, (height + 1) // panel)
    columns = next((number for number in range(1, most + 1) if -(-rows // number) <= lines), most)
    return Arrangement(columns, min(rows, columns * lines), max(1, (width + GAP) // columns - GAP), panel)

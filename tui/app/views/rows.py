"""View 1, rows: inputs, echo targets and predictions of the newest windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.session.frame import Frame
from tui.app.drawings.blocks import ASCII_BLOCKS, BLOCKS, CLASS_COLOURS, blocks_of, blocks_of_symbols, symbol_text
from tui.app.drawings.tape import TapeWindow, lay_tape
from tui.app.views.before import ABOUT_WIDTH, first_window, known, then
from tui.app.views.cursor_keys import FIVE_ROWS, LEAVE, cursor_keys
from tui.app.views.view import FOCUSED, View
from tui.kit.cells import Cells
from tui.kit.fitting import shortened

LABELS = ("input ", "echo  ", "pred  ")
LABEL_WIDTH = 6
PANEL_HEIGHT = 4
GAP = 2

SEAMS = {"window": "│", "epoch": "║", "gap": "┆"}
ASCII_SEAMS = {"window": "|", "epoch": "#", "gap": ":"}


@dataclass(frozen=True)
class Arrangement:
    """The layout of the panels.

    Attributes:
        columns: the number of panels side by side.
        shown: the number of all panels.
        width: the characters of one panel, without the gap.
    """

    columns: int
    shown: int
    width: int


class Rows(View):
    """The rows view: a panel for each row of the batch that fits. Each has a title and three lines of blocks, with the
    newest window at the right.

    Values differ in character as well as in colour: a full block is 1, a base line is 0. A prediction is shaded by its
    probability, and a wrong one is shown as ``><``.
    """

    key = "1"
    title = "rows"
    about = "Input, echo target and prediction of the newest windows"
    STYLES = tuple(
        f"rows--{name}"
        for name in (
            *("input", "target", "prediction", "wrong", "title", "focused", "label", "cursor", "source"),
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

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__(ascii_only)
        self._glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
        self._seams = ASCII_SEAMS if ascii_only else SEAMS
        self._first_row = 0
        self._cursor: tuple[int, int] | None = None

    @property
    def reading(self) -> str:
        """The text about the target at the cursor; empty without a cursor."""
        cursor = self._visible_cursor()
        if cursor is None or self._frame is None or self._frame.progress is None:
            return ""
        return read(self._frame.own_config, self._frame.progress, *cursor)

    def _visible_cursor(self) -> tuple[int, int] | None:
        """The row and time step under the cursor, if training is paused and the cursor is in the window; otherwise
        None.
        """
        frame = self._frame
        if self._cursor is None or frame is None or frame.progress is None or not frame.state.stands_still:
            return None
        rows, length = frame.progress.y.shape
        return min(self._cursor[0], rows - 1), min(self._cursor[1], length - 1)

    def action_move(self, steps: int, rows: int) -> None:
        frame = self._frame
        if frame is None or frame.progress is None:
            return
        count, length = frame.progress.y.shape
        shown = arrange(count, self.size.width, self.size.height, length).shown
        cursor = self._visible_cursor()
        if cursor is None and steps and frame.state.stands_still:
            self._cursor = (self._first_row, length - 1)
        elif cursor is not None:
            row, step = min(max(0, cursor[0] + rows), count - 1), min(max(0, cursor[1] + steps), length - 1)
            self._cursor = (row, step)
            self._first_row = min(max(self._first_row, row - shown + 1), row)
        else:
            self._first_row = min(max(0, self._first_row + rows), max(0, count - shown))
        self.redraw()
        self.on_view()

    def action_leave(self) -> None:
        self._cursor = None
        self.redraw()
        self.on_view()

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """As many lines as whole panels need, at most ``most``."""
        rows = config.batch_size
        whole = LABEL_WIDTH + 2 * config.truncated_backprop_length
        side_by_side = max(1, min((width + GAP) // (whole + GAP), rows))
        for columns in range(1, side_by_side + 1):
            lines = -(-rows // columns) * PANEL_HEIGHT
            if lines <= most:
                return lines
        return max(PANEL_HEIGHT, most // PANEL_HEIGHT * PANEL_HEIGHT)

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None or frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "rows--title")
            if frame is not None and frame.is_new:
                self._draw_before(cells, frame)
            return
        rows, length = frame.progress.x.shape
        panels = arrange(rows, cells.width, cells.height, length)
        first = min(self._first_row, rows - panels.shown)
        tape = lay_tape(frame.own_config, (*frame.tape, frame.progress), panels.width - LABEL_WIDTH)
        for index in range(panels.shown):
            line, column = divmod(index, panels.columns)
            self._draw_panel(cells, tape, first + index, column * (panels.width + GAP), line * PANEL_HEIGHT, panels)
        if panels.shown < rows:
            of = f"{first + 1} to {first + panels.shown} of {rows}"
            for text in (f" rows {of}: tab, then up/down ", f" {of}: tab ", f" {of}"):
                begin = cells.width - len(text)
                if begin > 0 and not cells.text(0)[begin:].strip():
                    cells.write(begin, 0, text, "rows--label")
                    break

    def _draw_before(self, cells: Cells, frame: Frame) -> None:
        """Draw the first window's data and facts about the task, while no window is trained."""
        config, y = frame.own_config, 1
        window = first_window(config)
        if window is not None:
            texts = ("the first window of row 1", f"its targets: the input {then(config.echo_step)}")
            for label, symbols, style, text in zip(LABELS, window, ("input", "target"), texts, strict=False):
                cells.write(0, y, label, "rows--label")
                x = LABEL_WIDTH
                for block, block_style in blocks_of_symbols(symbols, config.num_classes, style, self._glyphs):
                    x = cells.write(x, y, block, block_style)
                if x + 2 + len(text) <= cells.width:
                    cells.write(x + 2, y, text, "rows--label")
                y += 1
        lines = known(frame.config)
        y += cells.height > y + len(lines)
        for line, (about, text) in enumerate(lines[: cells.height - y], y):
            cells.write(0, line, about, "rows--label")
            cells.write(ABOUT_WIDTH, line, shortened(text, cells.width - ABOUT_WIDTH), "rows--title")

    def _draw_panel(self, cells: Cells, tape: list[TapeWindow], row: int, x: int, y: int, panels: Arrangement) -> None:
        newest = tape[-1]
        at = x + newest.x + (LABEL_WIDTH if newest.x else 0)
        cursor = self._visible_cursor()
        lit = self.has_focus and (cursor is None or cursor[0] == row)
        sign = FOCUSED if lit and (cursor is not None or x + y == 0) else ""
        name = sign + title(newest.progress, row, newest.begin, x + panels.width - at - len(sign))
        style = "rows--focused" if lit else "rows--title"
        cells.write(at, y, name, style)
        for line, label in enumerate(LABELS):
            cells.write(x, y + 1 + line, label, "rows--label")
            for piece in tape:
                at = x + LABEL_WIDTH + piece.x
                for text, block_style in blocks_of(piece.progress, row, line, self._glyphs)[piece.begin : piece.end]:
                    at = cells.write(at, y + 1 + line, text, block_style)
                if piece.seam:
                    cells.write(at, y + 1 + line, self._seams[piece.seam], "rows--label")
        self._draw_cursor(cells, tape, row, x + LABEL_WIDTH, y)

    def _draw_cursor(self, cells: Cells, tape: list[TapeWindow], row: int, x: int, y: int) -> None:
        """Highlight a target, its prediction, and the input that the target echoes."""
        cursor = self._visible_cursor()
        if cursor is None or cursor[0] != row or self._frame is None:
            return
        newest = tape[-1]
        step = cursor[1]
        target = int(newest.progress.y[row, step])
        predicted = int(newest.progress.probabilities[row, step].argmax())
        two_classes = self._frame.config.num_classes == 2
        wrong = "<" if predicted != target else " "
        light(cells, x, newest, step, y + 2, "rows--cursor", cell_text(target, two_classes))
        light(cells, x, newest, step, y + 3, "rows--cursor", cell_text(predicted, two_classes, wrong))
        source = step - self._frame.config.echo_step
        for piece, before in zip(reversed(tape), [*reversed(tape[:-1]), None], strict=True):
            if source >= 0:
                light(
                    cells,
                    x,
                    piece,
                    source,
                    y + 1,
                    "rows--source",
                    cell_text(int(piece.progress.x[row, source]), two_classes),
                )
                return
            if before is None or before.seam != "window":
                return
            source += before.end


def light(cells: Cells, x: int, piece: TapeWindow, step: int, y: int, style: str, text: str) -> None:
    """Write the symbol of a time step over its block, if the step is visible."""
    if step in piece:
        cells.write(x + piece.x + 2 * (step - piece.begin), y, text, style)


def cell_text(symbol: int, two_classes: bool, mark: str = " ") -> str:
    """A symbol as a text of two characters: right-aligned with two classes, else as digits with a mark."""
    return f"{symbol_text(symbol).strip():>2}" if two_classes else symbol_text(symbol, mark)


def arrange(rows: int, width: int, height: int, length: int) -> Arrangement:
    """The layout of panels for ``rows`` rows of ``length`` steps on ``width`` x ``height`` characters.

    As few panels as possible are side by side, so that each shows more windows; but a panel is wide enough for a
    window, unless the screen is narrower.
    """
    whole = LABEL_WIDTH + 2 * length
    most = max(1, min((width + GAP) // (whole + GAP), rows))
    lines = max(1, (height + 1) // PANEL_HEIGHT)
    columns = next((number for number in range(1, most + 1) if -(-rows // number) <= lines), most)
    return Arrangement(columns, min(rows, columns * lines), max(1, (width + GAP) // columns - GAP))


def title(progress: Progress, row: int, first_step: int, width: int) -> str:
    """The title of a panel that begins at ``first_step``, in the longest form that fits."""
    right = int((np.argmax(progress.probabilities[row], axis=-1) == progress.y[row]).sum())
    length = progress.y.shape[1]
    cut = f", steps {first_step + 1} to {length}" if first_step else ""
    forms = (f"row {row + 1}: {right} of {length} right{cut}", f"row {row + 1}: {right}/{length}", f"row {row + 1}")
    return next((form for form in forms if len(form) <= width), "")


def read(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    """A text about a target: the input that it echoes, and the predicted probabilities."""
    target = int(progress.y[row, step])
    probabilities = progress.probabilities[row, step]
    source = step - config.echo_step
    if source >= 0:
        echoed = f"echoes step {source + 1}"
    elif source + progress.window * config.window_stride < 0:
        echoed = "echoes the row above" if config.row_start == "previous_row" and row > 0 else "is blank"
    else:
        echoed = f"echoes {-source} steps before this window"
    symbols = list(range(len(probabilities)))
    if len(symbols) > 4:  # the target's probability determines the loss; the likeliest symbols show the mistake
        likeliest = [symbol for symbol in np.argsort(probabilities)[::-1].tolist() if symbol != target]
        symbols = [target, *likeliest[:3]]
    shown = ", ".join(f"p({symbol_text(symbol).strip()}) {probabilities[symbol]:.3f}" for symbol in symbols)
    return f"row {row + 1}, step {step + 1}: target {symbol_text(target).strip()} {echoed}; {shown}"

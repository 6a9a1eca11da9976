"""Input, echo target and prediction of the newest window, as rows of blocks ("Visualizing the training")."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from echornn.progress import Progress

LABELS = ("input ", "echo  ", "pred  ")
LABEL_WIDTH = 6
PANEL_HEIGHT = 4
GAP = 2

BLOCKS = {"zero": "▁▁", "one": "██", "unsure": "▒▒", "likely": "▓▓", "maybe": "░░", "wrong": "><"}
ASCII_BLOCKS = {"zero": "..", "one": "##", "unsure": "++", "likely": "**", "maybe": "::", "wrong": "><"}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Cell = tuple[str, str]
"""Two characters and the name of their style."""


class SampleRows(Widget):
    """A panel for each row of the batch that fits: a title and three lines of blocks.

    A value is told by its glyph as well as by its colour: a bar for one, a base line for zero; a prediction is
    shaded by its probability, and where it is wrong it reads ``><``.
    """

    COMPONENT_CLASSES = {
        "rows--input",
        "rows--target",
        "rows--prediction",
        "rows--wrong",
        "rows--zero",
        "rows--title",
        "rows--label",
    }

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self._blocks = ASCII_BLOCKS if ascii_only else BLOCKS
        self._progress: Progress | None = None
        self._message = ""

    def show(self, progress: Progress | None, message: str = "") -> None:
        """Draw these newest windows; without any, the message."""
        if progress is not self._progress or message != self._message:
            self._progress, self._message = progress, message
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._progress is None:
            text = self._message if y == 0 else ""
            return Strip([Segment(text, self._style("rows--title"))]).adjust_cell_length(width, self.rich_style)
        panels = arrange(self._progress.x.shape, width, self.size.height)
        row_of_panels, line = divmod(y, PANEL_HEIGHT)
        segments: list[Segment] = []
        for column in range(panels.columns):
            row = row_of_panels * panels.columns + column
            if row >= min(panels.shown, len(self._progress.x)) or line >= PANEL_HEIGHT:
                break
            strip = Strip(self._panel_line(row, line, panels.steps)).adjust_cell_length(panels.width, self.rich_style)
            segments += strip
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _panel_line(self, row: int, line: int, steps: int) -> list[Segment]:
        progress = self._progress
        assert progress is not None
        first = progress.x.shape[1] - steps
        if line == 0:
            return [Segment(title(progress, row, steps), self._style("rows--title"))]
        cells = panel_cells(progress, row, line - 1, self._blocks)[first:]
        segments = [Segment(LABELS[line - 1], self._style("rows--label"))]
        for name, group in groupby(cells, key=lambda cell: cell[1]):
            segments.append(Segment("".join(text for text, _ in group), self._style(name)))
        return segments

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)


class Arrangement:
    """How panels are laid out: how many side by side, how many in all, and how many time steps in each."""

    def __init__(self, columns: int, shown: int, width: int, steps: int) -> None:
        self.columns, self.shown, self.width, self.steps = columns, shown, width, steps


def arrange(shape: tuple[int, ...], width: int, height: int) -> Arrangement:
    """Lay out panels for a window of ``shape`` (batch rows, time steps) on ``width`` x ``height`` characters.

    Where a window is wider than the screen, its newest time steps are shown.
    """
    rows, length = shape
    steps = max(1, min(length, (width - LABEL_WIDTH) // 2))
    panel_width = LABEL_WIDTH + 2 * steps + GAP
    columns = max(1, min((width + GAP) // panel_width, rows))
    shown = min(rows, columns * max(1, (height + 1) // PANEL_HEIGHT))
    return Arrangement(columns, shown, panel_width, steps)


def lines_needed(shape: tuple[int, ...], width: int) -> int:
    """Lines that all rows of a window of ``shape`` take on a screen ``width`` wide."""
    columns = arrange(shape, width, 10**6).columns
    return -(-shape[0] // columns) * PANEL_HEIGHT


def title(progress: Progress, row: int, steps: int) -> str:
    """What a panel of the newest ``steps`` time steps says of its row, as fully as its width allows."""
    right = int((np.argmax(progress.probabilities[row], axis=-1) == progress.y[row]).sum())
    length = progress.y.shape[1]
    cut = f", steps {length - steps + 1} to {length}" if steps < length else ""
    width = LABEL_WIDTH + 2 * steps
    forms = (f"row {row + 1}: {right} of {length} right{cut}", f"row {row + 1}: {right}/{length}", f"row {row + 1}")
    return next((form for form in forms if len(form) <= width), "")


def panel_cells(progress: Progress, row: int, line: int, blocks: dict[str, str]) -> list[Cell]:
    """The blocks of one line of a row: 0 the input, 1 the target, 2 the prediction."""
    two_classes = progress.probabilities.shape[-1] == 2
    if line < 2:
        symbols = (progress.x, progress.y)[line][row].tolist()
        style = ("rows--input", "rows--target")[line]
        if two_classes:
            return [(blocks["one"], style) if symbol else (blocks["zero"], "rows--zero") for symbol in symbols]
        return [(symbol_text(symbol), style if symbol else "rows--zero") for symbol in symbols]
    probabilities = progress.probabilities[row]
    cells: list[Cell] = []
    for target, predicted, p in zip(
        progress.y[row].tolist(), probabilities.argmax(axis=-1).tolist(), probabilities.tolist(), strict=True
    ):
        if predicted != target:
            cells.append((blocks["wrong"] if two_classes else symbol_text(predicted)[0] + "<", "rows--wrong"))
        elif two_classes:
            cells.append((blocks[shade(p[1])], "rows--prediction" if p[1] >= 0.5 else "rows--zero"))
        else:
            cells.append((symbol_text(predicted), "rows--prediction" if predicted else "rows--zero"))
    return cells


def shade(probability: float) -> str:
    """Name of the block for a probability of class 1: darker is likelier; not a number counts as unsure."""
    for below, name in ((0.125, "zero"), (0.5, "maybe"), (0.75, "unsure"), (0.95, "likely")):
        if probability < below:
            return name
    return "one" if probability >= 0.95 else "unsure"


def symbol_text(symbol: int) -> str:
    """Two characters for a symbol of more than two classes."""
    return f"{DIGITS[symbol]} " if symbol < len(DIGITS) else f"{symbol:02x}"

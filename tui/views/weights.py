"""Draws matrices as signed blocks with names of rows and columns, and packs several matrices into a box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.readings import MINUS_INFINITY, Matrices, Readings, Recurrent
from tui.views.blocks import scale_of, signed_blocks
from tui.views.canvas import Box, Cells, stamp, write_in
from tui.views.gradient import size_text
from tui.views.inks import NUMBER
from tui.views.memory import STYLE_NAMES
from tui.views.state_plane import draw_plane
from tui.views.text import percent
from tui.views.view import PART_BINDINGS, Entry, ProbeView

GAP = 2

NUMBER_WIDTH = 7
"""The columns of a block with its number and a space, such as ``█+0.83``."""

CELL_WIDTHS = (NUMBER_WIDTH, 2, 1)
"""The possible widths of an entry in columns; the largest with which all matrices fit is used."""


@dataclass(frozen=True, eq=False)
class WeightMatrix:
    """A matrix to draw.

    Attributes:
        name: the name above the matrix.
        values: float32 [rows, columns].
        rows, columns: the names of its rows and columns.
        cursor: row and column of the highlighted entry; None if there is none.
        label: the least number of columns for the row names, left of the entries; longer names need more.
    """

    name: str
    values: Floats
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cursor: tuple[int, int] | None = None
    label: int = 0

    @property
    def label_width(self) -> int:
        """The columns before the entries: enough for the names of the rows, and for the matrix' name above them. A
        single row has the matrix' name in place of its own.
        """
        names = (self.name, *(self.rows if len(self.rows) > 1 else ()))
        return max(self.label, max(map(len, names)) + 1)

    def size(self, cell: int) -> tuple[int, int]:
        """The width and height of the whole matrix, with ``cell`` columns per entry; a single row needs no head."""
        rows, columns = self.values.shape
        return self.label_width + columns * cell, rows + (rows > 1)


def packed(matrices: Sequence[WeightMatrix], box: Box, cell: int) -> list[Box]:
    """A box for each of the first matrices, as long as they fit: from top to bottom, then in the next column.

    A matrix that is larger than the whole box is cut.
    """
    boxes: list[Box] = []
    x, y, widest = box.x, box.y, 0
    for matrix in matrices:
        width, height = matrix.size(cell)
        height = min(height, box.height)
        if y + height > box.bottom:
            x, y, widest = x + widest + GAP, box.y, 0
        width = min(width, box.right - x)
        if height < 1 or width < min(matrix.label_width + cell, matrix.size(cell)[0]):
            break
        if boxes and width < matrix.size(cell)[0]:
            break
        boxes.append(Box(x, y, width, height))
        y, widest = y + height, max(widest, width)
    return boxes


def laid_out(matrices: Sequence[WeightMatrix], box: Box) -> tuple[list[Box], int, bool]:
    """The boxes of the matrices, the width of an entry in columns, and whether all fit. Entries are as wide as
    possible.
    """
    boxes: list[Box] = []
    for cell in CELL_WIDTHS:
        boxes = packed(matrices, box, cell)
        sizes = [matrix.size(cell) for matrix in matrices]
        if [(one.width, one.height) for one in boxes] == sizes:
            return boxes, cell, True
    return boxes, CELL_WIDTHS[-1], False


def all_fit(matrices: Sequence[WeightMatrix], box: Box) -> bool:
    """Whether all matrices fit into the box."""
    return laid_out(in_line(matrices), box)[2]


def how_well(matrices: Sequence[WeightMatrix], box: Box) -> tuple[int, int]:
    """A score for a box, larger is better: the width of an entry if all matrices fit; otherwise the area that fits."""
    boxes, cell, whole = laid_out(in_line(matrices), box)
    return (min(cell, 2) if whole else 0), sum(one.width * one.height for one in boxes) if not whole else 0


def in_line(matrices: Sequence[WeightMatrix]) -> list[WeightMatrix]:
    """The matrices with labels of equal width, so that the columns of a bias and its matrix are aligned."""
    label = max((matrix.label_width for matrix in matrices), default=0)
    return [replace(matrix, label=label) for matrix in matrices]


def draw_matrices(cells: Cells, box: Box, matrices: Sequence[WeightMatrix]) -> int:
    """Draw the matrices from the first on; returns how many fit."""
    matrices = in_line(matrices)
    boxes, cell, _ = laid_out(matrices, box)
    for one, matrix in zip(boxes, matrices, strict=False):
        draw_matrix(cells, one, matrix, cell)
    return len(boxes)


def part_seen(matrices: Sequence[WeightMatrix], box: Box) -> str:
    """The range of rows and columns shown of the first matrix, as text; empty if the whole matrix is shown."""
    matrices = in_line(matrices)
    boxes, cell, _ = laid_out(matrices, box)
    if not boxes:
        return ""
    seen = zip(("rows", "columns"), _seen(matrices[0], boxes[0], cell), matrices[0].values.shape, strict=True)
    shown = [f"{name} {at + 1:,} to {at + count:,} of {of:,}" for name, (at, count), of in seen if count < of]
    return ", ".join((f"{matrices[0].name} {shown[0]}", *shown[1:])) if shown else ""


def _seen(matrix: WeightMatrix, box: Box, cell: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shown part of a matrix: (first row, number of rows), (first column, number of columns)."""
    (rows, columns), (row, column) = matrix.values.shape, matrix.cursor or (0, 0)
    return (
        _stretch(row, rows, box.height - (rows > 1)),
        _stretch(column, columns, (box.width - matrix.label_width) // cell),
    )


def draw_matrix(cells: Cells, box: Box, matrix: WeightMatrix, cell: int) -> None:
    """Draw the names of columns, then a line for each row. If the matrix does not fit, the cursor's part is shown."""
    head = len(matrix.values) > 1
    names = matrix.label_width
    row, column = matrix.cursor or (0, 0)
    (first_row, shown_rows), (first_column, shown_columns) = _seen(matrix, box, cell)
    part = matrix.values[first_row : first_row + shown_rows, first_column : first_column + shown_columns]
    if head:
        write_in(cells, box, 0, matrix.name, "text")
        _write_columns(cells, box, matrix, range(first_column, first_column + shown_columns), cell)
    indices = np.array([NUMBER[name] for name in STYLE_NAMES], np.int16)
    glyphs, kinds = signed_blocks(part, scale_of(matrix.values))
    styles = np.repeat(indices[kinds], cell, axis=1)
    if matrix.cursor is not None and first_row <= row < first_row + shown_rows:
        at = (column - first_column) * cell
        styles[row - first_row, at : at + min(cell, NUMBER_WIDTH - 1)] = NUMBER["cursor"]
    if cell < NUMBER_WIDTH:
        picture = np.repeat(glyphs, cell, axis=1)
    else:
        numbers = [[f"{number_text(value):<5} " for value in values] for values in part.tolist()]
        texts = np.char.add(glyphs, np.array(numbers, "U6").reshape(glyphs.shape))
        picture = np.ascontiguousarray(texts, f"U{cell}").view("U1").reshape(len(part), -1)
    stamp(cells, box.x + names, box.y + head, picture, styles)
    cells.mark_each(
        *(box.x + names, box.y + head, shown_columns * cell, shown_rows),
        lambda x, y: Entry(matrix.name, first_row + y, first_column + x // cell),
    )
    for line, name in enumerate(matrix.rows[first_row : first_row + shown_rows]):
        label = (name, "muted") if head else (matrix.name, "text")
        write_in(cells, box, head + line, *label)


def _stretch(wanted: int, count: int, room: int) -> tuple[int, int]:
    """The part to show of ``count`` entries: the first index, and the number; it contains the index ``wanted``."""
    room = max(0, min(room, count))
    return min(max(0, wanted + 1 - room), count - room), room


def _write_columns(cells: Cells, box: Box, matrix: WeightMatrix, shown: range, cell: int) -> None:
    """Draw the names above their columns, if they fit. A gate's name is drawn once for all of its columns. If columns
    are narrow, a common prefix is written once: ``h1 2 3``.
    """
    end = 0
    for word, group in groupby(shown, lambda column: matrix.columns[column].rpartition(" ")[0]):
        columns = list(group)
        whole = word and len(word) < len(columns) * cell and cell <= 2
        for column in columns[:1] if whole else columns:
            name = matrix.columns[column]
            if cell <= 2 or len(name) >= cell:
                name = word if whole else name.rpartition(" ")[2]
            x = (column - shown.start) * cell
            stem = "" if whole or cell > 2 else name.rstrip("0123456789")
            if len(stem) == 1 and len(name) > 1:
                name = name[1:]
                if not x:
                    write_in(cells, box, 0, stem, "muted", at=matrix.label_width - 1)
            if x >= end and matrix.label_width + x + len(name) <= box.width:
                write_in(cells, box, 0, name, "muted", at=matrix.label_width + x)
                end = x + len(name) + 1


def number_text(value: float) -> str:
    """A number in five characters, with its sign: +0.83, -12.5, +4e9."""
    if not np.isfinite(value):
        return f"{value:+}"[:5]
    texts = (f"{value:+.{decimals}f}" for decimals in (2, 1, 0))
    return next((text for text in texts if len(text) <= 5), f"{value:+.0e}".replace("e+0", "e").replace("e+", "e"))


NUMBERS_WIDTH = 27
"""The columns of the numbers: weight changes and Lyapunov exponents."""

LEAST_MATRICES, LEAST_PLANE = 24, 12
"""The fewest columns of the matrices, and of the complex plane; with less room, other parts are left out."""

GAP_WEIGHTS = 2

LEAST_NOTED = 4
"""The fewest lines of matrices with which a line says how many matrices are not shown."""

PLANE_HEIGHT = 20
"""The lines of the head and the complex plane, if the screen is high enough."""

BAR_WIDTH = 8
"""The columns of a Lyapunov exponent's bar, on each side of zero."""


class WeightsView(ProbeView):
    """The weights view: matrices at the left, then the complex plane, then numbers. If the matrices do not all fit,
    they begin with the selected one.
    """

    key = "5"
    title = "weights"
    about = "Each matrix, eigenvalues against the unit circle, update sizes, Lyapunov exponents"
    kinds = frozenset({"weights", "lyapunov"})

    BINDINGS = [
        Binding("left", "move(0, -1)", "Left", show=False, tooltip="Cursor a column back", id="left"),
        Binding("right", "move(0, 1)", "Right", show=False, tooltip="Cursor a column on", id="right"),
        Binding("up", "move(-1, 0)", "Up", show=False, tooltip="Cursor a row up", id="up"),
        Binding("down", "move(1, 0)", "Down", show=False, tooltip="Cursor a row down", id="down"),
        *PART_BINDINGS,
        Binding("escape", "leave", "Leave", show=False, tooltip="Take the cursor away", id="leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._chosen = 0
        self._cursor: tuple[int, int] | None = None

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for all matrices, one below the other, and at least for the complex plane."""
        return min(most, max(PLANE_HEIGHT, (config.num_layers + 1) * (config.state_size + 3) + config.input_size))

    def answered(self, readings: Readings) -> bool:
        return readings.weights is not None

    @property
    def reading(self) -> str:
        readings = self._readings
        if self._cursor is None or readings is None or readings.weights is None:
            return ""
        chosen = self._chosen_matrix(readings.weights)
        return read(chosen) if chosen is not None and chosen.values.size else ""

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if not isinstance(spot, Entry) or readings is None or readings.weights is None:
            return ""
        if spot.matrix not in readings.weights.weights:
            return ""
        matrix = matrix_of(readings.weights, spot.matrix)
        rows, columns = matrix.values.shape
        return (
            read(replace(matrix, cursor=(spot.row, spot.column))) if spot.row < rows and spot.column < columns else ""
        )

    def clicked(self, spot: object, again: bool) -> None:
        """Choose the matrix, and put the cursor on the entry, as ``n`` and the arrow keys do."""
        readings = self._readings
        if not isinstance(spot, Entry) or readings is None or readings.weights is None:
            return
        if self._entry(readings.weights)[0] != spot.matrix:
            names = [name for name, _ in entries_of(readings.weights)]
            self._chosen = names.index(spot.matrix)
        self._cursor = spot.row, spot.column
        self._changed()

    def _entry(self, weights: Matrices) -> tuple[str, Recurrent | None]:
        """The name of the selected matrix, and the recurrent matrix whose eigenvalues are shown."""
        entries = entries_of(weights)
        return entries[self._chosen % len(entries)] if entries else ("", None)

    def _chosen_matrix(self, weights: Matrices) -> WeightMatrix | None:
        """The matrix in which the cursor moves; None if there is none."""
        name = self._entry(weights)[0]
        if name not in weights.weights:
            return None
        matrix = matrix_of(weights, name)
        if self._cursor is None or not matrix.values.size:
            return matrix
        rows, columns = matrix.values.shape
        return replace(matrix, cursor=(min(self._cursor[0], rows - 1), min(self._cursor[1], columns - 1)))

    def _matrices(self, weights: Matrices) -> list[WeightMatrix]:
        """All matrices in order; the selected one has the cursor."""
        chosen = self._chosen_matrix(weights)
        matrices = [matrix_of(weights, name) for name in weights.weights]
        return [chosen if chosen is not None and one.name == chosen.name else one for one in matrices]

    def paint(self, cells: Cells, readings: Readings) -> None:
        weights = readings.weights
        if weights is None:
            return
        recurrent = self._entry(weights)[1]
        body = Box(0, 1, cells.width, max(0, cells.height - 1))
        ordered = self._matrices(weights)
        ways = share_room(body, len(ordered) + 2 + len(() if readings.lyapunov is None else readings.lyapunov))
        matrices, plane, numbers = max(ways, key=lambda way: how_well(ordered, way[0]))
        if not all_fit(ordered, matrices):
            at = list(weights.weights).index(self._entry(weights)[0])
            ordered = [*ordered[at:], *ordered[:at]]
            if matrices.height > LEAST_NOTED:
                matrices = matrices._replace(height=matrices.height - 1)
        part, words = part_seen(ordered, matrices), summary(recurrent, readings.lyapunov)
        self.draw_head(cells, readings, f"{part}; {words}" if part else words)
        seen = draw_matrices(cells, matrices, ordered)
        if seen < len(ordered) and matrices.height < body.height:
            note = self.keymap.text(f"{seen} of {len(ordered)}: «next» shows others")
            write_in(cells, body, body.height - 1, note, "note")
        if plane is not None and recurrent is not None:
            draw_plane(cells, plane, recurrent.eigenvalues)
        if numbers is not None:
            draw_numbers(cells, numbers, readings, weights)

    def action_part(self, by: int) -> None:
        readings = self._readings
        if readings is not None and readings.weights is not None:
            self._chosen = (self._chosen + by) % max(1, len(entries_of(readings.weights)))
            self._cursor = (0, 0)
            self._changed()

    def action_move(self, rows: int, columns: int) -> None:
        readings = self._readings
        if readings is None or readings.weights is None:
            return
        chosen = self._chosen_matrix(readings.weights)
        if chosen is None or not chosen.values.size:
            return
        count, length = chosen.values.shape
        if self._cursor is None:
            self._cursor = (0, 0)
        else:
            row, column = chosen.cursor or (0, 0)
            self._cursor = (min(max(0, row + rows), count - 1), min(max(0, column + columns), length - 1))
        self._changed()

    def action_leave(self) -> None:
        self._cursor = None
        self._changed()


def entries_of(weights: Matrices) -> list[tuple[str, Recurrent | None]]:
    """The entries that key ``n`` selects in turn: (matrix name, recurrent matrix for the eigenvalues). A matrix that
    contains several recurrent matrices has an entry for each; one that contains none gets the network's first.
    """
    default = weights.recurrent[0] if weights.recurrent else None
    entries: list[tuple[str, Recurrent | None]] = []
    for name in weights.weights:
        own = [one for one in weights.recurrent if is_part_of(one, weights, name)]
        entries += [(name, one) for one in own] or [(name, default)]
    return entries


def is_part_of(recurrent: Recurrent, weights: Matrices, name: str) -> bool:
    """Whether a recurrent matrix is part of the weight matrix with this name, judged by the names."""
    stem, _, layer = recurrent.name.partition(" layer ")
    vector = stem.removeprefix("W").strip()
    of_layer = name.endswith(f"_layer{layer}") if layer not in ("", "1") else "_layer" not in name
    yields = f"{vector} 1" if vector else "h1"
    return of_layer and "h1" in weights.rows[name] and yields in weights.columns[name]


def matrix_of(weights: Matrices, name: str) -> WeightMatrix:
    """The weight matrix with this name, with the names of its rows and columns."""
    return WeightMatrix(name, weights.weights[name], weights.rows[name], weights.columns[name])


def summary(recurrent: Recurrent | None, lyapunov: Floats | None) -> str:
    """A text with the spectral radius and the largest Lyapunov exponent."""
    parts = []
    if recurrent is not None and len(recurrent.eigenvalues):
        parts.append(f"spectral radius {number(recurrent.spectral_radius)} of {recurrent.name}")
    if lyapunov is not None and len(lyapunov):
        parts.append(f"Lyapunov {exponent_text(float(lyapunov[0]))}")
    return "; ".join(parts) or "none"


def number(value: float, sign: str = "") -> str:
    """A number as text: with two decimals, or in powers of ten if it is large."""
    if not math.isfinite(value):
        return "?"
    return f"{value:{sign}.2f}" if abs(value) < 1e4 else f"{value:{sign}.1e}"


def exponent_text(value: float) -> str:
    """A Lyapunov exponent as text, with its sign."""
    return "-inf" if value <= MINUS_INFINITY else number(value, "+")


Room = tuple[Box, Box | None, Box | None]
"""The boxes of the matrices, of the complex plane and of the numbers; None for a part that does not fit."""


def share_room(body: Box, numbers_lines: int) -> list[Room]:
    """Possible divisions of the view, best first: all side by side, or the plane below the numbers."""
    has_numbers = body.width >= LEAST_MATRICES + GAP_WEIGHTS + NUMBERS_WIDTH
    right = body.right - (NUMBERS_WIDTH + GAP_WEIGHTS if has_numbers else 0)
    numbers = Box(body.right - NUMBERS_WIDTH, body.y, NUMBERS_WIDTH, body.height) if has_numbers else None
    width = min(2 * body.height, right - body.x - LEAST_MATRICES - GAP_WEIGHTS, body.width * 2 // 5)
    plane = Box(right - width, body.y, width, body.height) if width >= LEAST_PLANE else None
    left = right - (width + GAP_WEIGHTS if plane is not None else 0) - body.x
    ways: list[Room] = [(body._replace(width=max(0, left)), plane, numbers)]
    below = body.height - numbers_lines - 1
    if numbers is not None and 2 * below >= LEAST_PLANE:
        lines = min(below, NUMBERS_WIDTH // 2)
        plane = Box(numbers.x, body.bottom - lines, NUMBERS_WIDTH, lines)
        ways.append((body._replace(width=right - body.x), plane, numbers._replace(height=numbers_lines)))
    return ways


def draw_numbers(cells: Cells, box: Box, readings: Readings, weights: Matrices) -> None:
    """Draw by how much a window changes each weight matrix, then the Lyapunov exponents as bars around zero."""
    names = list(weights.weights)
    exponents = readings.lyapunov.tolist() if readings.lyapunov is not None else []
    for_exponents = min(len(exponents) + 1, max(2, box.height // 2, box.height - len(names) - 1)) if exponents else 0
    for_updates = max(0, min(len(names), box.height - for_exponents - 1))
    known = not names or any(math.isfinite(update) for update in weights.update.values())
    how = "changes in a window by" if known else cells.keymap.text("changes: ? until «step» trains")
    write_in(cells, box, 0, how, "muted")
    for line, name in enumerate(names[:for_updates], start=1):
        write_in(cells, box, line, f"{name[:12]:<13} {update_text(weights.update[name])}", "text")
    top = for_updates + 1
    if exponents and top + 1 < box.height:
        samples = readings.lyapunov_samples
        title = f"Lyapunov, nats, {samples:,} steps" if samples else "Lyapunov, nats a step"
        write_in(cells, box, top, title, "muted")
        shown = exponents[: box.height - top - 1]
        finite = [abs(value) for value in shown if math.isfinite(value) and value > MINUS_INFINITY]
        scale = max(finite, default=1.0) or 1.0
        for line, value in enumerate(shown, start=top + 1):
            left, right = exponent_bar(max(value, MINUS_INFINITY) / scale)
            at = write_in(cells, box, line, f"{exponent_text(value):>8} ", "text") - box.x
            at = write_in(cells, box, line, left, "input", at=at) - box.x
            at = write_in(cells, box, line, "|", "muted", at=at) - box.x
            write_in(cells, box, line, right, "target", at=at)


def exponent_bar(share: float) -> tuple[str, str]:
    """The two halves of an exponent's bar, left and right of zero, `BAR_WIDTH` characters each.

    Args:
        share: the exponent divided by the largest absolute value of all exponents, -1 to 1.
    """
    halves = round(min(1.0, abs(share)) * BAR_WIDTH * 2) if math.isfinite(share) else 0
    whole, half = divmod(max(halves, int(share != 0 and math.isfinite(share))), 2)
    if share < 0:
        return f"{'▐' * half + '█' * whole:>{BAR_WIDTH}}", ""
    return " " * BAR_WIDTH, "█" * whole + "▌" * half


def update_text(update: float) -> str:
    """By how much a window changes a weight matrix, relative to the matrix, as text."""
    if not math.isfinite(update):
        return "?"
    return percent(update) if update >= 0.0005 or update <= 0 else f"{size_text(update * 100)} %"


def read(matrix: WeightMatrix) -> str:
    """The entry under the cursor, with its row and column, as text."""
    row, column = matrix.cursor or (0, 0)
    value = float(matrix.values[row, column])
    return f"{matrix.name}, from {matrix.rows[row]} to {matrix.columns[column]}: {value:+.4g}"

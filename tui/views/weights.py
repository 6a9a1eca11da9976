"""View 5: each matrix, the eigenvalues against the unit circle, how much a window changes, Lyapunov
exponents."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.readings import MINUS_INFINITY, Matrices, Readings, Recurrent
from tui.text.lines import shortened
from tui.views.blocks import scale_of, signed_blocks
from tui.views.canvas import Cells, beside, stamp, write_in
from tui.views.dots import Dots, characters
from tui.views.inks import NUMBER
from tui.views.view import LEAVE, PART_BINDINGS, ProbeView, Weight, cursor_keys

Eigenvalues = npt.NDArray[np.complex64]

GAP = 2  # columns between what stands side by side
WITH_NUMBER = 7  # the columns of a block with its number, such as ``█+0.83``
ENTRY_WIDTHS = (WITH_NUMBER, 2, 1)  # the widest with which all matrices fit is taken
# Columns of a line of the table: its numbers, a bar, the weight's name
NUMBERS_WIDTH, BAR_WIDTH, NAME_WIDTH = 27, 8, 13
LEAST_MATRICES, LEAST_CIRCLE = 24, 12  # columns
HIGH_ENOUGH = 20  # lines of the whole view, for the circle
# Of zero, positive, negative
INKS = np.array([NUMBER[ink] for ink in ("muted", "target", "input")], np.int16)
MARGIN = 1.12  # how far the edge lies from zero, in sizes of the largest eigenvalue
LEGENDS = "● inside  ◆ outside", "● in  ◆ out"  # the first that is no wider than the circle
MOST_DECIMALS = 4  # of per cents; smaller ones are powers of ten


class WeightsView(ProbeView):
    """Matrices at the left, then the circle, then numbers; if not all matrices fit, they begin with
    the chosen one."""

    key = "5"
    title = "weights"
    about = "Each matrix, eigenvalues against the unit circle, update sizes, Lyapunov exponents"
    kinds = frozenset({"weights", "lyapunov"})
    needs = "weights"
    BINDINGS = [
        *cursor_keys(
            "Cursor a column back", "Cursor a column on", "Cursor a row up", "Cursor a row down"
        ),
        *PART_BINDINGS,
        LEAVE,
    ]

    _chosen = 0  # among `choices`
    _cursor: tuple[int, int] | None = None  # row and column in the chosen matrix

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        matrices = (config.num_layers + 1) * (config.state_size + 3) + config.input_size
        return min(most, max(HIGH_ENOUGH, matrices))

    @property
    def _weights(self) -> Matrices | None:
        return None if self._readings is None else self._readings.weights

    def _choice(self, weights: Matrices) -> tuple[Weight, Recurrent | None]:
        """The entry under the cursor, or the first of the chosen matrix; and whose eigenvalues are
        shown."""
        matrices = choices(weights)
        name, recurrent = matrices[self._chosen % len(matrices)]
        rows, columns = weights.weights[name].shape
        row, column = self._cursor or (0, 0)
        return Weight(name, min(row, rows - 1), min(column, columns - 1)), recurrent

    @property
    def at_cursor(self) -> Weight | None:
        if self._cursor is None or self._weights is None:
            return None
        return self._choice(self._weights)[0]

    def reading_of(self, spot: object) -> str:
        weights = self._weights
        if weights is None or not isinstance(spot, Weight):
            return ""
        source = weights.rows[spot.matrix][spot.row]
        target = weights.columns[spot.matrix][spot.column]
        value = weights.weights[spot.matrix][spot.row, spot.column]
        return f"{spot.matrix}, from {source} to {target}: {value:+.4g}"

    def clicked(self, spot: object, again: bool) -> None:
        weights = self._weights
        if weights is not None and isinstance(spot, Weight):
            self._chosen = [name for name, _ in choices(weights)].index(spot.matrix)
            self._cursor = spot.row, spot.column
            self._changed()

    def action_part(self, by: int) -> None:
        if self._weights is not None:
            self._chosen = (self._chosen + by) % len(choices(self._weights))
            self._cursor = (0, 0)
            self._changed()

    def action_move(self, columns: int, rows: int) -> None:
        weights = self._weights
        if weights is None:
            return
        entry, _ = self._choice(weights)
        if self._cursor is None:
            self._cursor = (0, 0)  # the first key only shows it
        else:
            most_rows, most_columns = weights.weights[entry.matrix].shape
            row = min(max(0, entry.row + rows), most_rows - 1)
            self._cursor = row, min(max(0, entry.column + columns), most_columns - 1)
        self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        weights = readings.weights
        if weights is None:
            return
        chosen, recurrent = self._choice(weights)
        box, circle, numbers = shares(Region(0, 1, cells.width, cells.height - 1))
        names = [*weights.weights]
        place = placed(weights, names, box)
        if not place.is_whole:
            first = names.index(chosen.matrix)
            names = [*names[first:], *names[:first]]
            place = placed(weights, names, box)
        cut = []
        for name, matrix_box in zip(names, place.boxes, strict=False):
            drawing = Drawing(weights, place, Weight(name, 0, 0))
            if name == chosen.matrix:
                drawing = Drawing(weights, place, chosen, self._cursor is not None)
            cut.append(drawing.draw(cells, matrix_box))
        parts = [*filter(None, cut), matrix_text(weights, chosen.matrix, recurrent)]
        if len(place.boxes) < len(names):
            parts.append(self.keymap.text("«next»: other matrices"))
        if readings.lyapunov is not None and len(readings.lyapunov):
            parts.append(f"Lyapunov {largest_exponent(readings)}")
        self.draw_head(cells, readings, "; ".join(parts))
        if circle is not None and recurrent is not None:
            draw_eigenvalues(cells, circle, recurrent.eigenvalues)
        if numbers is not None:
            draw_numbers(cells, numbers, weights.update, readings)


# ---- words


def matrix_text(weights: Matrices, name: str, recurrent: Recurrent | None) -> str:
    text = f"{name} {weights.weights[name].size:,} of {weights.parameters:,} parameters"
    if recurrent is None:
        return text
    text += f", spectral radius {number(recurrent.spectral_radius)}"
    return text if recurrent.name == name else f"{text} of {recurrent.name}"


def largest_exponent(readings: Readings) -> str:
    exponents, spreads = readings.lyapunov, readings.lyapunov_spread
    assert exponents is not None
    text = number(float(exponents[0]), "+")
    if spreads is None or not exponents[0] > MINUS_INFINITY:
        return text
    return f"{text} +- {number(float(spreads[0]))}"


def number(value: float, sign: str = "") -> str:
    if value <= MINUS_INFINITY:
        return "-inf"
    if not math.isfinite(value):
        return "?"
    return f"{value:{sign}.2f}" if abs(value) < 1e4 else f"{value:{sign}.1e}"


def number_text(value: float) -> str:
    """A number in five characters, with its sign: +0.83, -12.5, +4e9."""
    text = f"{value:+.2f}"[:5] if abs(value) < 1000 else f"{value:+.0e}"
    return text.rstrip(".").replace("e+0", "e").replace("e+", "e")


def percents(shares: Sequence[float]) -> list[str]:
    """Shares in one notation: with as many decimals as the smallest needs for two digits, or all as
    powers of ten."""
    sizes = [100 * share for share in shares if math.isfinite(share) and share > 0]
    decimals = 1 - math.floor(math.log10(min(sizes, default=1.0)))
    form = f".{max(0, decimals)}f" if decimals <= MOST_DECIMALS else ".1e"
    return [f"{100 * share:{form}} %" if math.isfinite(share) else "?" for share in shares]


# ---- which matrix, and where


def choices(weights: Matrices) -> list[tuple[str, Recurrent | None]]:
    """The matrices, each once for every set of eigenvalues that is its own."""
    usual: Sequence[Recurrent | None] = weights.recurrent[:1] or (None,)
    found: list[tuple[str, Recurrent | None]] = []
    for name in weights.weights:
        parts = [part for part in weights.recurrent if is_part_of(part, weights, name)]
        found += [(name, part) for part in parts or usual]
    return found


def is_part_of(recurrent: Recurrent, weights: Matrices, name: str) -> bool:
    stem, _, layer = recurrent.name.partition(" layer ")
    vector = stem.removeprefix("W").strip()
    is_of_layer = (layer or "1") == (name.partition("_layer")[2] or "1")
    column = f"{vector} 1" if vector else "h1"
    return is_of_layer and "h1" in weights.rows[name] and column in weights.columns[name]


class Placed(NamedTuple):
    boxes: list[Region]
    # The columns before the entries, the same for all, so that a bias is below its matrix
    label: int
    entry: int  # the columns of an entry
    is_whole: bool


def placed(weights: Matrices, names: Sequence[str], box: Region) -> Placed:
    """Places for matrices with entries as wide as possible.

    One row needs no line for the names of its columns.
    """
    labels = list(names)
    for name in names:
        if len(weights.rows[name]) > 1:
            labels += weights.rows[name]
    label = 1 + max(map(len, labels))
    for entry in ENTRY_WIDTHS:
        sizes = []
        for name in names:
            rows, columns = weights.weights[name].shape
            sizes.append((label + columns * entry, rows + (rows > 1)))
        boxes = packed(sizes, box)
        is_whole = [(place.width, place.height) for place in boxes] == sizes
        if is_whole:
            break
    return Placed(boxes, label, entry, is_whole)


def packed(sizes: Sequence[tuple[int, int]], box: Region) -> list[Region]:
    """Boxes below each other, then in further columns; as many as begin inside the box."""
    boxes: list[Region] = []
    x, y, widest = box.x, box.y, 0
    for width, height in sizes:
        height = min(height, box.height)
        if boxes and y + height > box.bottom:
            x, y, widest = x + widest + GAP, box.y, 0
        if boxes and x + width > box.right:
            break
        boxes.append(Region(x, y, min(width, box.width), height))
        y, widest = y + height, max(widest, width)
    return boxes


def shares(body: Region) -> tuple[Region, Region | None, Region | None]:
    """Places for the matrices, the circle and the numbers; None for what has none."""
    left, numbers = beside(body, LEAST_MATRICES, body.width, [NUMBERS_WIDTH], GAP) or (body, None)
    width = min(2 * body.height, left.width - LEAST_MATRICES - GAP, body.width * 2 // 5)
    if width < LEAST_CIRCLE:
        return left, None, numbers
    matrices, circle = beside(left, LEAST_MATRICES, left.width, [width], GAP) or (left, None)
    return matrices, circle, numbers


def seen(wanted: int, count: int, room: int) -> range:
    room = max(0, min(room, count))
    first = min(max(0, wanted + 1 - room), count - room)
    return range(first, first + room)


# ---- what is drawn


class Drawing(NamedTuple):
    """A matrix: a line for each row, below the names of the columns."""

    weights: Matrices
    place: Placed
    entry: Weight  # is seen if not all are
    has_cursor: bool = False

    def draw(self, cells: Cells, box: Region) -> str:
        """Draw the matrix; returns which part is seen if it is cut."""
        name = self.entry.matrix
        label, width = self.place.label, self.place.entry
        values, columns = self.weights.weights[name], self.weights.columns[name]
        head = int(len(values) > 1)
        down = seen(self.entry.row, len(values), box.height - head)
        along = seen(self.entry.column, len(columns), (box.width - label) // width)
        self._draw_labels(cells, box._replace(y=box.y + head), down)
        self._draw_entries(cells, box.x + label, box.y + head, down, along)
        if head:
            end = write_in(cells, box, 0, name, "text") - box.x
            for x, text in column_names(columns[along.start : along.stop], width):
                at = label + x
                if at >= end and at + len(text) <= box.width:
                    end = write_in(cells, box, 0, text, "muted", at=at) - box.x + 1
        texts = []
        for kind, part, count in ("rows", down, len(values)), ("columns", along, len(columns)):
            if len(part) < count:
                texts.append(f"{kind} {part.start + 1} to {part.stop} of {count}")
        return f"{name} {', '.join(texts)}" if texts else ""

    def _draw_labels(self, cells: Cells, box: Region, down: range) -> None:
        name = self.entry.matrix
        rows = self.weights.rows[name]
        for y, row in enumerate(down):
            if len(rows) > 1:
                write_in(cells, box, y, rows[row], "muted")
            else:
                write_in(cells, box, y, name, "text")

    def _draw_entries(self, cells: Cells, x: int, y: int, down: range, along: range) -> None:
        name, width = self.entry.matrix, self.place.entry
        values = self.weights.weights[name]
        part = values[down.start : down.stop, along.start : along.stop]
        glyphs, signs = signed_blocks(part, scale_of(values))
        picture = glyphs.repeat(width, axis=1)
        inks = INKS[signs].repeat(width, axis=1)
        if width == WITH_NUMBER:
            for (row, column), value in np.ndenumerate(part):
                text = f"{number_text(float(value)):<{WITH_NUMBER - 1}}"
                picture[row, column * width + 1 : (column + 1) * width] = [*text]
        if self.has_cursor:
            row, left = self.entry.row - down.start, (self.entry.column - along.start) * width
            inks[row : row + 1, left : left + min(width, WITH_NUMBER - 1)] = NUMBER["cursor"]
        stamp(cells, x, y, picture, inks)

        def entry(x: int, y: int) -> Weight:
            return Weight(name, down[y], along[x // width])

        cells.mark_each(x, y, len(along) * width, len(down), entry)


def column_names(names: Sequence[str], entry: int) -> Iterator[tuple[int, str]]:
    """Where to write names: above each column; a gate's once, and after a letter numbers, if they
    are too long."""
    all_columns = range(len(names))
    for word, group in groupby(all_columns, lambda column: names[column].rstrip("0123456789")):
        columns = list(group)
        gate = word.strip()
        longest = max(len(names[column]) for column in columns)
        is_gate_with_room = 1 < len(gate) < len(columns) * entry
        if longest < entry:
            for column in columns:
                yield column * entry, names[column]
        elif is_gate_with_room and entry < WITH_NUMBER:
            yield columns[0] * entry, gate
        elif columns[0] == 0 and len(word) == 1:
            yield -1, names[0]  # its letter is left of the entries
            for column in columns[1:]:
                yield column * entry, names[column][1:] or word
        else:
            for column in columns:
                yield column * entry, names[column][len(word) :] or word


def draw_eigenvalues(cells: Cells, box: Region, eigenvalues: Eigenvalues) -> None:
    """Draw them around the unit circle, above a legend."""
    lines = min(box.height - 1, box.width // 2)
    if lines < 3:
        return
    for legend in LEGENDS:
        if len(legend) <= box.width:
            left = (box.width - len(legend)) // 2
            write_in(cells, box, box.height - 1, legend, "muted", at=left)
            break
    finite = eigenvalues[np.isfinite(eigenvalues)]
    edge = MARGIN * float(np.abs(finite).max(initial=1))
    x, y = box.x + (box.width - 2 * lines) // 2, box.y + (box.height - 1 - lines) // 2
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 32 * lines, endpoint=False))
    stamp(cells, x, y, characters(dots(circle, edge, 4 * lines, 4 * lines)), "muted")
    is_outside = np.abs(finite) > 1
    groups = ("●", "point", finite[~is_outside]), ("◆", "saturated", finite[is_outside])
    for glyph, ink, points in groups:
        drawn = np.where(dots(points, edge, lines, 2 * lines), glyph, " ")
        stamp(cells, x, y, drawn, ink, over_blanks=True)


def dots(points: npt.NDArray[np.complexfloating], edge: float, height: int, width: int) -> Dots:
    """Points of the complex plane as dots; those beyond the edge are drawn there."""
    down = np.clip((1 - points.imag / edge) / 2, 0, 1)
    along = np.clip((1 + points.real / edge) / 2, 0, 1)
    drawn = np.zeros((height, width), np.bool_)
    lines, columns = np.round(down * (height - 1)), np.round(along * (width - 1))
    drawn[lines.astype(int), columns.astype(int)] = True
    return drawn


def draw_numbers(cells: Cells, box: Region, update: dict[str, float], readings: Readings) -> None:
    """By how much a window changes each matrix, then the Lyapunov exponents as bars to both sides
    of zero."""
    exponents = np.zeros(0, np.float32) if readings.lyapunov is None else readings.lyapunov
    is_known = any(map(math.isfinite, update.values()))
    title = "changes in a window by" if is_known else "changes: after one window"
    write_in(cells, box, 0, title, "muted")
    for_exponents = min(len(exponents) + (len(exponents) > 0), box.height // 2)
    fit = min(len(update), box.height - 1 - for_exponents)
    changes = percents([*update.values()])
    for line, name in enumerate([*update][:fit]):
        text = f"{shortened(name, NAME_WIDTH - 1):<{NAME_WIDTH}} {changes[line]}"
        write_in(cells, box, 1 + line, text, "text")
    if not len(exponents):
        return
    samples = readings.lyapunov_samples
    steps = f"{samples:,} steps" if samples else "a step"
    write_in(cells, box, 1 + fit, f"Lyapunov, nats, {steps}", "muted")
    below = box._replace(y=box.y + 2 + fit, height=max(0, box.height - 2 - fit))
    draw_exponents(cells, below, exponents)


def draw_exponents(cells: Cells, box: Region, exponents: Floats) -> None:
    is_finite = np.isfinite(exponents) & (exponents > MINUS_INFINITY)
    scale = float(np.abs(exponents[is_finite]).max(initial=0)) or 1.0
    for y, value in enumerate(exponents[: box.height].tolist(), start=box.y):
        share = 0.0 if math.isnan(value) else min(1.0, abs(value) / scale)
        halves = max(round(share * 2 * BAR_WIDTH), int(share > 0))
        whole, half = divmod(halves, 2)
        left, right = "", "█" * whole + "▌" * half
        if value < 0:
            left, right = "▐" * half + "█" * whole, ""
        x = cells.write(box.x, y, f"{number(value, '+'):>8} ", "text")
        x = cells.write(x, y, f"{left:>{BAR_WIDTH}}", "input")
        x = cells.write(x, y, "|", "muted")
        cells.write(x, y, right, "target")

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
from tui.views.blocks import scale_of, signed_blocks
from tui.views.canvas import Cells, beside, stamp, write_in
from tui.views.gradient import size_text
from tui.views.inks import NUMBER
from tui.views.plot_layers import Dots, characters
from tui.views.text import percent
from tui.views.view import LEAVE, PART_BINDINGS, Entry, ProbeView, cursor_keys

Eigenvalues = npt.NDArray[np.complex64]

GAP = 2
WITH_NUMBER = 7  # the columns of a block with its number, such as ``█+0.83``
ENTRY_WIDTHS = (WITH_NUMBER, 2, 1)  # the widest with which all matrices fit is taken
NUMBERS_WIDTH, BAR_WIDTH = 27, 8
LEAST_MATRICES, LEAST_CIRCLE = 24, 12  # columns
HIGH_ENOUGH = 20  # lines of the whole view, for the circle
# Of zero, positive, negative
INKS = np.array([NUMBER[ink] for ink in ("muted", "target", "input")], np.int16)
MARGIN = 1.12  # how far the edge lies from zero, in sizes of the largest eigenvalue


class WeightsView(ProbeView):
    """Matrices at the left, then the circle, then numbers; if not all matrices fit, they begin with
    the chosen one."""

    key = "5"
    title = "weights"
    about = "Each matrix, eigenvalues against the unit circle, update sizes, Lyapunov exponents"
    kinds = frozenset({"weights", "lyapunov"})
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
        return min(
            most,
            max(HIGH_ENOUGH, (config.num_layers + 1) * (config.state_size + 3) + config.input_size),
        )

    @property
    def _weights(self) -> Matrices | None:
        return None if self._readings is None else self._readings.weights

    def _choice(self, weights: Matrices) -> tuple[Entry, Recurrent | None]:
        """The entry under the cursor, or the first of the chosen matrix; and whose eigenvalues are
        shown."""
        found = choices(weights)
        name, recurrent = found[self._chosen % len(found)]
        at = (
            min(one, size - 1)
            for one, size in zip(self._cursor or (0, 0), weights.weights[name].shape, strict=True)
        )
        return Entry(name, *at), recurrent

    @property
    def reading(self) -> str:
        weights = self._weights
        return (
            ""
            if self._cursor is None or weights is None
            else self.reading_of(self._choice(weights)[0])
        )

    def reading_of(self, spot: object) -> str:
        weights = self._weights
        if weights is None or not isinstance(spot, Entry):
            return ""
        ends = (
            f"from {weights.rows[spot.matrix][spot.row]} to "
            f"{weights.columns[spot.matrix][spot.column]}"
        )
        return f"{spot.matrix}, {ends}: {weights.weights[spot.matrix][spot.row, spot.column]:+.4g}"

    def clicked(self, spot: object, again: bool) -> None:
        weights = self._weights
        if weights is not None and isinstance(spot, Entry):
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
        if weights is not None:
            at, _ = self._choice(weights)
            count, length = weights.weights[at.matrix].shape
            moved = (
                min(max(0, at.row + rows), count - 1),
                min(max(0, at.column + columns), length - 1),
            )
            self._cursor = (0, 0) if self._cursor is None else moved
            self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        weights = readings.weights
        if weights is None:
            return
        chosen, recurrent = self._choice(weights)
        names = [*weights.weights]
        exponents = np.zeros(0, np.float32) if readings.lyapunov is None else readings.lyapunov
        box, circle, numbers = shares(Region(0, 1, cells.width, cells.height - 1))
        place = placed(weights, names, box)
        if not place.is_whole:
            names = [*names[names.index(chosen.matrix) :], *names[: names.index(chosen.matrix)]]
            place = placed(weights, names, box)
        parts = []
        for name, one in zip(names, place.boxes, strict=False):
            is_chosen = name == chosen.matrix
            at = chosen if is_chosen else Entry(name, 0, 0)
            parts.append(
                draw_matrix(cells, one, place, weights, at, is_chosen and self._cursor is not None)
            )
        if recurrent is not None:
            parts.append(f"spectral radius {number(recurrent.spectral_radius)} of {recurrent.name}")
        if len(place.boxes) < len(names):
            parts.append(self.keymap.text("«next»: other matrices"))
        if len(exponents):
            parts.append(f"Lyapunov {largest_exponent(readings)}")
        self.draw_head(cells, readings, "; ".join(filter(None, parts)))
        if circle is not None and recurrent is not None:
            draw_eigenvalues(cells, circle, recurrent.eigenvalues)
        if numbers is not None:
            draw_numbers(cells, numbers, weights.update, exponents, readings.lyapunov_samples)


def largest_exponent(readings: Readings) -> str:
    exponents, spreads = readings.lyapunov, readings.lyapunov_spread
    assert exponents is not None
    text = number(float(exponents[0]), "+")
    if spreads is None or not exponents[0] > MINUS_INFINITY:
        return text
    return f"{text} +- {number(float(spreads[0]))}"


def choices(weights: Matrices) -> list[tuple[str, Recurrent | None]]:
    usual: Sequence[Recurrent | None] = weights.recurrent[:1] or (None,)
    own = {
        name: [one for one in weights.recurrent if is_part_of(one, weights, name)]
        for name in weights.weights
    }
    return [(name, one) for name in own for one in own[name] or usual]


def is_part_of(recurrent: Recurrent, weights: Matrices, name: str) -> bool:
    stem, _, layer = recurrent.name.partition(" layer ")
    vector = stem.removeprefix("W").strip()
    is_of_layer = (layer or "1") == (name.partition("_layer")[2] or "1")
    return (
        is_of_layer
        and "h1" in weights.rows[name]
        and (f"{vector} 1" if vector else "h1") in weights.columns[name]
    )


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
    rows = (row for name in names if len(weights.rows[name]) > 1 for row in weights.rows[name])
    label = 1 + max(map(len, (*names, *rows)))
    shapes = [weights.weights[name].shape for name in names]
    for entry in ENTRY_WIDTHS:
        sizes = [(label + columns * entry, count + (count > 1)) for count, columns in shapes]
        boxes = packed(sizes, box)
        is_whole = [(one.width, one.height) for one in boxes] == sizes
        if is_whole:
            break
    return Placed(boxes, label, entry, is_whole)


def packed(sizes: Sequence[tuple[int, int]], box: Region) -> list[Region]:
    boxes: list[Region] = []
    x, y, widest = box.x, box.y, 0
    for width, height in ((width, min(height, box.height)) for width, height in sizes):
        if boxes and y + height > box.bottom:
            x, y, widest = x + widest + GAP, box.y, 0
        if boxes and x + width > box.right:
            break
        boxes.append(Region(x, y, min(width, box.width), height))
        y, widest = y + height, max(widest, width)
    return boxes


def shares(body: Region) -> tuple[Region, Region | None, Region | None]:
    left, numbers = beside(body, LEAST_MATRICES, body.width, [NUMBERS_WIDTH], GAP) or (body, None)
    width = min(2 * body.height, left.width - LEAST_MATRICES - GAP, body.width * 2 // 5)
    parts = (
        beside(left, LEAST_MATRICES, left.width, [width], GAP) if width >= LEAST_CIRCLE else None
    )
    return *(parts or (left, None)), numbers


def draw_matrix(
    cells: Cells, box: Region, place: Placed, weights: Matrices, at: Entry, has_cursor: bool
) -> str:
    """Draw a line for each row, below the names of the columns; returns which part is seen if it is
    cut."""
    name, label, entry = at.matrix, place.label, place.entry
    values, columns = weights.weights[name], weights.columns[name]
    head = int(len(values) > 1)
    down = seen(at.row, len(values), box.height - head)
    along = seen(at.column, len(columns), (box.width - label) // entry)
    glyphs, signs = signed_blocks(
        values[down.start : down.stop, along.start : along.stop], scale_of(values)
    )
    inks = np.repeat(INKS[signs], entry, axis=1)
    picture = np.repeat(glyphs, entry, axis=1)
    for y, row in enumerate(down):
        if entry == WITH_NUMBER:
            for x, column in enumerate(along):
                picture[y, x * entry + 1 : (x + 1) * entry] = [
                    *f"{number_text(float(values[row, column])):<6}"
                ]
        write_in(
            cells,
            box,
            y + head,
            weights.rows[name][row] if head else name,
            "muted" if head else "text",
        )
    if has_cursor:
        x = (at.column - along.start) * entry
        inks[at.row - down.start : at.row - down.start + 1, x : x + min(entry, WITH_NUMBER - 1)] = (
            NUMBER["cursor"]
        )
    stamp(cells, box.x + label, box.y + head, picture, inks)
    cells.mark_each(
        *(box.x + label, box.y + head, len(along) * entry, len(down)),
        lambda x, y: Entry(name, down[y], along[x // entry]),
    )
    if head:
        end = write_in(cells, box, 0, name, "text") - box.x
        for x, text in column_names(columns[along.start : along.stop], entry):
            if label + x >= end and label + x + len(text) <= box.width:
                end = write_in(cells, box, 0, text, "muted", at=label + x) - box.x + 1
    parts = (("rows", down, len(values)), ("columns", along, len(columns)))
    texts = [
        f"{of} {part.start + 1} to {part.stop} of {count}"
        for of, part, count in parts
        if len(part) < count
    ]
    return f"{name} {', '.join(texts)}" if texts else ""


def seen(wanted: int, count: int, room: int) -> range:
    room = max(0, min(room, count))
    first = min(max(0, wanted + 1 - room), count - room)
    return range(first, first + room)


def column_names(names: Sequence[str], entry: int) -> Iterator[tuple[int, str]]:
    """Where to write names: above each column; a gate's once, and after a letter numbers, if they
    are too long."""
    for word, group in groupby(
        range(len(names)), lambda column: names[column].rstrip("0123456789")
    ):
        columns = list(group)
        if max(len(names[column]) for column in columns) < entry:
            yield from ((column * entry, names[column]) for column in columns)
        elif 1 < len(word.strip()) < len(columns) * entry and entry < WITH_NUMBER:
            yield columns[0] * entry, word.strip()
        else:
            for column in columns:
                is_first = not column and len(word) == 1
                yield (
                    column * entry - is_first,
                    names[column][0 if is_first else len(word) :] or word,
                )


def number_text(value: float) -> str:
    """A number in five characters, with its sign: +0.83, -12.5, +4e9."""
    text = f"{value:+.2f}"[:5] if abs(value) < 1000 else f"{value:+.0e}"
    return text.rstrip(".").replace("e+0", "e").replace("e+", "e")


def draw_eigenvalues(cells: Cells, box: Region, eigenvalues: Eigenvalues) -> None:
    legend = "● inside  ◆ outside"
    lines = min(box.height - 1, box.width // 2)
    if lines < 3:
        return
    write_in(cells, box, box.height - 1, legend, "muted", at=max(0, (box.width - len(legend)) // 2))
    known = eigenvalues[np.isfinite(eigenvalues)]
    edge = MARGIN * float(np.abs(known).max(initial=1))
    x, y = box.x + (box.width - 2 * lines) // 2, box.y + (box.height - 1 - lines) // 2
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 32 * lines, endpoint=False))
    stamp(cells, x, y, characters(dots(circle, edge, 4 * lines, 4 * lines)), "muted")
    is_outside = np.abs(known) > 1
    for glyph, ink, some in (
        ("●", "point", known[~is_outside]),
        ("◆", "saturated", known[is_outside]),
    ):
        stamp(
            cells,
            x,
            y,
            np.where(dots(some, edge, lines, 2 * lines), glyph, " "),
            ink,
            over_blanks=True,
        )


def dots(points: npt.NDArray[np.complexfloating], edge: float, height: int, width: int) -> Dots:
    """Points of the complex plane as dots; those beyond the edge are drawn there."""
    drawn = np.zeros((height, width), np.bool_)
    down, along = (np.clip((part / edge + 1) / 2, 0, 1) for part in (-points.imag, points.real))
    drawn[np.round(down * (height - 1)).astype(int), np.round(along * (width - 1)).astype(int)] = (
        True
    )
    return drawn


def draw_numbers(
    cells: Cells, box: Region, update: dict[str, float], exponents: Floats, samples: int
) -> None:
    """By how much a window changes each matrix, then the Lyapunov exponents as bars to both sides
    of zero."""
    is_known = any(map(math.isfinite, update.values()))
    write_in(
        cells, box, 0, "changes in a window by" if is_known else "changes in a window: ?", "muted"
    )
    top = 1 + min(
        len(update), box.height - 1 - min(len(exponents) + bool(len(exponents)), box.height // 2)
    )
    for line, (name, share) in enumerate([*update.items()][: top - 1], start=1):
        text = percent(share) if share >= 5e-4 or share <= 0 else f"{size_text(100 * share)} %"
        write_in(
            cells, box, line, f"{name[:12]:<13} {text if math.isfinite(share) else '?'}", "text"
        )
    if len(exponents):
        write_in(
            cells,
            box,
            top,
            f"Lyapunov, nats, {f'{samples:,} steps' if samples else 'a step'}",
            "muted",
        )
    finite = np.abs(exponents[np.isfinite(exponents) & (exponents > MINUS_INFINITY)])
    scale = float(finite.max(initial=0)) or 1.0
    for y, value in enumerate(
        exponents[: max(0, box.height - top - 1)].tolist(), start=box.y + top + 1
    ):
        share = 0.0 if math.isnan(value) else min(1.0, abs(value) / scale)
        whole, half = divmod(max(round(share * 2 * BAR_WIDTH), int(share > 0)), 2)
        left, right = (
            ("▐" * half + "█" * whole, "") if value < 0 else ("", "█" * whole + "▌" * half)
        )
        x = cells.write(box.x, y, f"{number(value, '+'):>8} ", "text")
        x = cells.write(x, y, f"{left:>{BAR_WIDTH}}", "input")
        x = cells.write(x, y, "|", "muted")
        cells.write(x, y, right, "target")


def number(value: float, sign: str = "") -> str:
    if not MINUS_INFINITY < value < math.inf:
        return "-inf" if value <= MINUS_INFINITY else "?"
    return f"{value:{sign}{'.2f' if abs(value) < 1e4 else '.1e'}}"

"""Draws the map as a self-contained SVG file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape

from echornn.maps.measures import Scale
from echornn.maps.seed_counts import SeedCounts
from echornn.maps.theory import LIMITS
from tui.map.common_settings import common_to_all
from tui.map.frame import MapFrame
from tui.map.labels import meanings_of, texts_of
from tui.map.signs import BLOCKS, edge_sign, sign_of

SHADES = ("#fde725", "#c8e020", "#90d743", "#5ec962", "#35b779", "#20a486", "#21918c", "#287c8e", "#31688e", "#3b528b")
"""The colours of levels, worst to best, ever darker: yellow to blue (viridis), suitable for the colour-blind."""

NONE = "#f2f2f2"
"""The colour of a cell at the lowest level of the scale."""

LINES = (("#c2185b", ""), ("#000000", "6 4"), ("#c2185b", "2 3"))
"""Colour and dash pattern of each line of theory."""

WIDTH, HEIGHT, GAP, LETTER = 46, 34, 2, 7.3
"""Pixels: least width and height of a cell, the gap between cells, the width of a letter."""

TOP, LINE = 84, 20
"""Pixels: space above the cells, and height of a line of text."""


class Places(NamedTuple):
    """The places of cells, in pixels.

    Attributes:
        left: the left edge of the first column.
        width: the width of a column.
    """

    left: float
    width: float

    @classmethod
    def of(cls, rows: list[str], columns: list[str], down: str) -> Places:
        """The places of cells beside the labels of these rows, and below those of these columns."""
        return cls(24 + LETTER * max(map(len, [*rows, down])), max(WIDTH, LETTER * (1 + max(map(len, columns)))))

    def x(self, column: int) -> float:
        """The left edge of a column."""
        return self.left + column * self.width


def picture_of(frame: MapFrame) -> str:
    """The contents of the SVG file."""
    table = frame.table
    rows, columns = texts_of(table.rows, table.choice.down), texts_of(table.columns, table.choice.across)
    places = Places.of(rows, columns, table.choice.down or "")
    left = places.left
    common = str(common_to_all(table.overview) or "")
    longest = max(map(len, (frame.heading, common, *(LIMITS[wall.number].words for wall in frame.walls))))
    width = max(places.x(len(columns)) + 24, 24 + LETTER * longest, 620)
    bottom = TOP + len(rows) * HEIGHT
    height = bottom + 5 * LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="DejaVu Sans, Arial, sans-serif" font-size="12">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        _text(12, 22, frame.heading, "start", bold=True),
        _text(12, 22 + LINE, common, "start"),
        *(_text(places.x(at) + places.width / 2, TOP - 8, text) for at, text in enumerate(columns)),
        *(_text(left - 8, TOP + (at + 0.5) * HEIGHT + 4, text, "end") for at, text in enumerate(rows)),
        *_cells(frame, places),
        *_walls(frame, places),
        *_legend(frame, left, bottom + 24),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, text: str, anchor: str = "middle", bold: bool = False, fill: str = "#222222") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"{weight}>{escape(text)}</text>'


def colour_of(counts: SeedCounts, scale: Scale) -> str:
    """The colour of a cell that has results."""
    value = scale.value(counts)
    if scale.level(value) == 0:
        return NONE
    return SHADES[min(len(SHADES) - 1, int(scale.share(value) * len(SHADES)))]


def _cells(frame: MapFrame, places: Places) -> Iterator[str]:
    scale = frame.scale
    for row, cells in enumerate(frame.table.cells):
        for column, cell in enumerate(cells):
            counts = cell.counts
            x, y = places.x(column), TOP + row * HEIGHT
            fill = colour_of(counts, scale) if counts.finished else "#ffffff"
            light = fill in (NONE, "#ffffff", *SHADES[:6])
            yield (
                f'<rect x="{x + GAP / 2:.1f}" y="{y + GAP / 2:.1f}" width="{places.width - GAP:g}" '
                f'height="{HEIGHT - GAP}" fill="{fill}"/>'
            )
            text = (frame.numbers[row][column] or sign_of(counts, scale, BLOCKS)) + edge_sign(counts, BLOCKS)
            yield _text(x + places.width / 2, y + HEIGHT / 2 + 4, text, fill="#222222" if light else "#ffffff")


def _walls(frame: MapFrame, places: Places) -> Iterator[str]:
    for wall in frame.walls:
        colour, dashes = LINES[wall.number]
        for row, column in sorted(wall.right_of):
            x, y = places.x(column + 1), TOP + row * HEIGHT
            yield _stroke(x, y, x, y + HEIGHT, colour, dashes)
        for row, column in sorted(wall.below):
            x, y = places.x(column), TOP + (row + 1) * HEIGHT
            yield _stroke(x, y, x + places.width, y, colour, dashes)


def _stroke(x: float, y: float, to_x: float, to_y: float, colour: str, dashes: str) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" stroke-width="2"{dashed}/>'
    )


def _legend(frame: MapFrame, left: float, top: float) -> Iterator[str]:
    """The legend: the scale from worst to best, the signs, and the meaning of theory's lines."""
    worst, best = _ends(frame.scale)
    x = left
    yield _text(x, top + 4, worst, "start")
    x += LETTER * len(worst) + 8
    for shade in (NONE, *SHADES):
        yield f'<rect x="{x:.1f}" y="{top - 8:.1f}" width="18" height="16" fill="{shade}"/>'
        x += 18
    yield _text(x + 8, top + 4, best, "start")
    text = "   ".join(meanings_of(frame.table.counts, BLOCKS))
    x = left
    if text:
        yield _text(x, top + 28, text, "start")
        x += LETTER * len(text) + 16
    for wall in frame.walls:
        yield _stroke(x, top + 24, x + 24, top + 24, *LINES[wall.number])
        name = LIMITS[wall.number].name
        yield _text(x + 30, top + 28, name, "start")
        x += 30 + LETTER * len(name) + 20
    for number, wall in enumerate(frame.walls, 1):
        yield _text(12, top + 28 + number * LINE, LIMITS[wall.number].words, "start")


def _ends(scale: Scale) -> tuple[str, str]:
    legend = dict(scale.legend)
    return legend[0], legend.get(4, "")

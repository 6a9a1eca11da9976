"""Pictures of the screen as SVG that look the same on every machine: characters that fonts may lack
are shapes."""

from __future__ import annotations

import html
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

Rect = tuple[float, float, float, float]
"""Left, top, width and height, as shares of a cell."""

THIN, HEAVY = 0.06, 0.12
"""The widths of lines, as shares of a cell's height."""

SHADES = {"░": 0.3, "▒": 0.5, "▓": 0.75}
"""The opacity of shaded cells."""

DOT = 0.15
"""The size of a braille dot, as a share of a cell's height."""

CELL_RATIO = 2
"""The height of a cell divided by its width."""


def _column(at: float = 0.5, thickness: float = THIN, top: float = 0, height: float = 1) -> Rect:
    wide = thickness * CELL_RATIO
    return at - wide / 2, top, wide, height


def _line(left: float = 0, width: float = 1, thickness: float = THIN, at: float = 0.5) -> Rect:
    return left, at - thickness / 2, width, thickness


def _dashes(number: int) -> list[tuple[float, float]]:
    return [((n + 0.2) / number, 0.6 / number) for n in range(number)]


LINES: dict[str, list[Rect]] = {
    "─": [_line()],
    "━": [_line(thickness=HEAVY)],
    "═": [_line(at=0.42), _line(at=0.58)],
    "╌": [_line(left, width) for left, width in _dashes(2)],
    "│": [_column()],
    "┃": [_column(thickness=HEAVY)],
    "║": [_column(0.35), _column(0.65)],
    "╎": [_column(top=top, height=height) for top, height in _dashes(2)],
    "┆": [_column(top=top, height=height) for top, height in _dashes(3)],
    "┊": [_column(top=top, height=height) for top, height in _dashes(4)],
    "┤": [_column(), _line(0, 0.5)],
    "├": [_column(), _line(0.5, 0.5)],
    "┫": [_column(thickness=HEAVY), _line(0, 0.5, HEAVY)],
    "╞": [_column(), _line(0.5, 0.5, at=0.42), _line(0.5, 0.5, at=0.58)],
    "╡": [_column(), _line(0, 0.5, at=0.42), _line(0, 0.5, at=0.58)],
}


def rects(character: str) -> list[Rect]:
    """The filled parts of a cell; empty for a character that the font draws."""
    code = ord(character)
    if 0x2800 <= code <= 0x28FF:
        return list(_dots(code - 0x2800))
    if 0x2581 <= code <= 0x2588:
        height = (code - 0x2580) / 8
        return [(0, 1 - height, 1, height)]
    if 0x2589 <= code <= 0x258F:
        return [(0, 0, (0x2590 - code) / 8, 1)]
    if character in SHADES:
        return [(0, 0, 1, 1)]
    return {"▀": [(0.0, 0.0, 1.0, 0.5)], "▐": [(0.5, 0.0, 0.5, 1.0)]}.get(character) or LINES.get(
        character, []
    )


def _dots(bits: int) -> Iterator[Rect]:
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    wide = DOT * CELL_RATIO
    for bit, (column, row) in enumerate(places):
        if bits >> bit & 1:
            yield (2 * column + 1) / 4 - wide / 2, (2 * row + 1) / 8 - DOT / 2, wide, DOT


def path(text: str, x: float, top: float, width: float, height: float) -> str:
    """The filled parts of these characters, one cell after the other, as the data of an SVG
    path."""
    filled: list[Rect] = []
    for number, character in enumerate(text):
        for left, down, wide, high in rects(character):
            at = number + left
            if (
                filled
                and filled[-1][1::2] == (down, high)
                and math.isclose(sum(filled[-1][::2]), at)
            ):
                at, wide = filled[-1][0], filled.pop()[2] + wide
            filled.append((at, down, wide, high))
    return "".join(
        f"M{x + left * width:.1f} {top + down * height:.1f}H{x + (left + wide) * width:.1f}"
        f"V{top + (down + high) * height:.1f}H{x + left * width:.1f}z"
        for left, down, wide, high in filled
    )


FOLDER = Path(__file__).parents[2] / "snapshots"

SHAPES = "".join(
    re.escape(chr(code))
    for code in range(0x2500, 0x2900)
    if rects(chr(code)) and chr(code) not in SHADES
)
SAME_KIND = re.compile(rf"[{SHAPES}]+|░+|▒+|▓+|[^\s░▒▓{SHAPES}]+")
"""A word, or characters that are drawn as shapes; each shade separately."""

CELL_HEIGHT, BASE_LINE = 24.4, 18.5
"""The height of a line of text in the picture, and the distance from its top to the base of the
letters."""


def compare(name: str, svg: str) -> None:
    """Compare a picture with the stored one, or store it."""
    file, svg = FOLDER / f"{name}.svg", pinned(svg)
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(svg, encoding="utf-8")
    assert svg == file.read_text(encoding="utf-8"), f"{file.name} is not what the app draws now"


def pinned(svg: str) -> str:
    """The picture with each word at a fixed place, independent of the font, and with lines, blocks
    and dots as shapes.
    """
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Fira Code")

    def place(match: re.Match[str]) -> str:
        x, length, content = (
            float(match["x"]),
            float(match["length"]),
            html.unescape(match["content"]),
        )
        width = length / len(content)
        return "".join(
            _part(match, part[0], x + part.start() * width, width)
            for part in SAME_KIND.finditer(content)
        )

    return re.sub(
        r'<text class="(?P<style>[^"]*)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"'
        r' textLength="(?P<length>[\d.]+)"'
        r"(?P<tail>[^>]*)>(?P<content>[^<]+)</text>",
        place,
        svg,
    )


def _part(text: re.Match[str], part: str, x: float, width: float) -> str:
    """The SVG of a word, or of characters drawn as shapes."""
    style, y = text["style"], text["y"]
    if not rects(part[0]):
        place = f'x="{x:.1f}" y="{y}" textLength="{len(part) * width:.1f}"'
        return f'<text class="{style}" {place}{text["tail"]}>{html.escape(part)}</text>'
    edges = "" if part[0] >= "⠀" else ' shape-rendering="crispEdges"'
    shade = f' fill-opacity="{SHADES[part[0]]}"' if part[0] in SHADES else ""
    drawn = path(part, x, float(y) - BASE_LINE, width, CELL_HEIGHT)
    return f'<path class="{style}"{edges}{shade} d="{drawn}"/>'

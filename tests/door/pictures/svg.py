"""Pictures of the screen as SVG that look the same on every machine: characters that fonts may lack
are shapes."""

from __future__ import annotations

import html
import math
import os
import re
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


def _dashes(number: int) -> list[Rect]:
    return [_line((n + 0.2) / number, 0.6 / number) for n in range(number)]


def _upright_dashes(number: int) -> list[Rect]:
    return [_column(top=(n + 0.2) / number, height=0.6 / number) for n in range(number)]


LINES: dict[str, list[Rect]] = {
    "▀": [(0, 0, 1, 0.5)],
    "▐": [(0.5, 0, 0.5, 1)],
    "─": [_line()],
    "━": [_line(thickness=HEAVY)],
    "═": [_line(at=0.42), _line(at=0.58)],
    "╌": _dashes(2),
    "│": [_column()],
    "┃": [_column(thickness=HEAVY)],
    "║": [_column(0.35), _column(0.65)],
    "╎": _upright_dashes(2),
    "┆": _upright_dashes(3),
    "┊": _upright_dashes(4),
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
        return _dots(code - 0x2800)
    if 0x2581 <= code <= 0x2588:
        height = (code - 0x2580) / 8
        return [(0, 1 - height, 1, height)]
    if 0x2589 <= code <= 0x258F:
        return [(0, 0, (0x2590 - code) / 8, 1)]
    if character in SHADES:
        return [(0, 0, 1, 1)]
    return LINES.get(character, [])


DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""The column and row of the dot of each bit of a braille sign."""


def _dots(bits: int) -> list[Rect]:
    width = DOT * CELL_RATIO
    dots = []
    for bit, (column, row) in enumerate(DOTS):
        if bits >> bit & 1:
            middle = (2 * column + 1) / 4
            height = (2 * row + 1) / 8
            dots.append((middle - width / 2, height - DOT / 2, width, DOT))
    return dots


def path(text: str, x: float, top: float, width: float, height: float) -> str:
    """The filled parts of these characters, one cell after the other, as the data of an SVG
    path."""
    filled: list[Rect] = []
    for number, character in enumerate(text):
        for left, down, wide, high in rects(character):
            part = (number + left, down, wide, high)
            if filled and _goes_on(filled[-1], part):
                begin, _, before, _ = filled.pop()
                part = (begin, down, before + wide, high)
            filled.append(part)
    data = ""
    for left, down, wide, high in filled:
        begin = x + left * width
        end = x + (left + wide) * width
        upper = top + down * height
        lower = top + (down + high) * height
        data += f"M{begin:.1f} {upper:.1f}H{end:.1f}V{lower:.1f}H{begin:.1f}z"
    return data


def _goes_on(before: Rect, part: Rect) -> bool:
    """Whether a part begins where the one before it, of the same height, ends."""
    left, top, width, height = before
    return (top, height) == part[1::2] and math.isclose(left + width, part[0])


FOLDER = Path(__file__).parents[2] / "snapshots"

SIGNS = [chr(code) for code in range(0x2500, 0x2900) if chr(code) not in SHADES]
SHAPES = re.escape("".join(sign for sign in SIGNS if rects(sign)))
SAME_KIND = re.compile(rf"[{SHAPES}]+|░+|▒+|▓+|[^\s░▒▓{SHAPES}]+")
"""A word, or characters that are drawn as shapes; each shade separately."""

CELL_HEIGHT, BASE_LINE = 24.4, 18.5
"""The height of a line of text in the picture, and the distance from its top to the base of the
letters."""


def compare(name: str, svg: str) -> None:
    """Compare a picture with the stored one, or store it."""
    file = FOLDER / f"{name}.svg"
    svg = pinned(svg)
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(svg, encoding="utf-8")
    assert svg == file.read_text(encoding="utf-8"), f"{file.name} is not what the app draws now"


def pinned(svg: str) -> str:
    """The picture with each word at a fixed place, independent of the font, and with lines, blocks
    and dots as shapes.
    """
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Fira Code")
    return TEXT.sub(_placed, svg)


TEXT = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"'
    r' textLength="(?P<length>[\d.]+)"'
    r"(?P<tail>[^>]*)>(?P<content>[^<]+)</text>"
)


def _placed(text: re.Match[str]) -> str:
    """The SVG of a text, word by word."""
    content = html.unescape(text["content"])
    width = float(text["length"]) / len(content)
    parts = ""
    for part in SAME_KIND.finditer(content):
        x = float(text["x"]) + part.start() * width
        parts += _part(text, part[0], x, width)
    return parts


def _part(text: re.Match[str], part: str, x: float, width: float) -> str:
    """The SVG of a word, or of characters drawn as shapes."""
    sign = part[0]
    if not rects(sign):
        place = f'x="{x:.1f}" y="{text["y"]}" textLength="{len(part) * width:.1f}"'
        return f'<text class="{text["style"]}" {place}{text["tail"]}>{html.escape(part)}</text>'
    look = f'class="{text["style"]}"'
    if sign < "⠀":
        look += ' shape-rendering="crispEdges"'
    if sign in SHADES:
        look += f' fill-opacity="{SHADES[sign]}"'
    drawn = path(part, x, float(text["y"]) - BASE_LINE, width, CELL_HEIGHT)
    return f'<path {look} d="{drawn}"/>'

"""Pictures of the screen as SVG that look the same on every machine."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from tests.door.pictures.drawn_cells import SHADES, path, rects

FOLDER = Path(__file__).parents[2] / "snapshots"

SHAPES = "".join(re.escape(chr(code)) for code in range(0x2500, 0x2900) if rects(chr(code)) and chr(code) not in SHADES)
SAME_KIND = re.compile(rf"[{SHAPES}]+|░+|▒+|▓+|[^\s░▒▓{SHAPES}]+")
"""A word, or characters that are drawn as shapes; each shade separately."""

CELL_HEIGHT, BASE_LINE = 24.4, 18.5
"""The height of a line of text in the picture, and the distance from its top to the base of the letters."""


def compare(name: str, svg: str) -> None:
    """Compare a picture with the stored one, or store it."""
    file, svg = FOLDER / f"{name}.svg", pinned(svg)
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(svg, encoding="utf-8")
    assert svg == file.read_text(encoding="utf-8"), f"{file.name} is not what the app draws now"


def pinned(svg: str) -> str:
    """The picture with each word at a fixed place, independent of the font, and with lines, blocks and dots as
    shapes.
    """
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Fira Code")

    def place(match: re.Match[str]) -> str:
        x, length, content = float(match["x"]), float(match["length"]), html.unescape(match["content"])
        width = length / len(content)
        return "".join(_part(match, part[0], x + part.start() * width, width) for part in SAME_KIND.finditer(content))

    return re.sub(
        r'<text class="(?P<style>[^"]*)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"'
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
    return f'<path class="{style}"{edges}{shade} d="{path(part, x, float(y) - BASE_LINE, width, CELL_HEIGHT)}"/>'

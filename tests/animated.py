"""Pictures of a terminal, one after the other, as an SVG that moves by itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from tests.door.pictures.svg import SHADES, rects

CELL = 8, 16  # width and height in pixels: a braille dot is at whole pixels
BASE_LINE, MARGIN = 12, 8  # pixels

# The colours of the app's dark theme, which are written once
BACKGROUND, FOREGROUND = "#1e1e1e", "#e0e0e0"

FONT = "text{font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"

# Lines, blocks and braille: drawn as shapes, since fonts may lack them
SHAPED = "".join(chr(code) for code in range(0x2500, 0x2900) if rects(chr(code)))
# Such characters, or words with single spaces between them
PARTS = re.compile(rf"[{SHAPED}]+|[^\s{SHAPED}]+(?: [^\s{SHAPED}]+)*")

NEIGHBOURS = 8  # rectangles back in which one that ends here is looked for: those of a braille cell

Line = Sequence[Segment]
Rectangle = tuple[int, int, int, int]  # left, top, width and height in pixels


@dataclass(frozen=True)
class Shot:
    lines: Sequence[Line]
    seconds: float  # for which it is shown


class StyleNames:
    """The styles in a picture, each with a class of a short name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, rules: str) -> str:
        return self._names.setdefault(rules, f"s{len(self._names)}")

    @property
    def sheet(self) -> str:
        return "".join(f".{name}{{{rules}}}" for rules, name in self._names.items())


def animated(shots: Sequence[Shot], columns: int) -> str:
    """The shots as an SVG that begins again at its end; where nothing may move, it is the last one.

    A line that several shots have in common is written once, with the times at which it is seen.
    """
    names = StyleNames()
    shots_with: dict[str, list[int]] = {}
    for number, shot in enumerate(shots):
        for row, line in enumerate(shot.lines):
            content = "".join(_elements(line, row * CELL[1], names))
            if content:
                shots_with.setdefault(content, []).append(number)

    classes: dict[tuple[int, ...], str] = {}
    groups = []
    for content, numbers in shots_with.items():
        if len(numbers) < len(shots):
            name = classes.setdefault(tuple(numbers), f"t{len(classes)}")
            content = f'<g class="{name}">{content}</g>'
        groups.append(content)

    width = columns * CELL[0] + 2 * MARGIN
    height = max(len(shot.lines) for shot in shots) * CELL[1] + 2 * MARGIN
    box = f'x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}"'
        f' viewBox="{-MARGIN} {-MARGIN} {width} {height}">\n'
        f"<style>{FONT}{names.sheet}{_animation(classes, shots)}</style>\n"
        f'<rect {box} rx="8" fill="{BACKGROUND}"/>\n' + "\n".join(groups) + "\n</svg>\n"
    )


def _animation(classes: dict[tuple[int, ...], str], shots: Sequence[Shot]) -> str:
    ends = [0.0]
    for shot in shots:
        ends.append(ends[-1] + shot.seconds)
    rules = []
    for numbers, name in classes.items():
        rules.append(f"@keyframes {name}{{{_keyframes(numbers, ends)}}}")
        moving = f"animation:{name} {ends[-1]:g}s step-end infinite"
        if len(shots) - 1 not in numbers:
            moving += ";visibility:hidden"
        rules.append(f".{name}{{{moving}}}")
    return "".join(rules) + "@media(prefers-reduced-motion){g{animation:none!important}}"


def _keyframes(numbers: Iterable[int], ends: Sequence[float]) -> str:
    """When something is seen that belongs to the shots with these numbers."""
    changes: dict[float, str] = {0.0: "hidden"}
    for number in numbers:
        changes[ends[number]] = "visible"
        changes[ends[number + 1]] = "hidden"
    frames = []
    for seconds, visibility in changes.items():
        if seconds < ends[-1]:
            frames.append(f"{seconds / ends[-1]:.2%}{{visibility:{visibility}}}")
    return "".join(frames)


# ---- a line of the terminal


def _elements(line: Line, top: int, names: StyleNames) -> Iterator[str]:
    x = 0
    for text, style, _ in Segment.simplify(line):
        foreground, background, weight = _look(style or Style())
        width = len(text) * CELL[0]
        if background != BACKGROUND:
            name = names.name(f"fill:{background}")
            yield f'<path class="{name}" d="M{x} {top}h{width}v{CELL[1]}h-{width}z"/>'
        for part in PARTS.finditer(text):
            left = x + part.start() * CELL[0]
            if part[0][0] in SHAPED:
                yield from _shapes(part[0], left, top, foreground, names)
            else:
                yield _words(part[0], left, top, names.name(f"fill:{foreground}{weight}"))
        x += width


def _words(words: str, left: int, top: int, name: str) -> str:
    place = f'x="{left}" y="{top + BASE_LINE}"'
    if len(words) > 1:
        place += f' textLength="{len(words) * CELL[0]}"'
    return f'<text class="{name}" {place}>{html.escape(words, False)}</text>'


def _shapes(characters: str, left: int, top: int, colour: str, names: StyleNames) -> Iterator[str]:
    """A path for each shade in which some of the characters are filled."""
    for shade in sorted({SHADES.get(character, 1.0) for character in characters}):
        rules = f"fill:{colour}"
        if shade < 1:
            rules += f";opacity:{shade}"
        rectangles: list[Rectangle] = []
        for number, character in enumerate(characters):
            if SHADES.get(character, 1.0) == shade:
                _add_character(rectangles, character, left + number * CELL[0], top)
        yield f'<path class="{names.name(rules)}" d="{_path(rectangles)}"/>'


def _add_character(rectangles: list[Rectangle], character: str, left: int, top: int) -> None:
    """Add what is filled of a character; what goes on from its neighbour makes that one wider."""
    for share_left, share_top, share_width, share_height in rects(character):
        x = left + round(share_left * CELL[0])
        y = top + round(share_top * CELL[1])
        width = max(1, round(share_width * CELL[0]))
        height = max(1, round(share_height * CELL[1]))
        for neighbour in rectangles[-NEIGHBOURS:]:
            ends_here = neighbour[0] + neighbour[2] == x
            if ends_here and (neighbour[1], neighbour[3]) == (y, height):
                rectangles.remove(neighbour)
                x, width = neighbour[0], neighbour[2] + width
                break
        rectangles.append((x, y, width, height))


def _path(rectangles: Sequence[Rectangle]) -> str:
    """The data of a path, from the second rectangle on by steps, which are shorter."""
    pieces: list[str] = []
    before = 0, 0
    for x, y, width, height in rectangles:
        move = f"m{x - before[0]} {y - before[1]}"
        if not pieces:
            move = f"M{x} {y}"
        pieces.append(f"{move}h{width}v{height}h-{width}z")
        before = x, y
    return "".join(pieces)


def _look(style: Style) -> tuple[str, str, str]:
    """The colours of letters and background, and the rules for weight and slant."""
    foreground = _hex(style.color, FOREGROUND)
    background = _hex(style.bgcolor, BACKGROUND)
    if style.reverse:
        foreground, background = background, foreground
    if style.dim:
        foreground = _between(foreground, background)
    weight = ""
    if style.bold:
        weight += ";font-weight:bold"
    if style.italic:
        weight += ";font-style:italic"
    return foreground, background, weight


def _hex(color: Color | None, default: str) -> str:
    if color is None or color.is_default:
        return default
    return color.get_truecolor().hex


def _between(colour: str, other: str) -> str:
    channels = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return ColorTriplet(*((first + second) // 2 for first, second in channels)).hex

"""Records the demonstration in the documentation: the app, a network that trains, and keys, without
a hand.

`python -m tests.record_demo docs/demo.svg`: takes about a minute. What is drawn depends on the
machine's speed, so no test compares it.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from tests.door.pictures.svg import SHADES, rects
from tui.app.app import EchoApp
from tui.term.private_textual import strips_shown

CELL = 8, 16
"""The width and height of a cell, in pixels; a braille dot is at whole pixels."""

BASE_LINE = 12

MARGIN = 8

BACK, FRONT = "#1e1e1e", "#e0e0e0"
"""The colours of the app's dark theme, which are written once."""

LETTERS = "text{font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"

SHAPED = "".join(chr(code) for code in range(0x2500, 0x2900) if rects(chr(code)))

PARTS = re.compile(rf"[{SHAPED}]+|[^\s{SHAPED}]+(?: [^\s{SHAPED}]+)*")
"""Characters that are drawn as shapes, or words with single spaces between them."""


@dataclass(frozen=True)
class Shot:
    """A picture of the terminal: its lines, and for how many seconds it is shown."""

    lines: Sequence[Sequence[Segment]]
    seconds: float


class _Styles:
    """The styles in a picture, each with a class of a short name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, rules: str) -> str:
        return self._names.setdefault(rules, f"s{len(self._names)}")

    @property
    def rules(self) -> str:
        return "".join(f".{name}{{{rules}}}" for rules, name in self._names.items())


def animated(shots: Sequence[Shot], columns: int) -> str:
    """The pictures as an SVG that begins again at its end; where nothing may move, it is the last
    picture."""
    styles = _Styles()
    shown: dict[tuple[int, str], list[int]] = {}
    for number, shot in enumerate(shots):
        for y, line in enumerate(shot.lines):
            shown.setdefault((y, "".join(_line(line, y, styles))), []).append(number)
    ends = [0.0]
    for shot in shots:
        ends.append(ends[-1] + shot.seconds)
    times: dict[tuple[int, ...], str] = {}
    lines = []
    for (_, content), numbers in shown.items():
        if content:
            name = (
                ""
                if len(numbers) == len(shots)
                else times.setdefault(tuple(numbers), f"t{len(times)}")
            )
            lines.append(f'<g class="{name}">{content}</g>' if name else content)
    width, height = (
        columns * CELL[0] + 2 * MARGIN,
        max(len(shot.lines) for shot in shots) * CELL[1] + 2 * MARGIN,
    )
    moving = "".join(
        f"@keyframes {name}{{{_keyframes(numbers, ends)}}}" for numbers, name in times.items()
    )
    for at, name in times.items():
        still = "" if len(shots) - 1 in at else ";visibility:hidden"
        moving += f".{name}{{animation:{name} {ends[-1]:g}s step-end infinite{still}}}"
    moving += "@media(prefers-reduced-motion){g{animation:none!important}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}"'
        f' viewBox="{-MARGIN} {-MARGIN} {width} {height}">\n'
        f"<style>{LETTERS}{styles.rules}{moving}</style>\n"
        f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}" rx="8"'
        f' fill="{BACK}"/>\n' + "\n".join(lines) + "\n</svg>\n"
    )


def _keyframes(numbers: Iterable[int], ends: Sequence[float]) -> str:
    """When a line is shown that belongs to the pictures with these numbers."""
    changes: dict[float, str] = {0.0: "hidden"}
    for number in numbers:
        changes[ends[number]] = "visible"
        changes[ends[number + 1]] = "hidden"
    kept = [(at, value) for at, value in changes.items() if at < ends[-1]]
    return "".join(f"{at / ends[-1]:.2%}{{visibility:{value}}}" for at, value in kept)


def _line(line: Sequence[Segment], y: int, styles: _Styles) -> Iterator[str]:
    """The elements of a line."""
    x, top = 0, y * CELL[1]
    for text, style, _ in Segment.simplify(line):
        front, back, weight = _look(style or Style())
        width = len(text) * CELL[0]
        if back != BACK:
            name = styles.name(f"fill:{back}")
            yield f'<path class="{name}" d="M{x} {top}h{width}v{CELL[1]}h-{width}z"/>'
        for part in PARTS.finditer(text):
            at, word = x + part.start() * CELL[0], part[0]
            if word[0] not in SHAPED:
                name = styles.name(f"fill:{front}{weight}")
                length = f' textLength="{len(word) * CELL[0]}"' if len(word) > 1 else ""
                place = f'x="{at}" y="{top + BASE_LINE}"{length}'
                yield f'<text class="{name}" {place}>{html.escape(word, False)}</text>'
                continue
            for shade in sorted({SHADES.get(one, 1.0) for one in word}):
                shape = _shape(word, at, top, shade)
                opacity = "" if shade == 1 else f";opacity:{shade}"
                yield f'<path class="{styles.name(f"fill:{front}{opacity}")}" d="{shape}"/>'
        x += width


def _shape(word: str, x: int, top: int, shade: float) -> str:
    """The filled parts of the characters of a word that have this shade, as the data of a path;
    equal parts of neighbouring cells are one.
    """
    filled: list[tuple[int, int, int, int]] = []
    for number, character in enumerate(word):
        for left, down, wide, high in (
            rects(character) if SHADES.get(character, 1.0) == shade else ()
        ):
            at, under = round((number + left) * CELL[0]), round(down * CELL[1])
            width, height = max(1, round(wide * CELL[0])), max(1, round(high * CELL[1]))
            before = next(
                (
                    one
                    for one in filled[-8:]
                    if (one[0] + one[2], one[1], one[3]) == (at, under, height)
                ),
                None,
            )
            if before is not None:
                filled.remove(before)
                at, width = before[0], before[2] + width
            filled.append((at, under, width, height))
    pieces: list[str] = []
    last = 0, 0
    for at, under, width, height in filled:
        here = x + at, top + under
        move = (
            f"M{here[0]} {here[1]}" if not pieces else f"m{here[0] - last[0]} {here[1] - last[1]}"
        )
        pieces.append(f"{move}h{width}v{height}h-{width}z")
        last = here
    return "".join(pieces)


def _look(style: Style) -> tuple[str, str, str]:
    """The colours of letters and background, and the rules for weight and slant."""
    front, back = _hex(style.color, FRONT), _hex(style.bgcolor, BACK)
    if style.reverse:
        front, back = back, front
    if style.dim:
        front = _between(front, back)
    weight = ";font-weight:bold" if style.bold else ""
    return front, back, weight + (";font-style:italic" if style.italic else "")


def _hex(color: Color | None, default: str) -> str:
    return default if color is None or color.is_default else color.get_truecolor().hex


def _between(one: str, other: str) -> str:
    pair = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return ColorTriplet(*((first + second) // 2 for first, second in pair)).hex


SIZE = 84, 26

SPEED = 50.0
"""Windows a second."""

PATIENCE = 120.0
"""The most seconds to wait for anything."""


@dataclass(frozen=True)
class Scene:
    """A key, and the pictures after it.

    Attributes:
        keys: the keys, by Textual's names.
        caption: the key and what it does, below the screen.
        until: what the frame shows before the first picture.
        shots: the number of pictures.
        every: the seconds between them.
        seconds: for how long each is shown.
    """

    keys: Sequence[str]
    caption: str
    until: Callable[[Frame], bool] = lambda frame: True
    shots: int = 1
    every: float = 0.7
    seconds: float = 2.0


def trains(windows: int) -> Callable[[Frame], bool]:
    """Whether it runs, after so many windows."""
    return lambda frame: frame.state is State.RUNNING and frame.trained >= windows


def stands(frame: Frame) -> bool:
    """Whether nothing is trained, and the readings are there."""
    return frame.state is State.PAUSED


STORY = (
    Scene(
        (), "echornn-tui   a network begins to learn", trains(5), shots=6, every=1.6, seconds=0.8
    ),
    Scene(("space",), "space   pause: loss, inputs, predictions, state", stands, seconds=2.5),
    Scene(("3",), "3   what does its state remember?", seconds=2.5),
    Scene(("4",), "4   how far back do gradients reach?", seconds=2.5),
    Scene(
        ("1", *["left_square_bracket"] * 3),
        "[   go back in time: every window comes back to the same bits",
        stands,
    ),
    Scene(
        ("R", "space"),
        "R   other initial weights: another future",
        trains(5),
        shots=4,
        every=1.4,
        seconds=0.8,
    ),
    Scene(("b",), "b   the branches of the run", seconds=2.5),
    Scene(
        ("escape", "L"),
        "L   luck? 64 seeds side by side",
        trains(20),
        shots=4,
        every=1.4,
        seconds=0.8,
    ),
    Scene(("space",), "space   pause: how many of them have learned it?", stands, seconds=3.0),
)


async def record(session: Session) -> list[Shot]:
    """Play the story; returns its pictures."""
    app, shots = EchoApp(session), []
    async with app.run_test(size=SIZE) as pilot:
        for scene in STORY:
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.3)
            await wait_for(pilot, lambda scene=scene: scene.until(session.frame))  # type: ignore[misc]
            for _ in range(scene.shots):
                await pilot.pause(scene.every)
                shots.append(Shot([*lines_of(app), caption(scene.caption)], scene.seconds))
    return shots


async def wait_for(pilot: Pilot[Any], happened: Callable[[], bool]) -> None:
    """Wait until something has happened.

    Raises:
        TimeoutError: it does not happen.
    """
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await pilot.pause(0.1)


def lines_of(app: EchoApp) -> list[list[Segment]]:
    """The lines of the screen."""
    return [list(strip) for strip in strips_shown(app.screen)]


def caption(text: str) -> list[Segment]:
    """The line below the screen."""
    key, _, rest = text.partition("   ")
    return [
        Segment(f"  {key} ", Style(color="#121212", bgcolor="#ffd166", bold=True)),
        Segment(f"  {rest}", Style()),
    ]


def main() -> None:
    """Record, and write the file."""
    shots = asyncio.run(record(Session(EchoConfig(), SPEED)))
    Path(sys.argv[1]).write_text(animated(shots, SIZE[0]), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What is sent to the terminal: only cells that have changed, and no more frames than it takes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tui.term.private_textual import ChopsUpdate, CompositorUpdate, LayoutUpdate, tap
from tui.term.terminal import SETTLING_SECONDS

# Asks where the cursor is (ECMA-48, DSR); answered when everything before it is drawn
ASK = "\x1b[6n"
MOST_UNDERWAY = 2  # frames on their way at once: a fast connection with a long delay is not idle
PATIENCE_SECONDS = 10.0  # an answer that takes longer counts as lost


class Backpressure:
    """Counts queries to the terminal and their answers, so that a slow connection gets fewer, but
    no old frames."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._underway = 0
        self._asked_at = 0.0
        self._answers = False
        self._settled = asyncio.Event()

    @property
    def is_clear(self) -> bool:
        if self._clock() - self._asked_at > PATIENCE_SECONDS:
            self._underway = 0
        return not self._answers or self._underway < MOST_UNDERWAY

    @property
    def is_settled(self) -> bool:
        return not (self._answers and self._underway)

    def asked(self) -> None:
        self._underway += 1
        self._asked_at = self._clock()

    def answered(self) -> None:
        self._answers = True
        self._underway = max(0, self._underway - 1)
        if not self._underway:
            self._settled.set()

    async def settle(self) -> None:
        """Wait for outstanding answers, at most `SETTLING_SECONDS`."""
        self._settled.clear()
        if not self.is_settled:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), SETTLING_SECONDS)


# the codes of text attributes (ECMA-48, SGR)
ATTRIBUTES = dict(
    zip(
        ("bold", "dim", "italic", "underline", "blink", "reverse", "conceal", "strike"),
        "12345789",
        strict=True,
    )
)

# The environment variable with which Textual draws by itself, if not 0
SWITCH = "ECHORNN_PLAIN_SCREEN"

# How characters are drawn: attributes, foreground and background, as SGR codes
Pen = tuple[str, str, str]
# A character and its pen; the second column of a wide character has an empty text
Cell = tuple[str, Pen]
Line = list[Cell | None]  # the columns of a line; None where it is unknown what the terminal shows
Changed = defaultdict[Pen, list[tuple[int, int, Cell]]]  # the cells to send: (line, column, cell)


def draw_in_few_bytes(app: App[Any], behind: Callable[[], str]) -> None:
    """Make the app send only changed cells, followed by the text from ``behind``; no effect if
    `SWITCH` is set."""
    if os.environ.get(SWITCH, "0") in ("", "0"):
        tap(app, ScreenDiff().saving, behind)


class ScreenDiff:
    """Remembers what was sent to a terminal, so that only changed cells are sent."""

    def __init__(self) -> None:
        self._shown: list[Line] = []

    def saving(self, update: object) -> object:
        """An update of the screen that needs fewer bytes; anything that is not such an update is
        returned unchanged."""
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            return SavingUpdate(self, update)
        return update

    def send(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """The control sequences for an update.

        The caller writes them: from now on the terminal counts as showing them.

        Cells with the same pen are sent together: changing the pen takes up to forty bytes, moving
        the cursor at most ten.
        """
        system = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        changed: Changed = defaultdict(list)
        if isinstance(update, LayoutUpdate):
            lines = [cells_of(strips, system) for strips in update.strips]
            self._shown = [[None] * len(line) for line in lines]
            for y, line in enumerate(lines, update.region.y):
                self._show(changed, y, update.region.x, line)
        else:
            for y, begin, end in update.spans:
                for x, strip in update.chops[y].items():
                    if strip is not None and x < end:
                        # outside the span Textual has not drawn all widgets; cells there may be of
                        # a hidden one
                        cells = cells_of([strip], system)[max(0, begin - x) : end - x]
                        self._show(changed, y, max(x, begin), cells)
        writer = _Writer()
        for cells_of_pen in changed.values():
            for y, x, cell in cells_of_pen:
                writer.move(y, x, self._shown[y])
                writer.write(cell)
        return writer.text()

    def _show(self, changed: Changed, y: int, x: int, cells: Sequence[Cell]) -> None:
        """Record these cells from column ``x`` of line ``y`` on, and add those that differ to
        ``changed``."""
        while len(self._shown) <= y:
            self._shown.append([])
        shown = self._shown[y]
        shown.extend([None] * (x + len(cells) - len(shown)))
        for column, cell in enumerate(cells, x):
            if cell != shown[column] and cell[0]:
                changed[cell[1]].append((y, column, cell))
            shown[column] = cell


class SavingUpdate(CompositorUpdate):
    """An update that sends only changes, computed when it is drawn: one that is never drawn changes
    nothing."""

    def __init__(self, diff: ScreenDiff, update: LayoutUpdate | ChopsUpdate) -> None:
        self._diff = diff
        self._update = update

    def render_segments(self, console: Console) -> str:
        return self._diff.send(self._update, console)


class _Writer:
    """Builds the control sequences; it keeps track of the cursor and the pen."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._pen: Pen | None = None
        self._at: tuple[int, int] | None = None

    def move(self, y: int, x: int, shown: Line) -> None:
        """Move the cursor to a place; over a short gap by writing the cells that are already there,
        which are those of ``shown``, the new contents of the line, with the current pen.
        """
        if self._at == (y, x):
            return
        if self._at is not None and self._at[0] == y and self._at[1] < x:
            self._parts.append(self._over(shown[self._at[1] : x]))
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        self._at = (y, x)

    def _over(self, gap: Line) -> str:
        """What moves the cursor to the right over these cells: their texts, if that is as short."""
        skip = f"\x1b[{len(gap)}C" if len(gap) > 1 else "\x1b[C"
        again = ""
        for cell in gap:
            if cell is None or cell[1] != self._pen or cell_len(cell[0]) != 1:
                return skip
            again += cell[0]
        return again if len(again.encode()) <= len(skip) else skip

    def write(self, cell: Cell) -> None:
        text, pen = cell
        if pen != self._pen:
            self._parts.append(pen_change(self._pen, pen))
            self._pen = pen
        self._parts.append(text)
        assert self._at is not None
        # terminals disagree on the width of some characters: after an unusual one, the cursor's
        # place is unknown
        self._at = (self._at[0], self._at[1] + 1) if cell_len(text) == 1 else None

    def text(self) -> str:
        return "".join([*self._parts, "\x1b[0m"] if self._parts else [])


def cells_of(strips: Iterable[Strip], system: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for strip in strips:
        for text, style, _ in strip:
            pen = pen_of(style or Style.null(), system)
            if text.isascii():
                cells += [(character, pen) for character in text]
                continue
            for character in text:
                width = cell_len(character)
                if width:
                    cells += [(character, pen), *[("", pen)] * (width - 1)]
                elif cells:
                    _add_to_last(cells, character)
    return cells


def _add_to_last(cells: list[Cell], mark: str) -> None:
    """Add what has no width of its own to the character before it, whose second column is empty if
    it is wide."""
    index = len(cells) - 1
    while not cells[index][0]:
        index -= 1
    text, pen = cells[index]
    cells[index] = (text + mark, pen)


@lru_cache(maxsize=4096)
def pen_of(style: Style, system: ColorSystem) -> Pen:
    attributes = ";".join(code for name, code in ATTRIBUTES.items() if getattr(style, name))
    foreground, background = "39", "49"  # the terminal's own
    if style.color is not None:
        foreground = ";".join(style.color.downgrade(system).get_ansi_codes())
    if style.bgcolor is not None:
        background = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(False))
    return attributes, foreground, background


@lru_cache(maxsize=4096)
def pen_change(before: Pen | None, after: Pen) -> str:
    """The control sequence that changes one pen into another; an unknown pen is reset first."""
    if before is None or before[0] != after[0]:
        # After a reset, the terminal's own colours need no code
        codes = ["0", *(code for code in after if code not in ("", "39", "49"))]
    else:
        codes = [code for code, was in zip(after[1:], before[1:], strict=True) if code != was]
    return f"\x1b[{';'.join(codes)}m"

"""The loss of the whole run as a curve: its extremes, its mean, the levels that theory gives, and the run's marks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from textual.binding import Binding

from echornn.analysis.loss_history import Curve
from echornn.config import EchoConfig
from echornn.tasks.levels import boundary_floor, chance_level
from tui.app.ghost_choice import Ghost
from tui.app.the_fall import before_the_fall
from tui.app.widgets.axes import LossAxis, axis_end, loss_ticks, window_ticks
from tui.app.widgets.cells import Cells, CellWidget
from tui.app.widgets.columns import column_of, per_column, smoothed
from tui.app.widgets.curve_line import line_characters
from tui.app.widgets.curve_reading import read
from tui.app.widgets.dots import characters, overlaid, spans
from tui.app.widgets.ghosts import GhostLines, Place
from tui.app.widgets.legend import Legend
from tui.app.widgets.marks import LABEL_LINES, marks_of, place_label
from tui.app.widgets.viewport import Viewport

GUTTER = 7
"""Columns left of the plot: a loss in six, and the axis."""

SMOOTHED_SHARE = 40
"""The line is the mean over a part of the plot's width: a fortieth."""

WIDE = 90
"""Columns of a plot from which on it says which windows the floor is of."""

FLOOR_DASHES = 6
"""Columns of a line in front of the floor's name."""

GLYPHS = {
    "axis": "│",
    "tick": "┤",
    "focus": "┃",
    "focus tick": "┫",
    "corner": "└",
    "base": "─",
    "epoch": "┊",
    "mark": "║",
    "level": "╌",
    "cursor": "│",
}
ASCII_GLYPHS = {
    "axis": "|",
    "tick": "+",
    "focus": "#",
    "focus tick": "#",
    "corner": "+",
    "base": "-",
    "epoch": ":",
    "mark": "|",
    "level": "-",
    "cursor": "|",
}
PARTS = ("raw", "mean", "axis", "epoch", "mark", "level", "errors", "cursor", "ghost", "letter", "words", "here")
"""What has a style of its own."""

HIDES = {"plot--mean": 4, "plot--mark": 3, "plot--letter": 2, "plot--raw": 2, "plot--ghost": 1}
"""How much is lost where words hide a cell of a style."""

BARS, ASCII_BARS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"

CurveOf = Callable[[int, int, int | None], Curve]
"""Buckets of the run: (columns, first window, window after the last) -> curve, as `Session.curve`."""


class LossPlot(CellWidget, can_focus=True):
    """Draws each bucket from its smallest to its largest loss, so that no spike is lost, and the mean over it.

    A strip below shows the error rate; a full block is that of guessing. Lines mark epochs (dotted) and commands
    (double, with a word).
    """

    STYLES = tuple(f"plot--{part}" for part in PARTS)
    COMPONENT_CLASSES = set(STYLES)
    BINDINGS = [
        Binding("left", "move(-1)", "Back", show=False, tooltip="Crosshair: an earlier window; shift: ten columns"),
        Binding("right", "move(1)", "On", show=False, tooltip="Crosshair: a later window; shift: ten columns"),
        Binding("shift+left", "move(-10)", "Back", show=False),
        Binding("shift+right", "move(10)", "On", show=False),
        Binding("home", "first", "First", show=False, tooltip="Crosshair: the first window"),
        Binding("enter", "go_there", "Go", show=False, tooltip="Crosshair: go to this window, as it was"),
        Binding("d", "fall", "Fall", show=False, tooltip="Crosshair to where the greatest fall of the loss begins"),
        Binding("end,escape", "follow", "Follow", show=False, tooltip="Follow the newest window, without crosshair"),
    ]

    def __init__(self, curve_of: CurveOf, config: EchoConfig, ascii_only: bool = False) -> None:
        super().__init__()
        self.viewport = Viewport()
        self.reading = ""
        """What the crosshair reads; empty without one."""
        self.on_viewport: Callable[[], None] = lambda: None
        """Called after a key has changed the part that is shown."""
        self.on_go: Callable[[int], None] = lambda _: None
        """Called with the windows along the line after which the crosshair stands, when that moment is to be shown."""
        self._curve_of = curve_of
        self._config = config
        self._trained = self._here = 0
        self._ghosts: Sequence[Ghost] = ()
        self._ghost_lines = GhostLines(ascii_only)
        self._legend = Legend("..." if ascii_only else "…")
        self._ascii = ascii_only
        self._glyphs = ASCII_GLYPHS if ascii_only else GLYPHS

    def show(self, here: int, config: EchoConfig, line_end: int | None = None, ghosts: Sequence[Ghost] = ()) -> None:
        """Draw the line as it is seen after ``here`` of its windows.

        Args:
            line_end: windows along the line, where one looks at a moment in the past.
            ghosts: what lies under it.
        """
        self._here, self._trained, self._config = here, here if line_end is None else line_end, config
        self._ghosts = ghosts
        self.redraw()

    def change_viewport(self, viewport: Viewport) -> None:
        """Draw another part of the run, or with another axis."""
        self.viewport = viewport
        self.redraw()
        self.on_viewport()

    def action_move(self, columns: int) -> None:
        first, last = self.viewport.limits(self._trained)
        step = max(1, self._length(first, last) // max(1, (self.size.width - GUTTER) * 2))
        here = self._here if self._here < self._trained else None
        self.change_viewport(self.viewport.moved(self._trained, columns * int(step), here))

    def action_first(self) -> None:
        self.change_viewport(self.viewport.moved(self._trained, 0).moved(self._trained, -self._trained))

    def action_go_there(self) -> None:
        """Without a crosshair there is nowhere to go."""
        if self.viewport.cursor is not None:
            self.on_go(min(self.viewport.cursor + 1, self._trained))
            self.change_viewport(replace(self.viewport, cursor=None))

    def action_fall(self) -> None:
        """Put the crosshair on the last window before the greatest fall of the loss, of those that are shown."""
        first, last = self.viewport.limits(self._trained)
        columns = 2 * max(1, self.size.width - GUTTER)
        fall = before_the_fall(self._curve_of, columns, first, last)
        if fall is not None:
            self.change_viewport(replace(self.viewport, cursor=max(first, fall - 1)))

    def action_follow(self) -> None:
        self.change_viewport(self.viewport.following())

    def watch_has_focus(self, has_focus: bool) -> None:
        """An axis in bold, or not any more. Textual calls `on_blur` while the plot still has the focus."""
        super().watch_has_focus(has_focus)
        self.redraw()

    def _length(self, first: int, last: int) -> int:
        """Windows along the axis: as many as the longest of the futures has, where all is shown."""
        if self.viewport.span is None:
            return int(axis_end(max([last - first, *(ghost.last for ghost in self._ghosts)])))
        return max(self.viewport.span, last - first)

    @property
    def axis(self) -> tuple[int, int, int]:
        """The first window shown, the one after the last, and how many the axis has room for."""
        first, last = self.viewport.limits(self._trained)
        return first, last, self._length(first, last)

    def draw(self, cells: Cells) -> None:
        width, height = cells.width - GUTTER, cells.height - 2
        if width < 4 or height < 1:
            return
        first, last, length = self.axis
        curve = self._curve_of((width if self._ascii else 2 * width) if last > first else 1, first, last)
        axis = LossAxis.of(curve, self.viewport.log)
        self._draw_axes(cells, axis, first, length, height)
        place = Place(axis, first, length, GUTTER, width, height)
        self._ghost_lines.draw(cells, place, self._ghosts, "plot--ghost")
        self._draw_curve(cells, curve, axis, length, width, height)
        self._ghost_lines.letters(cells, place, self._ghosts, "plot--ghost", "plot--letter")
        self._draw_errors(cells, curve, length, width, height)
        self._draw_levels(cells, axis, width, height)
        self._draw_marks(cells, curve, length, width, height)
        self._legend.draw(cells, place, self._ghosts, "plot--words", HIDES)
        if self._here < self._trained and first <= self._here <= last:
            self._draw_here(cells, self._here - first, length, width, height)
        self.reading = ""
        if self.viewport.cursor is not None and first <= self.viewport.cursor < last:
            self._draw_cursor(cells, self.viewport.cursor, first, length, width, height)
            self.reading = read(curve, self.viewport.cursor)

    def _draw_axes(self, cells: Cells, axis: LossAxis, first: int, length: int, height: int) -> None:
        glyph, tick = (self._glyphs[name] for name in (("focus", "focus tick") if self.has_focus else ("axis", "tick")))
        for line in range(height + 1):
            cells.write(GUTTER - 1, line, glyph, "plot--axis")
        for line, label in loss_ticks(axis, height):
            cells.write(0, line, f"{label:>{GUTTER - 1}}{tick}", "plot--axis")
        cells.write(0, height, "errors", "plot--axis")
        cells.write(0, height + 1, "window", "plot--axis")
        base = self._glyphs["corner"] + self._glyphs["base"] * (cells.width - GUTTER)
        cells.write(GUTTER - 1, height + 1, base, "plot--axis")
        free = GUTTER
        for column, label in window_ticks(first, length, cells.width - GUTTER):
            begin = min(max(GUTTER, GUTTER + column - len(label) // 2), cells.width - len(label))
            if begin >= free:
                cells.write(begin - 1, height + 1, f" {label} ", "plot--axis")
                free = begin + len(label) + 3

    def _draw_curve(self, cells: Cells, curve: Curve, axis: LossAxis, length: int, width: int, height: int) -> None:
        columns, rows = (width, height) if self._ascii else (2 * width, 4 * height)
        low, high = (axis.share(extreme) * rows - 0.5 for extreme in (curve.low, curve.high))
        mean = axis.share(smoothed(curve.mean, columns // SMOOTHED_SHARE)) * rows - 0.5
        raw = characters(spans(*per_column(curve, low, high, columns, length), rows), self._ascii, ".")
        line = line_characters(per_column(curve, mean, mean, columns, length)[0], height, self._ascii)
        drawn = overlaid(raw, line)
        inside = (slice(0, height), slice(GUTTER, GUTTER + width))
        cells.characters[inside] = overlaid(cells.characters[inside], drawn)
        style = cells.styles[inside]
        style[drawn != " "] = cells.names.index("plot--raw")
        style[line != " "] = cells.names.index("plot--mean")
        for middle in curve.middles[~(np.isfinite(curve.low) & np.isfinite(curve.high))].tolist():
            cells.write(GUTTER + column_of(middle + 0.5, length, width), 0, "!", "plot--mark")

    def _draw_errors(self, cells: Cells, curve: Curve, length: int, width: int, height: int) -> None:
        rates = curve.error_rate.astype(np.float64)
        _, shown = per_column(curve, rates, rates, width, length)
        guessing = 1 - 1 / self._config.num_classes
        bars = ASCII_BARS if self._ascii else BARS
        levels = np.clip(np.ceil(np.nan_to_num(shown) / guessing * 8 - 1e-6), 0, 8).astype(int)
        cells.write(GUTTER, height, "".join(bars[level] for level in levels.tolist()), "plot--errors")

    def _draw_levels(self, cells: Cells, axis: LossAxis, width: int, height: int) -> None:
        """Chance, across the plot; and at its edge the floor, which is that of an epoch's first windows alone."""
        right = GUTTER + width
        floor = " floor of first windows {:.3f} " if width > WIDE else " floor {:.3f} "
        for text, loss, across in (
            (" chance {:.3f} ", chance_level(self._config), True),
            (floor, boundary_floor(self._config), False),
        ):
            if not axis.bottom < loss <= axis.top:
                continue
            label = text.format(loss)
            begin = right - len(label) - 1
            share = axis.share(np.array([loss], np.float32))[0]
            line = height - 1 - min(height - 1, int(share * height))
            has_room = width > 2 * len(label) and (cells.characters[line, begin:right] == " ").all()
            if not (across or has_room):
                continue
            for x in range(GUTTER if across else max(GUTTER, begin - FLOOR_DASHES), right):
                if cells.characters[line, x] == " ":
                    cells.write(x, line, self._glyphs["level"], "plot--level")
            if has_room:
                cells.write(begin, line, label, "plot--level")

    def _draw_marks(self, cells: Cells, curve: Curve, length: int, width: int, height: int) -> None:
        free = [" ", self._glyphs["level"]]
        for kind, marks in groupby(marks_of(curve, length, width, self._ascii), key=lambda mark: mark.kind):
            of_kind = list(marks)
            for mark in of_kind:
                for line in range(height):
                    if cells.characters[line, GUTTER + mark.column] in free:
                        cells.write(GUTTER + mark.column, line, self._glyphs[kind], f"plot--{kind}")
            room = np.isin(cells.characters[: min(height, LABEL_LINES), GUTTER:], free)
            for mark in of_kind:
                for x, line, text in place_label(mark, room):
                    cells.write(GUTTER + x, line, text, f"plot--{kind}")

    def _draw_here(self, cells: Cells, windows: int, length: int, width: int, height: int) -> None:
        """Where one looks at the past."""
        x = GUTTER + column_of(windows, length, width)
        for line in range(height):
            if cells.characters[line, x] in (" ", self._glyphs["level"], self._glyphs["epoch"]):
                cells.write(x, line, self._glyphs["mark"], "plot--here")
            cells.styles[line, x] = cells.names.index("plot--here")
        word = f" window {self._here:,} "
        free = np.isin(cells.characters[:height], [" ", self._glyphs["level"]])
        for line, begin in itertools.product(range(height), (x + 1, x - len(word))):
            if GUTTER <= begin <= GUTTER + width - len(word) and free[line, begin : begin + len(word)].all():
                cells.write(begin, line, word, "plot--here")
                break

    def _draw_cursor(self, cells: Cells, cursor: int, first: int, length: int, width: int, height: int) -> None:
        x = GUTTER + column_of(cursor - first, length, width)
        blank = [" ", self._glyphs["level"], self._glyphs["epoch"], self._glyphs["mark"]]
        for line in range(height + 1):
            if cells.characters[line, x] in blank:
                cells.write(x, line, self._glyphs["cursor"])
            cells.styles[line, x] = cells.names.index("plot--cursor")

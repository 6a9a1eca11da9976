"""The loss curve: mean, smallest and largest loss, lines at chance and floor, marks at epochs and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from textual.actions import SkipAction
from textual.binding import Binding
from textual.events import Resize

from echornn.data.levels import chance_level, guessing_errors, most_loss
from echornn.history.curve import Band, Curve
from echornn.session.pictures.picture import Picture, Query
from tui.app.curve.axes import LossAxis
from tui.app.curve.band_lines import band_axis, draw_band, samples_of
from tui.app.curve.columns import column_of
from tui.app.curve.curve_layers import draw_cursor, draw_curve, draw_here, draw_marks
from tui.app.curve.curve_reading import read
from tui.app.curve.ghosts import GhostLines, PlotArea
from tui.app.curve.ladder import draw_ladder, draw_name
from tui.app.curve.legend import legend
from tui.app.curve.plot_axes import GLYPHS, GUTTER, draw_axes, draw_floor
from tui.app.curve.plot_mouse import PlotMouse, WindowColumns
from tui.app.curve.strips import StripArea, Strips, draw_errors, draw_solved
from tui.app.curve.viewport import Viewport
from tui.app.drawings.spots import Window
from tui.kit.cells import Cells

LEAST_WIDTH = 4
"""The fewest columns of the plot."""

PARTS = (
    *("raw", "mean", "axis", "epoch", "mark", "level", "rung", "errors", "cursor", "ghost", "letter", "words", "here"),
    *("median", "band", "extreme", "solved", "interval"),
)
"""The names of the styles, without their prefix."""

NO_FALL = "no fall of the loss is seen in the windows on the screen"

ONLY_FALL = "the crosshair is there: no other fall is seen in the windows on the screen"


class LossPlot(PlotMouse, can_focus=True):
    """The loss curve. Each column shows the mean loss of its windows, and the range from smallest to largest.

    A strip below shows the error rate; a full block means the error rate of guessing. Vertical lines mark epochs
    (dotted) and commands (double, with a word). With several replicas, the plot also shows the distribution of all
    their losses, and a strip with the number of replicas that have solved the task.
    """

    STYLES = tuple(f"plot--{part}" for part in PARTS)
    COMPONENT_CLASSES = set(STYLES)
    BINDINGS = [
        Binding(
            "left",
            "move(-1)",
            "Back",
            show=False,
            tooltip="Crosshair: an earlier window; shift: ten columns",
            id="left",
        ),
        Binding(
            "right", "move(1)", "On", show=False, tooltip="Crosshair: a later window; shift: ten columns", id="right"
        ),
        Binding("shift+left", "move(-10)", "Ten columns back", show=False, id="far_left"),
        Binding("shift+right", "move(10)", "Ten columns on", show=False, id="far_right"),
        Binding("home", "first", "First", show=False, tooltip="Crosshair: the first window", id="first"),
        Binding("enter", "go_there", "Go", show=False, tooltip="Crosshair: go to this window, as it was", id="go"),
        Binding(
            "d",
            "fall",
            "Fall",
            show=False,
            tooltip="Crosshair to where the loss falls, then to where it is lost",
            id="fall",
        ),
        Binding(
            "end,escape",
            "follow",
            "Follow",
            show=False,
            tooltip="Follow the newest window, without crosshair",
            id="follow",
        ),
    ]

    def __init__(self, picture: Picture, ascii_only: bool = False) -> None:
        super().__init__()
        self.on_viewport: Callable[[], None] = lambda: None
        """Called when other windows, or another number of columns, have become visible: a new picture is needed."""
        self.ask: Callable[[Query], Picture] = lambda _: picture
        """Asks the session a further question about the shown picture, for a key that needs the answer."""
        self.say: Callable[[str], None] = lambda _: None
        """Shows why a key does nothing."""
        self.on_go: Callable[[int], object] = lambda _: None
        """Called with the position of the crosshair, in windows along the line, when the user wants to go there."""
        self._picture = picture
        self._ghost_lines = GhostLines(ascii_only)
        self._ascii = ascii_only

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key is the curve's: not while the screen is too small for it, so that no unseen crosshair moves."""
        return not self.screen.has_class("small")

    def show(self, picture: Picture) -> None:
        """Draw the curve of this picture."""
        self._picture = picture
        self.redraw()

    @property
    def looks_at(self) -> Query:
        """The query for a picture of the visible windows, at the plot's resolution."""
        return Query(self.viewport.windows, self.columns_on(self.size.width))

    def columns_on(self, width: int) -> int:
        """Dot columns of the plot on a widget of this width; 0 if the plot does not fit."""
        width -= GUTTER
        return 0 if width < LEAST_WIDTH else width if self._ascii else 2 * width

    @property
    def reading(self) -> str:
        """The text about the window at the crosshair; empty without a crosshair."""
        cursor = self.viewport.cursor
        return "" if cursor is None else self.reading_of(Window(cursor))

    def reading_of(self, spot: object) -> str:
        """The text about a window; empty if its loss is not known."""
        curve, own = self._picture.curve, self._picture.frame.own_config
        known = isinstance(spot, Window) and curve.first <= spot.window < curve.last
        if not isinstance(spot, Window) or not known or not curve.starts.size:
            return ""
        return read(curve, spot.window, self._picture.band, own.seed, own.has_classes)

    def on_resize(self, event: Resize) -> None:
        """Request a picture for the new number of columns. Textual calls the handler of `CellWidget` too."""
        self.on_viewport()

    @property
    def _line_end(self) -> int:
        """The number of windows of the shown line."""
        return self._picture.frame.line_end

    def change_viewport(self, viewport: Viewport) -> None:
        """Show another part of the run, or another axis."""
        self.viewport = viewport
        self.redraw()
        self.on_viewport()

    def action_move(self, columns: int) -> None:
        frame, axis = self._picture.frame, self._picture.axis
        step = max(1, axis.length // max(1, (self.size.width - GUTTER) * 2))
        here = frame.trained if frame.trained < frame.line_end else None
        self.change_viewport(self.viewport.moved(frame.line_end, columns * step, here))

    def action_first(self) -> None:
        self.change_viewport(self.viewport.moved(self._line_end, 0).moved(self._line_end, -self._line_end))

    def action_go_there(self) -> None:
        """Go to the window at the crosshair. Without a crosshair the app says that there is none."""
        if self.viewport.cursor is None:
            raise SkipAction
        self.on_go(min(self.viewport.cursor + 1, self._line_end))
        self.change_viewport(replace(self.viewport, cursor=None))

    def action_fall(self) -> None:
        """Move the crosshair to just before the largest fall of the visible loss; again: to where the task was lost."""
        points = self.ask(replace(self._picture.query, falls=2 * max(1, self.size.width - GUTTER))).falls
        cursor = self.viewport.cursor
        if not points:
            self.say(NO_FALL)
            return
        beyond = [point for point in points if cursor is not None and point > cursor]
        to = (beyond or points)[0]
        if to == cursor:
            self.say(ONLY_FALL)
        self.change_viewport(replace(self.viewport, cursor=to))

    def action_follow(self) -> None:
        self.change_viewport(self.viewport.following())

    def draw(self, cells: Cells) -> None:
        picture, frame = self._picture, self._picture.frame
        (first, last, length), band = picture.axis, picture.band
        curve = picture.curve.below(most_loss(frame.own_config))
        width = cells.width - GUTTER
        strips = Strips.of(len(band) > 0, cells.height, frame.own_config.has_classes)
        words = legend(self._samples(band), picture.ghosts, cells.width, self.keymap)
        height = cells.height - 1 - strips.lines - bool(words)
        if width < LEAST_WIDTH or height < 1:
            return
        log = self.viewport.log
        axis = band_axis(band, curve, log) if len(band) else self._axis(curve, log)
        place = PlotArea(axis, first, length, GUTTER, width, height)
        draw_axes(cells, place, strips, self.has_focus)
        self._ghost_lines.draw(cells, place, picture.ghosts, "plot--ghost")
        if len(band):
            draw_band(cells, place, band, self._ascii)
        draw_curve(cells, place, curve, int(band.ends[-1]) if len(band) else first, self._ascii)
        self._ghost_lines.letters(cells, place, picture.ghosts, "plot--ghost", "plot--letter")
        self._draw_strips(cells, place, strips, curve, band)
        self._draw_levels(cells, place)
        draw_marks(cells, place, curve)
        if frame.trained < frame.line_end and first <= frame.trained <= last:
            draw_here(cells, place, frame.trained)
        if words:
            cells.write(0, cells.height - 1, words, "plot--words")
        windows = self.window_axis = WindowColumns(GUTTER, width, first, length, frame.line_end)
        cells.mark_each(GUTTER, 0, width, cells.height, lambda x, _: windows.window(GUTTER + x))
        cursor = self.viewport.cursor
        if cursor is not None and curve.first <= cursor < curve.last:
            draw_cursor(cells, GUTTER + column_of(cursor - first, length, width), height + strips.lines)
        for x in self.dragged or ():
            draw_cursor(cells, min(max(GUTTER, x), cells.width - 1), height + strips.lines)

    def _axis(self, curve: Curve, log: bool) -> LossAxis:
        """An axis that contains the losses; before the first of them, the levels that are known beforehand."""
        if np.isfinite(curve.high).any():
            return LossAxis.of(curve, log)
        ladder = self._picture.frame.ladder
        levels = np.array([level.loss for level in ladder] or [chance_level(self._picture.frame.own_config)])
        return LossAxis.holding(levels, levels, log)

    def _samples(self, band: Band) -> list[str]:
        """The samples in the legend of several networks."""
        return samples_of(band, self._picture.frame.own_config.seed, self._ascii) if len(band) else []

    def _draw_levels(self, cells: Cells, place: PlotArea) -> None:
        """Draw chance and floor for the echo; for another task, its ladder and the name of its loss."""
        config, ladder = self._picture.frame.own_config, self._picture.frame.ladder
        draw_ladder(cells, place, ladder[:1] if config.value("task") == "echo" else ladder, GLYPHS["level"])
        if config.value("task") == "echo":
            draw_floor(cells, place, config)
        else:
            draw_name(cells, place, config.loss_name)

    def _draw_strips(self, cells: Cells, place: PlotArea, strips: Strips, curve: Curve, band: Band) -> None:
        top = place.height
        if strips.solved:
            draw_solved(cells, StripArea(GUTTER, top, place.width, strips.solved, place.length), band)
        if strips.errors:
            lines = StripArea(GUTTER, top + strips.solved, place.width, 1, place.length)
            draw_errors(cells, lines, curve, guessing_errors(self._picture.frame.own_config))

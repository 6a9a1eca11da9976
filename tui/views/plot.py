"""The mouse on the curve: a click sets the crosshair, a drag zooms to what it covers, the wheel zooms or scrolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from textual.actions import SkipAction
from textual.binding import Binding
from textual.events import (
    MouseDown,
    MouseEvent,
    MouseMove,
    MouseScrollDown,
    MouseScrollLeft,
    MouseScrollRight,
    MouseScrollUp,
    MouseUp,
    Resize,
)

from echornn.data.levels import chance_level, guessing_errors, most_loss
from echornn.history.curve import Band, Curve
from echornn.session.pictures.picture import Picture, Query
from tui.views.canvas import Cells, CellWidget
from tui.views.plot_axes import LossAxis, Viewport, column_of
from tui.views.plot_layers import (
    GLYPHS,
    GUTTER,
    GhostLines,
    PlotArea,
    StripArea,
    Strips,
    band_axis,
    draw_axes,
    draw_band,
    draw_cursor,
    draw_curve,
    draw_errors,
    draw_floor,
    draw_here,
    draw_ladder,
    draw_marks,
    draw_name,
    draw_solved,
    legend,
    read,
    samples_of,
)
from tui.views.view import Window


@dataclass(frozen=True)
class WindowColumns:
    """The windows under the columns of the plot.

    Attributes:
        x, width: the plot's first column, and the number of its columns.
        first, length: the first window, and the number of windows on the axis.
        end: the number of windows that are trained along the line.
    """

    x: int = 0
    width: int = 1
    first: int = 0
    length: int = 1
    end: int = 0

    def windows(self, x: int) -> range:
        """The windows under a column, at least one; empty if none is trained there."""
        column = min(max(0, x - self.x), self.width - 1)
        begin = self.first + column * self.length // self.width
        after = max(begin + 1, self.first + (column + 1) * self.length // self.width)
        return range(begin, min(after, self.end))

    def window(self, x: int) -> Window | None:
        """The window in the middle of a column; None if none is trained there."""
        windows = self.windows(x)
        return Window(windows[len(windows) // 2]) if windows else None


class PlotMouse(CellWidget):
    """The part of the curve that follows the mouse.

    Attributes:
        window_axis: the windows under the columns, as drawn last.
        dragged: the columns where a drag began and where it is; None without a drag.
    """

    def __init__(self) -> None:
        super().__init__()
        self.viewport = Viewport()
        self.window_axis = WindowColumns()
        self.dragged: tuple[int, int] | None = None
        self.on_hover: Callable[[], None] = lambda: None
        """Called after the pointer has moved to other windows."""
        self._was_dragged = False
        """Whether the newest press of the button became a drag: then it is no click."""

    def change_viewport(self, viewport: Viewport) -> None:
        """Show another part of the run, or another axis."""
        raise NotImplementedError

    def clicked(self, spot: object, again: bool) -> None:
        """Put the crosshair on a window; again: go there, as ``enter`` does."""
        if self._was_dragged:
            return
        if again:
            self.app.simulate_key(self.keymap.key("go"))
        elif isinstance(spot, Window):
            self.change_viewport(replace(self.viewport, cursor=spot.window))

    def pressed(self, key: str) -> None:
        if not self._was_dragged:
            super().pressed(key)

    def hover_moved(self) -> None:
        self.on_hover()

    def _column(self, event: MouseEvent) -> int:
        return event.x - self.styles.padding.left

    def on_mouse_down(self, event: MouseDown) -> None:
        at, self._was_dragged = self._column(event), False
        if event.button == 1 and self.under(event) is not None:
            self.dragged = at, at
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Follow a drag; the columns are marked while it lasts."""
        if self.dragged is None:
            return
        if event.button != 1:  # the button was released outside the terminal
            self._end_drag()
        elif self._column(event) != self.dragged[1]:
            self.dragged = self.dragged[0], self._column(event)
            self.redraw()

    def on_mouse_up(self, event: MouseUp) -> None:
        """End a drag: show the windows that it has covered. Without a movement it is a click."""
        if self.dragged is None:
            return
        begin, end = sorted(self.dragged)
        self._end_drag()
        if begin == end:
            return
        self._was_dragged = True
        first, last = self.window_axis.windows(begin), self.window_axis.windows(end)
        to = last.stop if last else self.window_axis.end
        if first and to > first.start:
            self.change_viewport(self.viewport.on(self.window_axis.end, first.start, to))

    def _end_drag(self) -> None:
        self.dragged = None
        self.release_mouse()
        self.redraw()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._wheel(event, closer=True)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._wheel(event, closer=False)

    def on_mouse_scroll_left(self, event: MouseScrollLeft) -> None:
        self._pan(-1)

    def on_mouse_scroll_right(self, event: MouseScrollRight) -> None:
        self._pan(1)

    def _wheel(self, event: MouseEvent, closer: bool) -> None:
        """Zoom at the pointer; with ctrl or shift, scroll along the run."""
        axis = self.window_axis
        if event.ctrl or event.shift:
            self._pan(-1 if closer else 1)
        elif axis.end:
            share = (min(max(0, self._column(event) - axis.x), axis.width - 1) + 0.5) / axis.width
            at = axis.first + share * axis.length
            self.change_viewport(self.viewport.zoomed_at(axis.end, closer, at, share))

    def _pan(self, tenths: int) -> None:
        axis = self.window_axis
        if axis.end:
            self.change_viewport(self.viewport.panned(axis.end, tenths * max(1, axis.length // 10)))


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
        self._ghost_lines.draw(cells, place, picture.ghosts, "ghost")
        if len(band):
            draw_band(cells, place, band, self._ascii)
        draw_curve(cells, place, curve, int(band.ends[-1]) if len(band) else first, self._ascii)
        self._ghost_lines.letters(cells, place, picture.ghosts, "ghost", "letter")
        self._draw_strips(cells, place, strips, curve, band)
        self._draw_levels(cells, place)
        draw_marks(cells, place, curve)
        if frame.trained < frame.line_end and first <= frame.trained <= last:
            draw_here(cells, place, frame.trained)
        if words:
            cells.write(0, cells.height - 1, words, "words")
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

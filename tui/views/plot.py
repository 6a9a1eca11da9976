"""The loss curve, with its crosshair and the mouse on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from textual import events, on
from textual.message import Message

from echornn.session.pictures.picture import Picture, Query, SeedRows
from tui.views.axes import GUTTER, LossAxis, Place
from tui.views.canvas import Cells, CellWidget
from tui.views.curve_picture import LEAST_WIDTH, Viewport, draw_plot, window_words
from tui.views.view import Window, hidden

# The factors of a key, and of a step of the wheel, of which trackpads send many
ZOOM, WHEEL = 2, 1.25
FAR = "window; shift: ten columns"


class LossPlot(CellWidget, can_focus=True):
    """The loss curve: each column shows the mean loss of its windows, and the range from smallest
    to largest."""

    BINDINGS = [
        hidden("left", "move(-1)", "Back", tooltip=f"Crosshair: an earlier {FAR}", id="left"),
        hidden("right", "move(1)", "On", tooltip=f"Crosshair: a later {FAR}", id="right"),
        hidden("shift+left", "move(-10)", "Ten columns back", tooltip="", id="far_left"),
        hidden("shift+right", "move(10)", "Ten columns on", tooltip="", id="far_right"),
        hidden("home", "first", "First", tooltip="Crosshair: the first window", id="first"),
        hidden(
            "end,escape",
            "follow",
            "Follow",
            tooltip="Follow the newest window, without crosshair",
            id="follow",
        ),
    ]

    class ViewportChanged(Message):
        """Other windows are visible, or the crosshair is elsewhere: a new picture is needed."""

    def __init__(self, picture: Picture, ascii_only: bool = False) -> None:
        super().__init__()
        self.viewport = Viewport()
        self._picture, self._is_ascii = picture, ascii_only
        self._place = Place(0, 0, 1, 1, 0, 1, LossAxis(0, 1))  # where the curve was drawn last

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key is the curve's: not while the screen is too small for it, so that no unseen
        crosshair moves."""
        return not self.screen.has_class("small")

    def show(self, picture: Picture) -> None:
        self._picture = picture
        self.redraw()

    def query_with(self, branches: bool, seeds: SeedRows | None) -> Query:
        """What the curve needs to know, and perhaps the branches and the losses of seeds."""
        width = self.size.width - GUTTER
        return Query(
            self.viewport.windows,
            columns=2 * width if width >= LEAST_WIDTH else 0,
            branches=branches,
            seeds=seeds,
            norms=self.viewport.norms,
            held_out=self.viewport.held_out,
        )

    @property
    def reading(self) -> str:
        cursor = self.viewport.cursor
        return "" if cursor is None else self.reading_of(Window(cursor))

    def reading_of(self, spot: object) -> str:
        return window_words(self._picture, spot.window) if isinstance(spot, Window) else ""

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.ViewportChanged())

    @property
    def _line_end(self) -> int:
        return self._picture.frame.path_end

    def change_viewport(self, viewport: Viewport) -> None:
        self.viewport = viewport
        self.redraw()
        self.post_message(self.ViewportChanged())

    # ---- keys

    def toggle(self, what: Literal["log", "norms", "held_out"]) -> None:
        """Draw something of the curve, or no longer."""
        self.change_viewport(replace(self.viewport, **{what: not getattr(self.viewport, what)}))

    def zoom(self, closer: bool) -> None:
        self.change_viewport(self.viewport.zoomed(self._line_end, 1 / ZOOM if closer else ZOOM))

    def put_cursor(self, window: int) -> None:
        self.change_viewport(self.viewport.with_cursor(self._line_end, window))

    def action_move(self, columns: int) -> None:
        frame, axis = self._picture.frame, self._picture.axis
        cursor = self.viewport.cursor
        if cursor is not None:
            windows_a_column = max(1, axis.length // self.columns)
            visible = min(max(cursor, axis.first), axis.last - 1)
            self.put_cursor(visible + columns * windows_a_column)
        elif frame.trained < frame.path_end:  # where the past is shown
            self.put_cursor(frame.trained - 1)
        else:
            self.put_cursor(axis.last - 1)

    def action_first(self) -> None:
        self.put_cursor(0)

    def take_crosshair(self) -> int | None:
        """Take the crosshair away; returns the number of windows along the path to where it was,
        or None."""
        cursor = self.viewport.cursor
        if cursor is None:
            return None
        self.change_viewport(replace(self.viewport, cursor=None))
        return min(cursor + 1, self._line_end)

    @property
    def columns(self) -> int:
        """The columns of the curve: two in each column of cells, since dots are that fine."""
        return 2 * max(1, self.size.width - GUTTER)

    def put_cursor_on_fall(self, points: Sequence[int]) -> bool:
        """Move the crosshair to the largest fall behind it, or to the largest of all; returns
        whether there is another one. ``points`` are their windows, the largest first."""
        cursor = self.viewport.cursor
        later = [point for point in points if cursor is not None and point > cursor]
        candidates = later or points
        window = candidates[0] if candidates else cursor
        self.change_viewport(replace(self.viewport, cursor=window))
        return window != cursor

    def action_follow(self) -> None:
        self.change_viewport(self.viewport.following())

    # ---- the mouse

    async def clicked(self, spot: object, again: bool) -> None:
        if again:
            await self.run_action("screen.do('go_there')")
        elif isinstance(spot, Window):
            self.change_viewport(replace(self.viewport, cursor=spot.window))

    @on(events.MouseScrollUp)
    @on(events.MouseScrollDown)
    def scrolled(self, event: events.MouseEvent) -> None:
        """Zoom about the window under the pointer, which stays there."""
        place = self._place
        column = event.x - self.styles.padding.left - place.x
        share = (min(max(0, column), place.width - 1) + 0.5) / place.width
        window = place.first + share * place.length
        factor = 1 / WHEEL if isinstance(event, events.MouseScrollUp) else WHEEL
        self.change_viewport(self.viewport.zoomed(self._line_end, factor, window, share))

    # ---- what is drawn

    def draw(self, cells: Cells) -> None:
        place = draw_plot(cells, self._picture, self.viewport, self.has_focus, self._is_ascii)
        if place is not None:
            self._place = place
            cells.mark_each(
                place.x, 0, place.width, cells.height, lambda x, _: self._window(place.x + x)
            )

    def _window(self, x: int) -> Window | None:
        windows = self._place.windows(x, self._line_end)
        return Window(windows[len(windows) // 2]) if windows else None

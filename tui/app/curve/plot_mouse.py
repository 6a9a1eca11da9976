"""The mouse on the curve: a click sets the crosshair, a drag zooms to what it covers, the wheel zooms or scrolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from textual.events import (
    MouseDown,
    MouseEvent,
    MouseMove,
    MouseScrollDown,
    MouseScrollLeft,
    MouseScrollRight,
    MouseScrollUp,
    MouseUp,
)

from tui.app.curve.viewport import Viewport
from tui.app.drawings.spots import Window
from tui.kit.cells import CellWidget


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

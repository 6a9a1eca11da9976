"""A view with a cursor on a time step of a row of the batch, which scrolls if not all rows fit."""

from __future__ import annotations

from echornn.session.pictures.frame import Frame
from tui.app.drawings.spots import TimeStep
from tui.app.views.view import View


class TimeStepView(View):
    """A view with a cursor on a time step of the shown window, while training is paused. It scrolls if it does not show
    all rows of the batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._first_row = 0
        self._cursor: tuple[int, int] | None = None

    def _extent(self, frame: Frame) -> tuple[int, int] | None:
        """The numbers of rows and of time steps in the shown window; None if there is no window."""
        raise NotImplementedError

    def _rows_that_fit(self, frame: Frame) -> int:
        """How many rows are on the screen at the same time."""
        raise NotImplementedError

    def _step_of_first_key(self, steps: int, length: int) -> int:
        """The time step at which the cursor appears when the first key moves it by so many steps."""
        return length - 1

    def _has(self, step: TimeStep) -> bool:
        """Whether the shown window has this time step, and training is paused."""
        extent = self._extent(self._frame) if self._frame is not None and self._frame.state.stands_still else None
        return extent is not None and step.row < extent[0] and step.step < extent[1]

    def _visible_cursor(self) -> tuple[int, int] | None:
        """The row and time step under the cursor, if training is paused and the cursor is in the window; otherwise
        None.
        """
        frame = self._frame
        if self._cursor is None or frame is None or not frame.state.stands_still:
            return None
        extent = self._extent(frame)
        return None if extent is None else (min(self._cursor[0], extent[0] - 1), min(self._cursor[1], extent[1] - 1))

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a time step, as the arrow keys do."""
        if isinstance(spot, TimeStep) and self._frame is not None and self._frame.state.stands_still:
            self._put_cursor((spot.row, spot.step))

    def action_move(self, steps: int, rows: int) -> None:
        """Move the cursor; without one, show it, or scroll."""
        frame = self._frame
        extent = None if frame is None else self._extent(frame)
        if frame is None or extent is None:
            return
        count, length = extent
        shown, cursor = self._rows_that_fit(frame), self._visible_cursor()
        if cursor is None and steps and frame.state.stands_still:
            cursor = self._first_row, self._step_of_first_key(steps, length)
        elif cursor is not None:
            cursor = min(max(0, cursor[0] + rows), count - 1), min(max(0, cursor[1] + steps), length - 1)
            self._first_row = min(max(self._first_row, cursor[0] - shown + 1), cursor[0])
        else:
            self._first_row = min(max(0, self._first_row + rows), max(0, count - shown))
            cursor = self._cursor
        self._put_cursor(cursor)

    def action_leave(self) -> None:
        self._put_cursor(None)

    def _put_cursor(self, cursor: tuple[int, int] | None) -> None:
        self._cursor = cursor
        self.redraw()
        self.on_view()

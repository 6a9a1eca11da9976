"""The status lines above the curve (diagnosis, hint or the values under a cursor), and notifications."""

from __future__ import annotations

from typing import Any

from textual.events import Event, Key, MouseDown
from textual.timer import Timer

from echornn.diagnosis.cases import Remedy
from tui.app.curve.loss_plot import LossPlot
from tui.app.drawings.spots import time_step_of
from tui.app.parts.viewing import Viewing
from tui.app.views.view import View
from tui.app.widgets.status import StatusLine
from tui.term.printed import printable

HINT_SECONDS = 4.0
"""How many seconds the app shows why a key has no effect, and what is under a pointer that rests."""


class StatusMessages(Viewing):
    """The part of the app that shows messages: in the status lines, or as notifications."""

    _said = ""
    _hint_ends: Timer | None = None
    _hover_ends: Timer | None = None
    _status_is_stale = _hover_is_stale = _hovers = False

    def _show_status(self) -> None:
        """Update the status once, after the waiting keys: the text depends on the position of a cursor."""
        if not self._status_is_stale and self._has_widgets:
            self._status_is_stale = True
            self._main.query_one(StatusLine).call_later(self._show_status_now)

    def _show_status_now(self) -> None:
        self._status_is_stale = self._hover_is_stale = False
        if not self._has_widgets:
            return
        self._mark_pointed()
        focused = self._main.focused
        watched: tuple[LossPlot | View, ...] = (self._plot, *self._views)
        read = [one for one in watched if focused in (one, None)]
        readings = (one.reading_of(one.hovered) for one in watched if self._hovers)
        reading = next(filter(None, (*readings, *(one.reading for one in read))), "")
        self._main.query_one(StatusLine).show(self._picture, reading, self._said)

    def _mark_pointed(self) -> None:
        """Mark in all views the time step that is under the pointer or a cursor in one of them."""
        spots = [*(one.hovered for one in self._views if self._hovers), *(one.at_cursor for one in self._views)]
        step = next((step for step in map(time_step_of, spots) if step is not None), None)
        for view in self._views:
            view.point_at(step)

    @property
    def _remedy(self) -> Remedy | None:
        """The configuration change that the advice on the screen names; None if it names none."""
        return self._main.query_one(StatusLine).remedy

    def _hover_moved(self) -> None:
        """Read what is under the pointer with the next frame: a slow line then gets no more than its frames."""
        self._hover_is_stale = self._hovers = True

    def _show_hovered(self) -> None:
        """Show for some seconds what is under the pointer, if it has moved to something else."""
        if self._hover_is_stale:
            self._show_status()
            if self._hover_ends is not None:
                self._hover_ends.stop()
            self._hover_ends = self.set_timer(HINT_SECONDS, self._end_hover)

    def _end_hover(self) -> None:
        self._hovers = False
        self._show_status()

    def _hint(self, text: str) -> None:
        """Show a hint above the diagnosis for some seconds."""
        self._said = text
        self._show_status()
        if self._hint_ends is not None:
            self._hint_ends.stop()
        self._hint_ends = self.set_timer(HINT_SECONDS, self._end_hint)

    async def on_event(self, event: Event) -> None:
        """Remove the hint at the next key or click, before that may show another one. On a screen that is too small for
        the curve a key removes the notifications too: they cover what the next one says.
        """
        if isinstance(event, Key | MouseDown) and not event.is_forwarded and self._said:
            self._end_hint()
        if isinstance(event, Key) and not event.is_forwarded and self._has_widgets and self._main.has_class("small"):
            self.clear_notifications()
        await super().on_event(event)

    def _end_hint(self) -> None:
        self._said = ""
        self._show_status()

    def notify(self, message: str, **options: Any) -> None:
        """Show a notification for some seconds. The text may be from outside, such as an error or a folder's name."""
        text = self.keymap.text(message)
        super().notify("\n".join(printable(line) for line in text.split("\n")), **options)

"""The part of the run that the curve shows, and the position of the crosshair: values that pure functions change."""

from __future__ import annotations

from dataclasses import dataclass, replace

from echornn.session.pictures.picture import Span

LEAST_SPAN = 20
"""The fewest windows on the axis."""

WHEEL = 1.25
"""By how much a step of the wheel widens or narrows the axis; trackpads send many steps."""


@dataclass(frozen=True)
class Viewport:
    """The visible part of the curve.

    Attributes:
        span: the number of windows shown; None for all.
        end: the window after the last shown, counted along the run; None to follow the newest.
        cursor: the window under the crosshair; None without a crosshair.
        log: whether the loss axis is logarithmic.
    """

    span: int | None = None
    end: int | None = None
    cursor: int | None = None
    log: bool = False

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window shown, and the window after the last shown, if ``trained`` windows are trained."""
        return self.windows.limits(trained)

    @property
    def windows(self) -> Span:
        """The windows that are visible, as a query for the session."""
        return Span(self.span, self.end)

    def zoomed(self, trained: int, closer: bool) -> Viewport:
        """The viewport with half or twice as many windows, around the crosshair if there is one, otherwise at the
        newest.
        """
        first, last = self.limits(trained)
        shown = max(last - first, 1) if self.span is None else self.span
        span = max(LEAST_SPAN, shown // 2) if closer else 2 * shown
        if span >= trained and not closer:
            return replace(self, span=None, end=None)
        if self.cursor is None or (last == trained and self.cursor >= trained - span // 4):
            return replace(self, span=span, end=None if last == trained else self.end)
        return replace(self, span=span, end=self.cursor + span // 2)

    def moved(self, trained: int, windows: int, here: int | None = None) -> Viewport:
        """The viewport with the crosshair moved by ``windows``; it scrolls if the crosshair leaves the visible part.

        Args:
            here: where the crosshair begins if there is none yet, in windows; the last visible window if None.
        """
        if trained == 0:
            return self
        first, last = self.limits(trained)
        if self.cursor is None:
            cursor = last - 1 if here is None else here - 1
        else:
            cursor = min(max(self.cursor, first), last - 1) + windows
        cursor = min(max(cursor, 0), trained - 1)
        end = self.end
        if self.span is not None and cursor < first:
            end = cursor + self.span
        elif self.span is not None and cursor >= last:
            end = None if cursor == trained - 1 else cursor + 1
        elif self.span is not None and self.end is None:
            end = last
        return replace(self, cursor=cursor, end=end)

    def on(self, trained: int, first: int, end: int) -> Viewport:
        """The viewport that shows these windows, from ``first`` to before ``end``; or a few more, if they are few."""
        span = max(LEAST_SPAN, end - first)
        end = min(trained, max(span, end + (span - (end - first)) // 2))
        return _without_far_cursor(replace(self, span=span, end=end), trained)

    def zoomed_at(self, trained: int, closer: bool, at: float, share: float) -> Viewport:
        """The viewport with fewer or more windows, by a step of the wheel.

        Args:
            at: the window that keeps its place, if possible.
            share: its place on the axis, 0 to 1.
        """
        first, last = self.limits(trained)
        shown = max(last - first, 1) if self.span is None else self.span
        span = max(LEAST_SPAN, min(shown - 1, round(shown / WHEEL))) if closer else max(shown + 1, round(shown * WHEEL))
        if span >= trained:
            return replace(self, span=None, end=None)
        end = max(span, round(at + (1 - share) * span))
        follows = self.end is None and end >= trained
        return _without_far_cursor(replace(self, span=span, end=None if follows else min(end, trained)), trained)

    def panned(self, trained: int, windows: int) -> Viewport:
        """The viewport moved along the run by ``windows``; at the newest window, it follows."""
        if self.span is None:
            return self
        end = max(self.span, self.limits(trained)[1] + windows)
        return _without_far_cursor(replace(self, end=None if end >= trained else end), trained)

    def following(self) -> Viewport:
        """The viewport that follows the newest windows, without a crosshair."""
        return replace(self, end=None, cursor=None)


def zoomed(viewport: Viewport, trained: int, closer: bool) -> Viewport:
    """The viewport zoomed in or out; a crosshair that is then outside is removed."""
    return _without_far_cursor(viewport.zoomed(trained, closer), trained)


def _without_far_cursor(viewport: Viewport, trained: int) -> Viewport:
    """The viewport, without its crosshair if that is not visible."""
    first, last = viewport.limits(trained)
    visible = viewport.cursor is None or first <= viewport.cursor < last
    return viewport if visible else replace(viewport, cursor=None)

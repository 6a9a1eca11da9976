"""Which part of the run the curve shows, and where its crosshair is: values that pure functions change."""

from __future__ import annotations

from dataclasses import dataclass, replace

from echornn.session.queries import Span

LEAST_SPAN = 20
"""The fewest windows that the axis can show."""


@dataclass(frozen=True)
class Viewport:
    """What the curve shows.

    Attributes:
        span: windows shown; None for all.
        end: window of the run after the last shown; None to follow the newest.
        cursor: window under the crosshair; None without one.
        log: whether the loss axis is in powers of ten.
    """

    span: int | None = None
    end: int | None = None
    cursor: int | None = None
    log: bool = False

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window shown, and the one after the last, if so many are trained."""
        return self.windows.limits(trained)

    @property
    def windows(self) -> Span:
        """The windows that are looked at."""
        return Span(self.span, self.end)

    def zoomed(self, trained: int, closer: bool) -> Viewport:
        """The viewport with half or twice as many windows, around the crosshair; without one, around the newest."""
        first, last = self.limits(trained)
        shown = max(last - first, 1) if self.span is None else self.span
        span = max(LEAST_SPAN, shown // 2) if closer else 2 * shown
        if span >= trained and not closer:
            return replace(self, span=None, end=None)
        if self.cursor is None or (last == trained and self.cursor >= trained - span // 4):
            return replace(self, span=span, end=None if last == trained else self.end)
        return replace(self, span=span, end=self.cursor + span // 2)

    def moved(self, trained: int, windows: int, here: int | None = None) -> Viewport:
        """The viewport with the crosshair so many windows further; it scrolls if the crosshair leaves it.

        Args:
            here: windows after which one looks at the run, where the crosshair begins; the last shown, unless given.
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

    def following(self) -> Viewport:
        """The viewport at the newest windows, without a crosshair."""
        return replace(self, end=None, cursor=None)


def zoomed(viewport: Viewport, trained: int, closer: bool) -> Viewport:
    """The viewport, zoomed in or out; a crosshair outside it is removed."""
    after = viewport.zoomed(trained, closer)
    first, last = after.limits(trained)
    return after if after.cursor is None or first <= after.cursor < last else replace(after, cursor=None)

"""Finds the ends of epochs along a line of the run: pure functions of its tree."""

from __future__ import annotations

from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline


def end_of_epoch(timeline: Timeline, here: Position, epochs: int) -> int:
    """The window along the line at which an epoch ends: the ``epochs``-th end after ``here`` (negative: before it), at
    most the line's ends.

    New data and other settings begin a new epoch, so their start counts as an end too.
    """
    window = here.window
    for _ in range(abs(epochs)):
        before, window = window, _next(timeline, Position(here.branch, window), forth=epochs > 0)
        if window == before:  # the end of the line is reached
            break
    return window


def _next(timeline: Timeline, here: Position, forth: bool) -> int:
    end = timeline.end(here.branch)
    spans = timeline.spans(end)
    for branch, begin, stop in spans if forth else reversed(spans):
        before = branch.window - branch.start  # how many more windows of its epoch are done than the line has
        windows = branch.config.windows_per_epoch
        if forth:
            first = max(begin, here.window + 1)
            window = first + -(before + first) % windows
        else:
            last = min(stop, here.window - 1)
            window = last - (before + last) % windows
        if begin <= window <= stop:
            return window
    return end.window if forth else 0

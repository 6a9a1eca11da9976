"""Where epochs begin and end along a line of the run: a pure function of its tree."""

from __future__ import annotations

from echornn.runs.branch import Moment
from echornn.runs.timeline import Timeline


def end_of_epoch(timeline: Timeline, here: Moment, epochs: int) -> int:
    """The window along the line at which so many epochs end from here on, or back where it is negative; at the most the
    line's ends.

    New data and other settings begin their epoch anew, so that they end one too.
    """
    window = here.window
    for _ in range(abs(epochs)):
        before, window = window, _next(timeline, Moment(here.branch, window), forth=epochs > 0)
        if window == before:  # the line's end
            break
    return window


def _next(timeline: Timeline, here: Moment, forth: bool) -> int:
    end = timeline.end(here.branch)
    spans = timeline.spans(end)
    for branch, begin, stop in spans if forth else reversed(spans):
        before = branch.window - branch.start  # windows of its epoch that are done, beyond those along the line
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

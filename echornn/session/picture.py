"""A frame together with the losses along its line at that time: everything that is drawn of a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from echornn.analysis.band import Band
from echornn.analysis.loss_history import Curve, curve_of
from echornn.analysis.population_history import band_of, shades_of
from echornn.progress import Floats
from echornn.runs.timeline import Timeline
from echornn.session.frame import Frame


@dataclass(frozen=True, eq=False)
class Picture:
    """A frame with the losses along its line, up to the end that the line had then, without later windows.

    Attributes:
        frame: where the session stands, and which line and network are shown.
        timeline: the run's branches, which only ever grow.
    """

    frame: Frame
    timeline: Timeline = field(default_factory=Timeline)

    def curve(self, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """Part of the loss curve along the line; with several replicas, that of the chosen one. See
        `Timeline.curve`."""
        if not len(self.timeline):
            return curve_of([], columns, 0, 0)
        line = self.frame.line  # of a path on which one of several goes on alone, the line's end is that one's
        replica = min(self.frame.replica, self.timeline.branch(line).config.replicas - 1)
        return self.timeline.curve(line, columns, first, self._end(last), replica)

    def band(self, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The band of all replicas' losses along a part of the line; see `Timeline.band`."""
        if not len(self.timeline):
            return band_of([], columns, 0, 0)
        return self.timeline.band(self.frame.line, columns, first, self._end(last))

    def shades(self, replicas: Sequence[int], columns: int, first: int = 0, last: int | None = None) -> Floats:
        """Mean losses of these replicas along the line, float32 [replicas, up to columns]; see `Timeline.shades`."""
        if not len(self.timeline):
            return shades_of([], replicas, columns, 0, 0)
        return self.timeline.shades(self.frame.line, replicas, columns, first, self._end(last))

    def _end(self, last: int | None) -> int:
        return self.frame.line_end if last is None else min(last, self.frame.line_end)

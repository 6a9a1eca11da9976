"""`Query`, what a viewer asks of a session, and `Picture`, what it is answered: plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.history.buckets import Windows
from echornn.history.curve import Band, Curve, band_of, curve_of
from echornn.progress import Floats
from echornn.run.branch import Branch
from echornn.session.pictures.frame import Frame


@dataclass(frozen=True)
class Span:
    """A range of windows of the path, relative to its end, which moves while training runs."""

    windows: int | None = None  # None for all
    end: int | None = None  # the window after the last; None to follow the newest

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window, and the window after the last, on a path of ``trained`` windows."""
        if self.windows is None:
            return 0, trained
        end = trained
        if self.end is not None:
            # So many windows are shown as long as there are so many
            least = min(self.windows, trained)
            end = max(min(self.end, trained), least)
        return max(0, end - self.windows), end


@dataclass(frozen=True)
class SeedRows:
    """The replicas whose losses are drawn, one row each, on an axis of so many columns."""

    replicas: tuple[int, ...]
    columns: int


@dataclass(frozen=True)
class Query:
    """A viewer's request for a picture. Parts that are not requested are empty in the picture."""

    span: Span = Span()  # the windows that the curve shows
    columns: int = 0  # the columns of the axis of windows; 0 for no curve
    beside: int = 0  # the windows of the longest curve that the viewer itself adds under the curve
    # The most other branches under the curve: pinned ones, then the newest that are not hidden
    ghosts: int = 0
    branches: bool = False  # whether to list the branches
    seeds: SeedRows | None = None  # the replicas whose losses are drawn over the same windows
    # Whether to return the norms of gradients over the same windows and columns
    norms: bool = False
    # The columns of the curve in which falls of the loss are searched; 0 for no search
    falls: int = 0
    held_out: bool = False  # whether to return the losses on held-out data
    path: bool = False  # whether to return the branches on the path to the position


# Of an axis, for each power of ten; chosen by eye
LENGTHS = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8, 10)
LEAST_LENGTH = 100  # windows of an axis; a shorter one would jump at nearly each window


class WindowAxis(NamedTuple):
    """The first window shown, the window after the last, and the number of windows for which the
    axis has space."""

    first: int
    last: int
    length: int

    @classmethod
    def of(cls, span: Span, trained: int, longest: int) -> WindowAxis:
        """The axis for a path of ``trained`` windows. If all are shown, it fits the longest curve,
        and its length is a round number that grows in steps, so that the curve need not be drawn
        anew in every frame.
        """
        first, last = span.limits(trained)
        if span.windows is not None:
            return cls(first, last, max(span.windows, last - first))
        windows = max(last - first, longest, LEAST_LENGTH)
        power = 10.0 ** math.floor(math.log10(windows))
        length = next(step * power for step in LENGTHS if step * power >= windows)
        return cls(first, last, int(length))


@dataclass(frozen=True)
class Ghost:
    key: int | str  # the number of the branch; for another run, its folder
    letter: str  # distinguishes it from others, since a terminal may have no colours
    words: str
    # The windows that are drawn, first <= window < last: those that the curve does not share
    first: int
    last: int
    since: str = ""  # says the first window, unless that is the first of all; never cut off
    curve: Curve | None = None  # None if it has none on the axis, or if no curve was requested


@dataclass(frozen=True)
class BranchRow:
    number: int
    letter: str
    words: str  # how it differs from the first branch, and from which window on
    windows: int  # along its path
    mean: float  # mean loss of the last windows of its path in nats; NaN if there are none
    solved_at: int | None  # the window along its path, from 1
    lost_at: int | None
    seed_stats: SolvedCounts | None  # how many of several replicas have solved and lost the task
    is_on_path: bool  # whether the curve shows its path
    is_shown: bool  # whether it is drawn under the curve
    is_pinned: bool


@dataclass(frozen=True, eq=False)
class SeedLosses:
    """Mean losses of some replicas in the columns of an axis that begin before the last trained
    window."""

    replicas: tuple[int, ...]
    losses: Floats  # [replicas, columns], in nats
    windows: Windows  # [columns], the middle window of each, from 0


@dataclass(frozen=True)
class Audience:
    """Who looks at a session, as told to one of the viewers."""

    others: tuple[str, ...] = ()  # the names of the other viewers
    steering: str = ""  # the viewer that may send commands; empty if it is this one, or none
    silent: int = 0  # for how many seconds the session has not answered; 0 if it answers
    ended: str = ""  # why no more pictures come, and how to continue
    only_looks: bool = False  # whether this viewer can never steer

    @property
    def is_connected(self) -> bool:
        """Whether the session answers; otherwise it is not known what it is doing now."""
        return not (self.silent or self.ended)

    @property
    def may_steer(self) -> bool:
        return self.may_note and not self.steering

    @property
    def may_note(self) -> bool:
        """Whether this viewer's names and pins of branches are taken: also while another viewer
        steers."""
        return not (self.ended or self.only_looks)


ALONE = Audience()
NO_AXIS = WindowAxis(0, 0, LEAST_LENGTH)
NO_CURVE = curve_of([], 0, 0, 0)
NO_BAND = band_of([], 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Picture:
    """The answer to a query.

    Its losses end at the window that was newest on the path when the frame was made.
    """

    frame: Frame
    query: Query = field(default_factory=Query)
    axis: WindowAxis = NO_AXIS
    # The losses along the path; with several replicas, those of the selected one
    curve: Curve = NO_CURVE
    # Of its gradients, before clipping; the error rates are the shares of clipped windows
    norms: Curve = NO_CURVE
    # The losses on held-out data along the path, where they were measured
    held_out: Curve = NO_CURVE
    # The losses of all replicas along the path; without buckets for a single network
    band: Band = NO_BAND
    ghosts: tuple[Ghost, ...] = ()
    branches: tuple[BranchRow, ...] = ()  # newest first
    seeds: SeedLosses | None = None
    # The last window before the largest fall of the loss, and before the task was lost
    falls: tuple[int, ...] = ()
    path: tuple[Branch, ...] = ()  # from the branch that has new weights to the position
    branch_count: int = 0
    # Windows that are not on the path: only with these and `branch_count` do ghosts change
    elsewhere: int = 0
    path_config: EchoConfig | None = None  # at the end of the path; None before there are branches
    audience: Audience = ALONE

"""`Picture`: everything that the screen draws of a session at one time, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from echornn.config import EchoConfig
from echornn.history.curve import Band, Curve, band_of, curve_of
from echornn.session.audience import ALONE, Audience
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.queries import Query, Span
from echornn.session.pictures.rows import BranchRow, Ghost, SeedLosses, WindowAxis
from echornn.timeline.branch import Branch

NO_AXIS, NO_CURVE, NO_BAND = WindowAxis.of(Span(), 0, 0), curve_of([], 0, 0, 0), band_of([], 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Picture:
    """The answer to a query. Parts that the query does not request are empty.

    The losses end at the window that was newest on the line when the frame was made.

    Attributes:
        frame: the state of the session, including which line and replica are shown.
        query: the query that it answers.
        axis: the axis of windows.
        curve: the losses along the line; with several replicas, those of the selected one.
        band: the distribution of the losses of all replicas along the line; without buckets for a single network.
        ghosts: the other curves, drawn under this one.
        branches: the branches of the run for the list, newest first.
        seeds: the losses of some replicas, one row each.
        falls: the last window before the largest fall of the loss, and the last before the task was lost.
        path: the branches on the path to the position, beginning with the branch that has new weights.
        branch_count: the number of branches in the run.
        elsewhere: the number of windows of the run that are not on the line. The ghosts of a line change only if this
            or ``branch_count`` changes.
        line_config: the configuration at the end of the line; None before there are branches.
        audience: who else looks at the session, and who steers.
    """

    frame: Frame
    query: Query = field(default_factory=Query)
    axis: WindowAxis = NO_AXIS
    curve: Curve = NO_CURVE
    band: Band = NO_BAND
    ghosts: tuple[Ghost, ...] = ()
    branches: tuple[BranchRow, ...] = ()
    seeds: SeedLosses | None = None
    falls: tuple[int, ...] = ()
    path: tuple[Branch, ...] = ()
    branch_count: int = 0
    elsewhere: int = 0
    line_config: EchoConfig | None = None
    audience: Audience = ALONE

"""A picture: everything that a viewer draws of a session at one time, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from echornn.config import EchoConfig
from echornn.history.band import Band, band_of
from echornn.history.curve import Curve, curve_of
from echornn.session.branch_rows import BranchRow
from echornn.session.frame import Frame
from echornn.session.ghosts import Ghost
from echornn.session.queries import Query, Span
from echornn.session.seed_losses import SeedLosses
from echornn.session.window_axis import WindowAxis
from echornn.timeline.branch import Branch

NO_AXIS, NO_CURVE, NO_BAND = WindowAxis.of(Span(), 0, 0), curve_of([], 0, 0, 0), band_of([], 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Picture:
    """The answer to a query. What the query does not ask for is empty.

    The losses end where the line ended in the frame: no later window is in them.

    Attributes:
        frame: the state of the session, and which line and replica are shown.
        query: what was asked.
        axis: the windows that are shown.
        curve: the losses along the line; of several replicas, those of the chosen one.
        band: the losses of all replicas along the line; a lone network has no buckets.
        ghosts: the other curves under it.
        branches: the run's branches, for the list, the newest first.
        seeds: the losses of some replicas, a row each.
        falls: windows after which the loss fell most, or what was solved was lost.
        path: the branches that lead to the position, from where the weights began.
        tried: the branch that has the edit already; None where no branch has it.
        digests: of each branch, by its number; see `echornn.timeline.branch.digest`.
        branch_count: how many branches the run has.
        elsewhere: windows that were trained in the run and are not on the line. While these two numbers stay the same,
            so do the ghosts of a line.
        line_config: what is trained at the line's end; None before there are branches.
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
    tried: int | None = None
    digests: tuple[int, ...] = ()
    branch_count: int = 0
    elsewhere: int = 0
    line_config: EchoConfig | None = None

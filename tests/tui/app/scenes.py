"""Pictures of handmade timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.ghosts import Ghost
from echornn.session.pictures.look import look, with_curve
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from echornn.timeline.timeline import Timeline
from tui.app.curve.loss_plot import LossPlot
from tui.kit.cells import Cells

NOTHING = Picture(Frame(State.LOADING, EchoConfig()))
"""The picture before anything is trained."""


@dataclass
class Line:
    """The whole line of a branch, seen after ``here`` of its windows, by default at its end.

    Attributes:
        beside: ghosts of other runs, each with its run's timeline.
        config: the frame's configuration, if not the branch's.
    """

    timeline: Timeline
    line: int = 0
    here: int | None = None
    replica: int = 0
    config: EchoConfig | None = None
    beside: Sequence[tuple[Ghost, Timeline]] = ()

    @property
    def frame(self) -> Frame:
        end = self.timeline.end(self.line).window
        here = end if self.here is None else self.here
        config = self.timeline.branch(self.line).config if self.config is None else self.config
        return Frame(
            State.PAUSED,
            config,
            trained=here,
            line=self.line,
            line_end=end,
            is_past=here < end,
            replica=self.replica,
        )

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The picture, with the ghosts of other runs after those of this run."""
        query = replace(query, beside=max((ghost.last for ghost, _ in self.beside), default=0))
        picture = look(query, self.frame, self.timeline, before)
        others = [with_curve(ghost, picture.axis, query.columns, of, 0, before) for ghost, of in self.beside]
        return replace(picture, ghosts=(*picture.ghosts, *others))

    def show(self, plot: LossPlot) -> None:
        """Show the line in a plot, also after keys that change the visible part."""
        shown = plot._picture if plot._picture.branch_count else None

        def again() -> None:
            nonlocal shown
            shown = self.look(plot.looks_at, shown)
            plot.show(shown)

        plot.on_viewport, plot.ask = again, self.look
        again()

    def draw(self, plot: LossPlot, width: int, height: int, ghosts: int = 0) -> Cells:
        """Draw the line without an app, with at most ``ghosts`` ghosts of its own run."""
        columns = plot.columns_on(width)
        plot._picture = self.look(Query(plot.viewport.windows, columns, ghosts=ghosts))
        cells = Cells(width, height, LossPlot.STYLES)
        plot.draw(cells)
        return cells

"""The curve and the views below it: which of them are shown, what they need, and what is read where
their cursors are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget

from echornn.readings import Question
from echornn.session.exchange import union
from echornn.session.pictures.frame import State
from echornn.session.pictures.picture import Picture, Query
from echornn.session.probing import HELD_OUT
from tui.app.keys import FINISHED
from tui.app.shown import Shown
from tui.views.plot import LossPlot
from tui.views.seeds import SeedsView
from tui.views.solutions import SolutionsView
from tui.views.table import VIEWS, ViewChoice
from tui.views.view import TimeStep, View, time_step_of

MEANWHILE = "«view.data»: data, «settings»: settings, «pause»: pause, «help»: help"


class Watched:
    """What somebody watches while a network learns; all of it shows the same picture."""

    def __init__(self, shown: Shown, ascii_only: bool) -> None:
        self._shown = shown
        self._picture_of_views: Picture | None = None  # which may be older than the curve's
        self.choice = ViewChoice()
        self.plot = LossPlot(shown.picture, ascii_only)
        self.seeds = SeedsView(shown.picture)
        self.solutions = SolutionsView(shown.picture, self.seeds)
        self.all_views = [*map(self._view, VIEWS)]

    def _view(self, kind: type[View]) -> View:
        for view in (self.seeds, self.solutions):
            if isinstance(view, kind):
                return view
        return kind(self._shown.picture)

    @property
    def views(self) -> list[View]:
        """The views that are shown."""
        return [view for view in self.all_views if view.display]

    def show_only(self, kinds: Sequence[type[View]]) -> None:
        for view in self.all_views:
            view.display = type(view) in kinds

    # ---- what is drawn

    def query(self, branches: bool) -> Query:
        """What the curve and the view of seeds need to know, and perhaps the branches."""
        view, rows = self.seeds, None
        if view.display:
            rows = view.rows(self._shown.frame, view.size.width, view.size.height)
        return self.plot.query_with(branches, rows)

    @property
    def question(self) -> Question | None:
        """The readings that the views and the curve need."""
        questions = [view.question for view in self.views]
        if self.plot.viewport.held_out:
            questions.append(HELD_OUT)
        return union(*questions)

    @property
    def views_are_stale(self) -> bool:
        return self._shown.picture is not self._picture_of_views

    def show_views(self) -> None:
        self._picture_of_views = self._shown.picture
        for view in self.views:
            view.show(self._shown.picture, self._instead_of(view))

    def show_seed_rows(self) -> None:
        """Draw other lines of the view of seeds: it has scrolled, or shows other windows."""
        if self.seeds.display:
            self.seeds.show(self._shown.picture, self._instead_of(self.seeds))

    def _instead_of(self, view: View) -> str:
        """What a view says where it has nothing to show."""
        frame = self._shown.frame
        reads = view.question is not None
        if reads and frame.state not in (State.LOADING, State.FAILED):
            return frame.why_no_readings
        match frame.state:
            case State.LOADING:
                return f"{frame.message}; {MEANWHILE}"
            case State.FAILED:
                return frame.message
            case State.PAUSED:
                return "press «step» to train a window"
            case State.FINISHED:
                return FINISHED
            case _:
                return ""

    # ---- cursors

    @property
    def has_cursor(self) -> bool:
        """Whether escape has something to do: a cursor to remove, or the newest to follow."""
        viewport = self.plot.viewport
        if viewport != viewport.following():
            return True
        return any(view.reading and not view.reads_beside for view in self.views)

    def leave_cursors(self, focused: Widget | None) -> None:
        """Show only the cursor of the view that has the arrow keys."""
        for view in self.views:
            if view is not focused:
                view.action_leave()

    def point(self, hovers: bool) -> None:
        """Mark the time step under the pointer, or under the cursor of a view, in all views."""
        step = self._pointed_time_step(hovers)
        for view in self.views:
            view.point_at(step)

    def _pointed_time_step(self, hovers: bool) -> TimeStep | None:
        spots = [view.at_cursor for view in self.views]
        if hovers:
            spots = [*(view.hovered for view in self.views), *spots]
        for spot in spots:
            step = time_step_of(spot)
            if step is not None:
                return step
        return None

    def reading(self, focused: Widget | None, hovers: bool) -> str:
        """What is known of the spot under the pointer, or under the cursor of what has the arrow
        keys."""
        watched: list[LossPlot | View] = [self.plot, *self.views]
        if hovers:
            for widget in watched:
                reading = widget.reading_of(widget.hovered)
                if reading:
                    return reading
        for widget in watched:
            if focused in (widget, None) and widget.reading:
                return widget.reading
        return ""

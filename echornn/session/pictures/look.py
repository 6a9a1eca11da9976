"""Answers a query: makes the picture from a frame and from the losses in the run's tree."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.diagnosis.loss_stats import turning_points
from echornn.history.curve import Band, Curve, width_of
from echornn.progress import Floats
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import NO_BAND, NO_CURVE, Picture
from echornn.session.pictures.queries import Query
from echornn.session.pictures.rows import BranchRow, Ghost, SeedLosses, WindowAxis, branch_rows, ghosts_of, seed_losses
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline


def look(query: Query, frame: Frame, timeline: Timeline, before: Picture | None = None) -> Picture:
    """The picture of a frame. Its losses end at the window that was newest on the line when the frame was made.

    Args:
        timeline: the tree of the run, which may have grown since.
        before: an earlier picture of the same run, from which unchanged parts are reused.
    """
    if not len(timeline):
        return Picture(frame, query, WindowAxis.of(query.span, frame.line_end, 0))
    return _PictureMaker(query, frame, timeline, Picture(frame) if before is None else before).picture()


def with_curve(
    ghost: Ghost, axis: WindowAxis, columns: int, timeline: Timeline, branch: int, before: Picture | None
) -> Ghost:
    """The ghost with its curve on an axis of ``columns`` columns; if the curve is unchanged, the same object as in the
    previous picture.

    Args:
        timeline, branch: the ghost's run and branch.
    """
    if before is not None and before.query.columns == columns:
        is_same_axis = before.axis._replace(last=axis.last) == axis or columns == 0
        for known in before.ghosts if is_same_axis else ():
            if known.terms == ghost.terms:
                return known
    return ghost.on(axis, columns, timeline, branch)


class _PictureMaker:
    """The computation of one picture; the run may grow meanwhile."""

    def __init__(self, query: Query, frame: Frame, timeline: Timeline, before: Picture) -> None:
        self.query = query
        self.frame = frame
        self.timeline = timeline
        self.before = before
        self.branch_count = len(timeline)
        self.elsewhere = timeline.trained - frame.line_end
        tree = (self.branch_count, self.elsewhere, frame.line, frame.notes, query.ghosts)
        known = (before.branch_count, before.elsewhere, before.frame.line, before.frame.notes, before.query.ghosts)
        self.is_same_tree = tree == known
        self.is_same_frame = frame is before.frame and before.branch_count > 0
        self.ghosts = self._chosen()
        longest = max([query.beside, *(ghost.last for ghost in self.ghosts)])
        self.axis = WindowAxis.of(query.span, frame.line_end, longest)

    def picture(self) -> Picture:
        """The complete picture."""
        curve, band = self._losses()
        ghosts = tuple(self._with_curve(ghost) for ghost in self.ghosts)
        return Picture(
            frame=self.frame,
            query=self.query,
            axis=self.axis,
            curve=curve,
            band=band,
            ghosts=ghosts,
            branches=self._branches() if self.query.branches else (),
            seeds=self._seeds(),
            falls=self._falls() if self.query.falls else (),
            path=self._path() if self.query.path else (),
            branch_count=self.branch_count,
            elsewhere=self.elsewhere,
            line_config=self.timeline.branch(self.frame.line).config,
        )

    def _chosen(self) -> Sequence[Ghost]:
        """The ghosts of the line, without curves."""
        if not self.query.ghosts:
            return ()
        if self.is_same_tree:
            return [ghost for ghost in self.before.ghosts if isinstance(ghost.key, int)]
        return ghosts_of(self.timeline, self.frame.line, self.frame.notes, self.query.ghosts)

    def _with_curve(self, ghost: Ghost) -> Ghost:
        assert isinstance(ghost.key, int)
        return with_curve(ghost, self.axis, self.query.columns, self.timeline, ghost.key, self.before)

    def _losses(self) -> tuple[Curve, Band]:
        """The curve and the band."""
        (first, last, _), columns, before = self.axis, self.query.columns, self.before
        if columns == 0:
            return NO_CURVE, NO_BAND
        width, known = width_of(columns, last - first), width_of(before.query.columns, last - first)
        if self.is_same_frame and before.query.columns and (first, last, width) == (*before.axis[:2], known):
            return before.curve, before.band
        columns = columns if last > first else 1
        return self._curve(columns, first, last), self.timeline.band(self.frame.line, columns, first, last)

    def _curve(self, columns: int, first: int, last: int | None) -> Curve:
        """The losses in a range of the line; with several replicas, those of the selected one."""
        frame = self.frame
        # a replica that continues alone has losses of its own
        replicas = self.timeline.branch(frame.line).config.replicas
        last = frame.line_end if last is None else min(last, frame.line_end)
        return self.timeline.curve(frame.line, columns, first, last, min(frame.replica, replicas - 1))

    def _branches(self) -> tuple[BranchRow, ...]:
        before, shown = self.before, [ghost.key for ghost in self.ghosts]
        if self.is_same_frame and self.is_same_tree and before.query.branches:
            return before.branches
        return branch_rows(self.timeline, self.frame.line, self.frame.notes, shown)

    def _seeds(self) -> SeedLosses | None:
        rows, before = self.query.seeds, self.before
        if rows is None:
            return None
        if self.is_same_frame and (self.axis, rows) == (before.axis, before.query.seeds):
            return before.seeds
        return seed_losses(rows.replicas, self._shades, self.axis, rows.columns)

    def _shades(self, replicas: Sequence[int], columns: int, first: int, last: int) -> Floats:
        return self.timeline.shades(self.frame.line, replicas, columns, first, min(last, self.frame.line_end))

    def _falls(self) -> tuple[int, ...]:
        first, last, _ = self.axis
        return tuple(turning_points(self._curve, self.query.falls, first, last, self.frame.loss_stats))

    def _path(self) -> tuple[Branch, ...]:
        return self.timeline.path(Position(self.frame.branch, self.frame.trained))

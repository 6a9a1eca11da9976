"""The picture that the screen shows: everything on the screen depends on it alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from echornn.run.branch import Branch
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Query
from tui.panels.runs import UnderCurve


class Shown:
    """The newest picture that was drawn; a new one replaces it as a whole."""

    def __init__(self, under_curve: UnderCurve) -> None:
        self.under_curve = under_curve
        self.picture = under_curve.look(Query())

    @property
    def frame(self) -> Frame:
        return self.picture.frame

    @property
    def folder(self) -> Path | None:
        """The folder of the run; None if it is not kept."""
        return Path(self.frame.folder) if self.frame.folder else None

    def look(self, query: Query) -> bool:
        """Take the newest picture; returns whether it differs from the one before."""
        before = self.picture
        newest = self.under_curve.look(query)
        is_new = (
            newest.frame is not before.frame
            or newest.query != before.query
            or newest.ghosts != before.ghosts
            or newest.audience != before.audience
        )
        if is_new:
            self.picture = newest
        return is_new

    def look_again(self, query: Query) -> None:
        """Take another picture of the same frame: the cursor or the axis has moved."""
        self.picture = self.under_curve.look_again(query, self.picture)

    def falls(self, columns: int) -> tuple[int, ...]:
        """The windows before which the loss falls in a curve of so many columns, the largest
        first, and where a solved task was lost."""
        query = replace(self.picture.query, falls=columns)
        return self.under_curve.session.look_again(query, self.picture).falls

    def path(self) -> tuple[Branch, ...]:
        """The branches on the path to the position."""
        return self.under_curve.session.look_again(Query(path=True), self.picture).path

    def steer(self) -> None:
        """Count as the viewer who steers, before the session has said so: a key that follows at
        once is then sent."""
        audience = replace(self.picture.audience, steering="")
        self.picture = replace(self.picture, audience=audience)

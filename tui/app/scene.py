"""A scene: everything that the widgets draw at one time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from echornn.session.frame import Frame
from echornn.session.picture import Picture
from tui.app.ghost_choice import Ghost
from tui.app.widgets.axes import axis_end
from tui.app.widgets.viewport import Viewport


class WindowAxis(NamedTuple):
    """The first window shown, the one after the last, and how many the axis has room for."""

    first: int
    last: int
    length: int


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture of the session, and the other futures that lie under its curve."""

    picture: Picture
    ghosts: Sequence[Ghost] = ()

    @property
    def frame(self) -> Frame:
        """The picture's."""
        return self.picture.frame

    def axis(self, viewport: Viewport) -> WindowAxis:
        """The axis of windows: as long as the longest of the futures, where all is shown."""
        first, last = viewport.limits(self.frame.line_end)
        if viewport.span is None:
            return WindowAxis(first, last, int(axis_end(max([last - first, *(ghost.last for ghost in self.ghosts)]))))
        return WindowAxis(first, last, max(viewport.span, last - first))

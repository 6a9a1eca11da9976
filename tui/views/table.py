"""The list of all views, in the order of their keys.

To add a view, add a file in this folder and an entry here.
"""

from __future__ import annotations

from typing import NamedTuple

from tui.views.automaton import AutomatonView
from tui.views.data import DataView
from tui.views.gradient import GradientView
from tui.views.memory import MemoryView
from tui.views.plane import PlaneView
from tui.views.rows import RowsView
from tui.views.sample import SampleView
from tui.views.seeds import SeedsView
from tui.views.solutions import SolutionsView
from tui.views.view import View
from tui.views.weights import WeightsView

VIEWS: tuple[type[View], ...] = (
    *(RowsView, DataView, MemoryView, GradientView),
    *(WeightsView, SeedsView, PlaneView),
    *(SolutionsView, AutomatonView, SampleView),
)


class ViewChoice(NamedTuple):
    """The number keys of the two views that were opened last; the older is shown only if there is
    room for two."""

    newest: str = "1"
    before: str = "3"

    def pressed(self, key: str) -> ViewChoice:
        return self if key == self.newest else ViewChoice(key, self.newest)

    def shown(self, most: int) -> tuple[type[View], ...]:
        """The views, in the order of their keys, so that a view stays on the same side."""
        return tuple(view for view in VIEWS if view.key in self[:most])

"""The list of all views, in the order of their keys. To add a view, add a file in this folder and an entry here."""

from __future__ import annotations

from dataclasses import dataclass

from tui.views.data import Data
from tui.views.gradient import GradientView
from tui.views.memory import MemoryView
from tui.views.plane import PlaneView
from tui.views.rows import Rows
from tui.views.seeds import SeedsView
from tui.views.view import View
from tui.views.weights import WeightsView

VIEWS: tuple[type[View], ...] = (Rows, Data, MemoryView, GradientView, WeightsView, SeedsView, PlaneView)

NAMES_OF_VIEWS = {f"view.{view.title}": view.title for view in VIEWS}
"""The titles of the views, by the id of their keys."""


@dataclass(frozen=True)
class ViewChoice:
    """The two views that were opened last; the older one is shown only if there is room for two.

    Attributes:
        newest, before: the number keys of the two views; "" or an unknown key means no view.
    """

    newest: str = "1"
    before: str = "3"

    def pressed(self, key: str) -> ViewChoice:
        """The choice of views after the user pressed this number key."""
        return self if key == self.newest else ViewChoice(key, self.newest)

    def shown(self, most: int) -> tuple[type[View], ...]:
        """The views to show, at most ``most``, in the order of their keys, so that a view stays on the same side."""
        keys = (self.newest, self.before)[:most]
        return tuple(view for view in VIEWS if view.key in keys)

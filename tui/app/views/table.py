"""The list of all views, in the order of their keys. To add a view, add a file in this folder and an entry here."""

from __future__ import annotations

from tui.app.views.data import Data
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.plane import PlaneView
from tui.app.views.rows import Rows
from tui.app.views.seeds import SeedsView
from tui.app.views.view import View
from tui.app.views.weights import WeightsView

VIEWS: tuple[type[View], ...] = (Rows, Data, MemoryView, GradientView, WeightsView, SeedsView, PlaneView)

NAMES_OF_VIEWS = {f"view.{view.title}": view.title for view in VIEWS}
"""The titles of the views, by the id of their keys."""

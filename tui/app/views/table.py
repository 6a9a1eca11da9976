"""Every view there is, in the order of their keys: to add one, a file beside this one and its entry here."""

from __future__ import annotations

from tui.app.views.data import Data
from tui.app.views.rows import Rows
from tui.app.views.view import View

VIEWS: tuple[type[View], ...] = (Rows, Data)

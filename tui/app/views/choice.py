"""Remembers which views below the curve were opened last."""

from __future__ import annotations

from dataclasses import dataclass

from tui.app.views.table import VIEWS
from tui.app.views.view import View


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

"""The choice of views below the curve."""

from __future__ import annotations

from dataclasses import dataclass

from tui.app.views.table import VIEWS
from tui.app.views.view import View


@dataclass(frozen=True)
class ViewChoice:
    """The keys of the two views that were opened last; the older one is shown only if there is room for two.

    Attributes:
        newest, before: keys; a key without a view shows none.
    """

    newest: str = "1"
    before: str = "3"

    def pressed(self, key: str) -> ViewChoice:
        """The choice after this key of a view was pressed."""
        return self if key == self.newest else ViewChoice(key, self.newest)

    def shown(self, most: int) -> tuple[type[View], ...]:
        """The views to show, at most so many, in the order of their keys, so that a view stays on its side."""
        keys = (self.newest, self.before)[:most]
        return tuple(view for view in VIEWS if view.key in keys)

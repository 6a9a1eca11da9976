"""Which views are shown below the curve: a value, changed by the keys that call for them."""

from __future__ import annotations

from dataclasses import dataclass

from tui.app.views.table import VIEWS
from tui.app.views.view import View


@dataclass(frozen=True)
class ViewChoice:
    """The keys of the view that was called for last, and of the one before, which stays beside it where there is room.

    Attributes:
        newest, before: keys; of views that are not there, none is shown.
    """

    newest: str = "1"
    before: str = "3"

    def pressed(self, key: str) -> ViewChoice:
        """After the key of a view."""
        return self if key == self.newest else ViewChoice(key, self.newest)

    def shown(self, most: int) -> tuple[type[View], ...]:
        """At most so many views, in the order of their keys, so that the one that stays keeps its side."""
        keys = (self.newest, self.before)[:most]
        return tuple(view for view in VIEWS if view.key in keys)

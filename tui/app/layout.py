"""Where everything is: how many lines the views and a panel get on a screen of this size."""

from __future__ import annotations

from typing import NamedTuple

from echornn.config import EchoConfig
from tui.app.status import HEIGHT as STATUS_HEIGHT
from tui.views.table import ViewChoice
from tui.views.view import View

# Of the whole app; a smaller screen shows only the status. All widths and heights here are chosen
# by eye; docs/guide.md names those of the screen
LEAST_WIDTH, LEAST_HEIGHT = 60, 16
STATUS_AND_KEYS = STATUS_HEIGHT + 1
# In fewer lines a curve has no shape, and a view no more than its title and three lines
LEAST_PLOT_HEIGHT, LEAST_VIEW_HEIGHT = 7, 4
MOST_VIEW_SHARE = 0.64  # of the lines; the curve gets the others
# The fewest columns for two views, and for a panel beside the curve instead of below it
TWO_VIEWS, WIDE = 160, 100
PANEL_WIDTH, PANEL_HEIGHT = 44, 14  # beside the curve, and below it
LEAST_PANEL_HEIGHT = 8  # below the curve: to keep these lines, the views are hidden


class Layout(NamedTuple):
    views: tuple[type[View], ...]  # from left to right
    view_lines: int
    panel_lines: int  # of a panel below the curve; 0 if it is beside it, or closed


def layout(
    config: EchoConfig, width: int, height: int, panel_open: bool, choice: ViewChoice
) -> Layout:
    """The views that are shown, and the lines that these and a panel get."""
    lines = height - STATUS_AND_KEYS
    panel_is_beside = panel_open and width >= WIDE
    panel_is_below = panel_open and not panel_is_beside
    shows_views = is_large(width, height)
    panel_lines = 0
    if panel_is_below:
        beside_least_views = lines - LEAST_PLOT_HEIGHT - LEAST_VIEW_HEIGHT
        shows_views = shows_views and beside_least_views >= LEAST_PANEL_HEIGHT
        left = beside_least_views if shows_views else lines - LEAST_PLOT_HEIGHT
        panel_lines = max(1, min(PANEL_HEIGHT, left))
    if not shows_views:
        return Layout((), 0, panel_lines)
    columns = width - PANEL_WIDTH if panel_is_beside else width
    views = choice.shown(2 if columns >= TWO_VIEWS else 1)
    room = lines - panel_lines  # of the curve and the views
    most = max(LEAST_VIEW_HEIGHT, min(room - LEAST_PLOT_HEIGHT, int(MOST_VIEW_SHARE * room)))
    columns_of_a_view = columns // len(views) - 2
    wanted = max(view.height_for(config, columns_of_a_view, most) for view in views)
    return Layout(views, min(wanted, most), panel_lines)


def is_large(width: int, height: int) -> bool:
    return width >= LEAST_WIDTH and height >= LEAST_HEIGHT

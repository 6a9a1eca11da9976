"""Divides the lines and columns of the screen between curve, views and a panel."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from tui.app.views.choice import ViewChoice
from tui.app.views.view import View
from tui.app.widgets.status import HEIGHT as STATUS_HEIGHT

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""On a smaller screen only the status is shown."""

STATUS_AND_FOOTER = STATUS_HEIGHT + 1

LEAST_PLOT_HEIGHT = 7

LEAST_VIEW_HEIGHT = 4

MOST_VIEW_SHARE = 0.64
"""The largest share of the views in the lines of curve and views."""

TWO_VIEWS = 160
"""With at least so many columns, two views are side by side."""

WIDE = 100
"""With at least so many columns, a panel is beside the curve; otherwise it is below it."""

PANEL_WIDTH = 44
"""The columns of a panel beside the curve."""

PANEL_HEIGHT, LEAST_PANEL_HEIGHT = 14, 8
"""The lines of a panel below the curve; if there would be fewer than the second number, the views are hidden."""


@dataclass(frozen=True)
class Layout:
    """The division of the screen; the curve gets the rest.

    Attributes:
        too_small: what a screen needs that has only room for the status; else empty.
        wide: whether a panel is beside the curve.
        shown: the views that are shown, from left to right; empty if they are hidden.
        views: the lines of the views; 0 if they are hidden.
        panel: the lines of a panel below the curve; 0 if there is none.
    """

    too_small: str
    wide: bool
    shown: tuple[type[View], ...]
    views: int
    panel: int


def layout(config: EchoConfig, width: int, height: int, panel_open: bool, choice: ViewChoice) -> Layout:
    """The layout of a screen of this size, with these views chosen."""
    fits = width >= LEAST_WIDTH and height >= LEAST_HEIGHT
    too_small = "" if fits else f"too small: the curve needs {LEAST_WIDTH}x{LEAST_HEIGHT}"
    wide = width >= WIDE
    height -= STATUS_AND_FOOTER
    panel, views_shown = 0, True
    if panel_open and wide:
        width -= PANEL_WIDTH
    elif panel_open:
        views_shown = height - LEAST_PLOT_HEIGHT - LEAST_VIEW_HEIGHT >= LEAST_PANEL_HEIGHT
        kept = LEAST_PLOT_HEIGHT + (LEAST_VIEW_HEIGHT if views_shown else 0)
        panel = max(1, min(PANEL_HEIGHT, height - kept))
        height -= panel
    if too_small or not views_shown:
        return Layout(too_small, wide, (), 0, panel)
    shown = choice.shown(2 if width >= TWO_VIEWS else 1)
    most = max(LEAST_VIEW_HEIGHT, min(height - LEAST_PLOT_HEIGHT, int(MOST_VIEW_SHARE * height)))
    lines = max(view.height_for(config, width // len(shown) - 2, most) for view in shown)
    return Layout(too_small, wide, shown, min(lines, most), panel)

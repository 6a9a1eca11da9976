"""Divides the screen between the curve, the views and a panel."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from tui.app.status import HEIGHT as STATUS_HEIGHT
from tui.views.table import ViewChoice
from tui.views.view import View

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""The smallest screen for the whole app; a smaller screen shows only the status."""

STATUS_AND_FOOTER = STATUS_HEIGHT + 1

LEAST_PLOT_HEIGHT = 7

LEAST_VIEW_HEIGHT = 4

MOST_VIEW_SHARE = 0.64
"""The largest share of the lines that views get; the curve gets the others."""

TWO_VIEWS = 160
"""The fewest columns of the screen with which two views are shown side by side."""

WIDE = 100
"""The fewest columns of the screen with which a panel is beside the curve; on a narrower screen it is below."""

PANEL_WIDTH = 44
"""The columns of a panel beside the curve."""

PANEL_HEIGHT, LEAST_PANEL_HEIGHT = 14, 8
"""The lines of a panel below the curve, and the fewest that it may have: to keep these, the views are hidden."""


@dataclass(frozen=True)
class Layout:
    """The sizes of the parts of the screen; the curve gets what remains.

    Attributes:
        too_small: a message with the size that is needed, if only the status fits; otherwise empty.
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

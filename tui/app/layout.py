"""How the lines and columns of the screen are shared between curve, rows and settings."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from tui.app.widgets.sample_rows import PANEL_HEIGHT, height_for
from tui.app.widgets.status import HEIGHT as STATUS_HEIGHT

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""On a smaller screen only the status is shown."""

STATUS_AND_FOOTER = STATUS_HEIGHT + 1

LEAST_PLOT_HEIGHT = 7

MOST_ROWS_SHARE = 0.64
"""Of the lines that curve and rows have."""

WIDE = 100
"""From so many columns on, the settings stand beside the curve; else below it."""

SETTINGS_WIDTH = 44
"""Columns of settings beside the curve."""

SETTINGS_HEIGHT, LEAST_SETTINGS_HEIGHT = 14, 8
"""Lines of settings below the curve; the rows give way where there would be fewer."""


@dataclass(frozen=True)
class Layout:
    """Who gets what; the curve has the rest.

    Attributes:
        too_small: what a screen that is too small for all but the status needs; else empty.
        wide: whether settings stand beside the curve.
        rows: lines of rows; 0 where they give way.
        settings: lines of settings below the curve; 0 where there are none.
    """

    too_small: str
    wide: bool
    rows: int
    settings: int


def layout(config: EchoConfig, width: int, height: int, settings_open: bool) -> Layout:
    """The layout of a screen of this size."""
    fits = width >= LEAST_WIDTH and height >= LEAST_HEIGHT
    too_small = "" if fits else f"too small: the curve needs {LEAST_WIDTH}x{LEAST_HEIGHT}"
    wide = width >= WIDE
    height -= STATUS_AND_FOOTER
    settings, rows_shown = 0, True
    if settings_open and wide:
        width -= SETTINGS_WIDTH
    elif settings_open:
        rows_shown = height - LEAST_PLOT_HEIGHT - PANEL_HEIGHT >= LEAST_SETTINGS_HEIGHT
        kept = LEAST_PLOT_HEIGHT + (PANEL_HEIGHT if rows_shown else 0)
        settings = max(1, min(SETTINGS_HEIGHT, height - kept))
        height -= settings
    most = max(PANEL_HEIGHT, min(height - LEAST_PLOT_HEIGHT, int(MOST_ROWS_SHARE * height)))
    rows = height_for(config.batch_size, config.truncated_backprop_length, width - 2, most)
    return Layout(too_small, wide, rows if rows_shown else 0, settings)

"""Decides whether private parts of Textual can be used; without them, the screen is drawn in a simpler way (plain).

A plain screen needs more bytes, and cannot tell how far behind a slow connection is. A stop in the middle of a write
may wait for the next key. A key that cannot be parsed takes other keys of the same read with it. The screen cannot be
exported as text.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.widget import Widget

SWITCH = "ECHORNN_PLAIN_SCREEN"
"""The environment variable that selects a plain screen if set to anything but 0."""


def is_plain() -> bool:
    """Whether to avoid private parts of Textual: on request, or because this version of Textual lacks one of them."""
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        return True
    try:
        import tui.term.private_textual  # noqa: F401
    except ImportError:
        return True
    return False


def draw_in_few_bytes(app: App[Any], behind: Callable[[], str]) -> None:
    """Make the app send only changed cells, followed by the text from ``behind``; no effect on a plain screen."""
    if not is_plain():
        from tui.term.private_textual import tap
        from tui.term.screen_diff import ScreenDiff

        tap(app, ScreenDiff().saving, behind)


def style_as_drawn(kind: type[Widget]) -> None:
    """Make these widgets compute styles only when they are drawn; no effect on a plain screen."""
    if not is_plain():
        from tui.term.private_textual import style_as_drawn

        style_as_drawn(kind)

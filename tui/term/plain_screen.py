"""Whether Textual's private parts can be used; without them the screen is drawn in a simpler way.

Plain, the screen takes more bytes and is not told how far a slow line has come, a stop in the middle of a write may
wait for a key, a key that cannot be read takes those with it that came at the same time, and there is no export of
text.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.widget import Widget

SWITCH = "ECHORNN_PLAIN_SCREEN"
"""An environment variable: set to anything but 0, it asks for a plain screen, as after an update of Textual."""


def is_plain() -> bool:
    """Whether to do without the private parts of Textual: asked to, or one of them is not in this Textual."""
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        return True
    try:
        import tui.term.private_textual  # noqa: F401
    except ImportError:
        return True
    return False


def draw_in_few_bytes(app: App[Any], behind: Callable[[], str]) -> None:
    """Send this app's updates in few bytes, with what ``behind`` says after each; plain, as Textual does."""
    if not is_plain():
        from tui.term.private_textual import tap
        from tui.term.screen_diff import ScreenDiff

        tap(app, ScreenDiff().saving, behind)


def style_as_drawn(kind: type[Widget]) -> None:
    """Have the parts of these widgets styled as they are drawn; plain, all at once, as Textual does."""
    if not is_plain():
        from tui.term.private_textual import style_as_drawn

        style_as_drawn(kind)

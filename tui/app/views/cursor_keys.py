"""The keys that move a view's cursor over the rows of the batch and along their time steps."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def cursor_keys(earlier: str, later: str, up: str, down: str) -> list[BindingType]:
    """The bindings of the arrow keys for a view's ``action_move(steps, rows)``; the arguments are their help texts."""
    return [
        Binding("left", "move(-1, 0)", "Back", show=False, tooltip=earlier, id="left"),
        Binding("right", "move(1, 0)", "On", show=False, tooltip=later, id="right"),
        Binding("up", "move(0, -1)", "Up", show=False, tooltip=up, id="up"),
        Binding("down", "move(0, 1)", "Down", show=False, tooltip=down, id="down"),
    ]


FIVE_ROWS: list[BindingType] = [
    Binding("pageup", "move(0, -5)", "Up", show=False, tooltip="Five rows up", id="page_up"),
    Binding("pagedown", "move(0, 5)", "Down", show=False, tooltip="Five rows down", id="page_down"),
]
"""Keys that move five rows at once, for views that scroll."""

LEAVE = Binding("escape", "leave", "Leave", show=False, tooltip="Take the cursor away", id="leave")

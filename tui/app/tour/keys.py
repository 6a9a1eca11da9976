"""The keys that only the tour has."""

from __future__ import annotations

from textual.binding import Binding

from tui.app.tour.steps import SHORT, TRY_SHORT

OWN_KEYS = [
    Binding(
        *("escape", "leave_tour", "Leave", False),
        tooltip="Leave the tour; the run goes on",
        id="leave_tour",
        priority=True,
    ),
    Binding("t", TRY_SHORT, "Try", tooltip=f"In the tour: windows of T = {SHORT} steps", id="try_short", show=False),
]

"""The keys that only the tour has."""

from __future__ import annotations

from textual.binding import Binding

from tui.app.tour.steps import FAR, TRY_FAR

OWN_KEYS = [
    Binding(
        *("escape", "leave_tour", "Leave", False),
        tooltip="Leave the tour; the run goes on",
        id="leave_tour",
        priority=True,
    ),
    Binding("t", TRY_FAR, "Try", tooltip=f"In the tour: an echo {FAR} steps back", id="try_far", show=False),
]

"""The key with which a point that was opened from a map goes back to it; the map's help names it too."""

from __future__ import annotations

from textual.binding import Binding

BACK = Binding("escape", "back", "Map", tooltip="Back to the map; the run is kept", priority=True, id="back_to_map")

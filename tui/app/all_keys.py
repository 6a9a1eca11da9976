"""All keys of the app, by the place where they work."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import BindingType

from tui.app import keys
from tui.app.help_screen import HelpScreen
from tui.app.palette import BACK, OPENS, Palette
from tui.app.tour_steps import OWN_KEYS as TOUR_KEYS
from tui.panels.branches import BranchList
from tui.panels.lists import ListPanel
from tui.panels.runs import RunList
from tui.panels.settings import SettingsPanel
from tui.views.keymap import KeyMap, Moved
from tui.views.plot import LossPlot
from tui.views.table import VIEWS

IN_THE_APP = "in the app"

PLACES: dict[str, Sequence[BindingType]] = {
    IN_THE_APP: [*keys.BINDINGS, OPENS, BACK],
    "on the curve": LossPlot.BINDINGS,
    **{f"in the view {view.title}": view.BINDINGS for view in VIEWS},
    "in the tour": TOUR_KEYS,
    "in the settings": SettingsPanel.BINDINGS,
    "in the list of branches": [*ListPanel.BINDINGS, *BranchList.BINDINGS],
    "in the list of runs": [*ListPanel.BINDINGS, *RunList.BINDINGS],
    "in the help": HelpScreen.BINDINGS,
    "in the palette": Palette.BINDINGS,
}

WITH_THE_APP = ("on the curve", "in the tour", *(f"in the view {view.title}" for view in VIEWS))
"""The places in which the keys of the app work too; panels and screens may have other actions for them."""


TYPED = ("in the list of runs", "in the palette")
"""The places where characters are the text of a filter, and thus never keys."""


def keymap_with(moved: Moved) -> KeyMap:
    """The keys of the app, with those that the user chose."""
    return KeyMap.of((one for bindings in PLACES.values() for one in bindings), moved, keys.TOGETHER)

"""The keys of the map."""

from __future__ import annotations

from textual.binding import Binding

BINDINGS = [
    Binding(
        "x",
        "across",
        "Axes",
        key_display="xX",
        tooltip="The next field across; «map.down» the next one down",
        id="map.across",
    ),
    Binding("X", "down", "Down", tooltip="The next field down, or none", id="map.down", show=False),
    Binding("t", "swap", "Turn", tooltip="Rows as columns, columns as rows", id="map.swap", show=False),
    Binding(
        "m",
        "measure",
        "Shown",
        tooltip="What is shown: how many seeds solved it, the window by which half had, the final loss",
        id="map.measure",
    ),
    Binding(
        "left_square_bracket",
        "step_other(-1)",
        "Hold",
        key_display="[]",
        tooltip="Hold another field at its value before; «map.step_on» at the next; past its ends, all values together",
        id="map.step_back",
    ),
    Binding(
        "right_square_bracket",
        "step_other(1)",
        "On",
        key_display="]",
        tooltip="Hold another field at its next value",
        id="map.step_on",
        show=False,
    ),
    Binding(
        "o",
        "other",
        "Other",
        tooltip="Choose which field «map.step_back» and «map.step_on» hold, if there are several; > marks it",
        id="map.other",
        show=False,
    ),
    Binding("space", "mark", "Mark", tooltip="Mark this square: others are compared with it", id="map.mark"),
    Binding(
        "enter",
        "open",
        "Open",
        key_display="enter",
        tooltip="Train its best seed in the app; «back_to_map» comes back here",
        id="map.open",
    ),
    Binding("y", "copy", "Copy", tooltip="Copy the command that trains its best seed", id="copy"),
    Binding(
        "slash",
        "filter",
        "Filter",
        key_display="/",
        tooltip="Show some values only: FIELD=a,b or FIELD=low..high; several fields with spaces between",
        id="map.filter",
    ),
    Binding("escape", "escape", "Clear", tooltip="Remove the filter, then the mark", id="map.clear", show=False),
    Binding("left", "move(0,-1)", "Left", tooltip="Move the cursor", show=False, id="map.left"),
    Binding("right", "move(0,1)", "Right", tooltip="Move the cursor", show=False, id="map.right"),
    Binding("up", "move(-1,0)", "Up", tooltip="Move the cursor", show=False, id="map.up"),
    Binding("down", "move(1,0)", "Below", tooltip="Move the cursor", show=False, id="map.below"),
    Binding("home", "move(0,-1000)", "First", tooltip="To the first column", show=False, id="map.first"),
    Binding("end", "move(0,1000)", "Last", tooltip="To the last column", show=False, id="map.last"),
    Binding("pageup", "move(-10,0)", "Page up", tooltip="Ten rows up", show=False, id="map.page_up"),
    Binding("pagedown", "move(10,0)", "Page down", tooltip="Ten rows down", show=False, id="map.page_down"),
    Binding("ctrl+l", "show_all", "Draw anew", tooltip="Draw the whole screen again", id="show_all", show=False),
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
    Binding("q", "quit", "Quit", tooltip="Quit; results are kept", id="quit"),
]

TOGETHER = {
    "map.across": ("map.across", "map.down"),
    "map.step_back": ("map.step_back", "map.step_on"),
}
"""The keys that the key line and the help show in one place, by the id of the first."""

LEFT_OUT = ("copy", "filter", "step_other(-1)", "across", "measure", "mark")
"""Actions whose keys are left out of a narrow key line, in this order."""

NEEDS_TWO = "there is only one field: with a second --grid field they can be turned"
NEEDS_DOWN = "no field is down, so nothing can be turned: «map.down» chooses one"
NEEDS_OTHERS = "no other field to hold: «map.across» and «map.down» show all fields"
CANNOT_OPEN = "nothing to train here: this combination is not possible"

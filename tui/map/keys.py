"""The keys of the map, and its help."""

from __future__ import annotations

from textual.binding import Binding

from tui.app.help import Chapter

SHOWN = "What is shown: how many seeds solved it, the window by which half had, the final loss"
HOLD = "Hold another field at its value before; «map.step_on» at the next; past its ends, all values together"
HOLD_ON = "Hold another field at its next value"
OPEN = "Train its best seed in the app; «back_to_map» comes back here"
OTHER = "Choose which field «map.step_back» and «map.step_on» hold, if there are several; > marks it"
FILTER = "Show some values only: FIELD=a,b or FIELD=low..high; several fields with spaces between"


def _key(
    key: str, action: str, name: str, id: str, tooltip: str, show: bool = False, display: str | None = None
) -> Binding:
    return Binding(key, action, name, show, display, tooltip=tooltip, id=id)


BINDINGS = [
    _key("x", "across", "Axes", "map.across", "The next field across; «map.down» the next one down", True, "xX"),
    _key("X", "down", "Down", "map.down", "The next field down, or none"),
    _key("t", "swap", "Turn", "map.swap", "Rows as columns, columns as rows"),
    _key("m", "measure", "Shown", "map.measure", SHOWN, True),
    _key("left_square_bracket", "step_other(-1)", "Hold", "map.step_back", HOLD, True, "[]"),
    _key("right_square_bracket", "step_other(1)", "On", "map.step_on", HOLD_ON, False, "]"),
    _key("o", "other", "Other", "map.other", OTHER),
    _key("space", "mark", "Mark", "map.mark", "Mark this square: others are compared with it", True),
    _key("enter", "open", "Open", "map.open", OPEN, True, "enter"),
    _key("y", "copy", "Copy", "copy", "Copy the command that trains its best seed", True),
    _key("slash", "filter", "Filter", "map.filter", FILTER, True, "/"),
    _key("escape", "escape", "Clear", "map.clear", "Remove the filter, then the mark"),
    _key("left", "move(0,-1)", "Left", "map.left", "Move the cursor"),
    _key("right", "move(0,1)", "Right", "map.right", "Move the cursor"),
    _key("up", "move(-1,0)", "Up", "map.up", "Move the cursor"),
    _key("down", "move(1,0)", "Below", "map.below", "Move the cursor"),
    _key("home", "move(0,-1000)", "First", "map.first", "To the first column"),
    _key("end", "move(0,1000)", "Last", "map.last", "To the last column"),
    _key("pageup", "move(-10,0)", "Page up", "map.page_up", "Ten rows up"),
    _key("pagedown", "move(10,0)", "Page down", "map.page_down", "Ten rows down"),
    _key("ctrl+l", "show_all", "Draw anew", "show_all", "Draw the whole screen again"),
    _key("question_mark", "help", "Help", "help", "This help", True, "?"),
    _key("q", "quit", "Quit", "quit", "Quit; results are kept", True),
]

TOGETHER = {"map.across": ("map.across", "map.down"), "map.step_back": ("map.step_back", "map.step_on")}
"""The keys that the key line and the help show in one place, by the id of the first."""

LEFT_OUT = ("copy", "filter", "step_other(-1)", "across", "measure", "mark")
"""Actions whose keys are left out of a narrow key line, in this order."""

WHAT_IS_SEEN = (
    (
        "The map",
        "Each square is a point of the sweep: the fuller its block, the better. «map.measure» chooses what it shows: "
        "how many of the seeds solved the task, the window by which half of them had, or the median of their final "
        "losses. A shade always means the same, whatever you filter or hold.",
    ),
    (
        "Several points in a square",
        "With more than two fields, a square holds several points. It shows the share of all their seeds, or the "
        "median over the points. Such a square has no interval, since its points differ in more than their seeds. "
        "«map.step_back» and «map.step_on» hold a field at one value. If num_epochs has several values, the map "
        "shows the largest, unless you hold another one.",
    ),
    (
        "The square under the cursor",
        "The lines below the map say how many of its seeds solved the task, with a 95 % interval (Wilson 1927); when; "
        "and which seed is the best. A single best seed is luck: do not rank squares by it.",
    ),
    (
        "Comparing two squares",
        "«map.mark» marks a square: its seeds, with their interval, then stand below those of any other.",
    ),
)

WORDS = (
    ("solved", "The mean loss of 50 windows has once fallen close to the least possible."),
    ("lost again", "A network solved the task, but not in its last 50 windows. Only --until all can show it."),
    ("half by", "The window by which half of all seeds had solved it; seeds that never did count too."),
    ("point", "One value for each field of the grid. Every seed trains it once."),
    ("to come", "These seeds are not trained yet. Until they are, the share shown can only rise: it is of all seeds."),
    ("failed", "The sweep gave up, since the process ended again and again. The cursor shows the reason."),
    ("level", "A loss that is known beforehand: that of a network which knows so much, and no more."),
    ("cannot be", "A combination that no network can have, such as an echo longer than the row."),
)

HELP = [
    Chapter("Keys", bindings=BINDINGS),
    Chapter("What is seen", WHAT_IS_SEEN),
    Chapter("Words", WORDS),
]

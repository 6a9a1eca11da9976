"""The map on the screen: its keys and help, and the app that follows the folder of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Input

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.own_files import is_held
from echornn.runtime.background import Background
from echornn.sweeps.folder import SweepResults
from tui.app.base import BACK, OPENS, Field, KeyedApp, Palette
from tui.app.help import Chapter, HelpScreen
from tui.app.key_line import KeyLine
from tui.app.theme import Theme
from tui.command_text import command_of
from tui.map.drawing import draw_map
from tui.map.state import MapState, common_to_all
from tui.term.exit_code import ExitCode
from tui.views.canvas import Cells, CellWidget
from tui.views.keymap import KeyMap, Moved
from tui.views.text import shortened

FOLLOW_SECONDS = 1.0  # how often the folder is checked for new results
WITH_LEGEND = 7  # the fewest lines of the map with which it has a legend
# From so many lines on, how many are above the map, and below
LINES = ((15, 3, 3), (9, 2, 3), (6, 1, 2), (0, 0, 1))

SHOWN = "What is shown: how many seeds solved it, the window by which half had, the final loss"
HOLD = (
    "Hold a third field at its value before; «map.step_on» at the next; past its ends, all values "
    "together"
)
OPEN = "Train its best seed in the app; «back_to_map» comes back here"
FILTER = "Show some values only: FIELD=a,b or FIELD=low..high; several fields with spaces between"


def _key(
    key: str,
    action: str,
    name: str,
    id: str,
    tooltip: str,
    show: bool = False,
    display: str | None = None,
) -> Binding:
    return Binding(key, action, name, show, display, tooltip=tooltip, id=id)


STEP_BACK = "see('held', (-1,))"

BINDINGS = [
    _key(
        "x",
        "see('next_across')",
        "Axes",
        "map.across",
        "The next field across; «map.down» down",
        True,
        "xX",
    ),
    _key("X", "see('next_down')", "Down", "map.down", "The next field down, or none"),
    _key("t", "see('turned')", "Turn", "map.swap", "Rows as columns, columns as rows"),
    _key("m", "see('next_measure')", "Shown", "map.measure", SHOWN, True),
    _key("left_square_bracket", STEP_BACK, "Hold", "map.step_back", HOLD, True, "[]"),
    _key(
        "right_square_bracket",
        "see('held', (1,))",
        "On",
        "map.step_on",
        "Hold it at its next value",
        False,
        "]",
    ),
    _key("enter", "open", "Open", "map.open", OPEN, True, "enter"),
    _key("y", "copy", "Copy", "copy", "Copy the command that trains its best seed", True),
    _key("slash", "filter", "Filter", "map.filter", FILTER, True, "/"),
    _key("escape", "escape", "Clear", "map.clear", "Remove the filter"),
    _key("left", "see('moved', (0, -1))", "Left", "map.left", "Move the cursor"),
    _key("right", "see('moved', (0, 1))", "Right", "map.right", "Move the cursor"),
    _key("up", "see('moved', (-1, 0))", "Up", "map.up", "Move the cursor"),
    _key("down", "see('moved', (1, 0))", "Below", "map.below", "Move the cursor"),
    _key("home", "see('moved', (0, -1000))", "First", "map.first", "To the first column"),
    _key("end", "see('moved', (0, 1000))", "Last", "map.last", "To the last column"),
    _key("pageup", "see('moved', (-10, 0))", "Page up", "map.page_up", "Ten rows up"),
    _key("pagedown", "see('moved', (10, 0))", "Page down", "map.page_down", "Ten rows down"),
    _key("ctrl+l", "show_all", "Draw anew", "show_all", "Draw the whole screen again"),
    _key("question_mark", "help", "Help", "help", "This help", True, "?"),
    _key("q", "quit", "Quit", "quit", "Quit; results are kept", True),
]

TOGETHER = {
    "map.across": ("map.across", "map.down"),
    "map.step_back": ("map.step_back", "map.step_on"),
}
"""The keys that the key line and the help show in one place, by the id of the first."""

LEFT_OUT = ("copy", "filter", STEP_BACK, "see('next_across')", "see('next_measure')")
"""Actions whose keys are left out of a narrow key line, in this order."""

NOTHING = dict.fromkeys(
    ("next_across", "next_down", "turned"), "no other field is shown: «map.down» chooses one"
)
NOTHING["held"] = "no other field: «map.across» and «map.down» show all fields"
"""What is said where a key changes nothing."""

CANNOT_OPEN = "nothing to train here: this combination is not possible"

SEEN = (
    (
        "The map",
        "Each square is a point of the sweep, which every seed trains once: the fuller its block, "
        "the better. "
        "«map.measure» chooses what it shows: how many of the seeds solved the task, the window "
        "by which half of all "
        "had, or the median of their final losses. A shade always means the same, whatever you "
        "filter or hold.",
    ),
    (
        "Several points",
        "With more than two fields, a square holds several points: it shows the share of all "
        "their seeds, or the "
        "median over the points, and no interval. «map.step_back» and «map.step_on» hold a field "
        "at one value. Of "
        "several num_epochs the map shows the largest, unless you hold another one.",
    ),
    (
        "The cursor",
        "The lines below the map say how many of its seeds solved the task, with a 95 % interval "
        "(Wilson 1927); when; "
        "and which seed is the best. A single best seed is luck: do not rank squares by it.",
    ),
    ("solved", "The mean loss of 50 windows has once fallen close to the least possible."),
    (
        "lost again",
        "A network solved the task, but not in its last 50 windows. Only --until all can show it.",
    ),
    (
        "to come",
        "These seeds are not trained yet. Until they are, the share shown can only rise: it is of "
        "all seeds.",
    ),
    (
        "failed",
        "The sweep gave up, since the process ended again and again. The cursor shows the reason.",
    ),
    ("cannot be", "A combination that no network can have, such as an echo longer than the row."),
)


class Follower:
    """A sweep as its folder was last read, on a thread of its own, since reading may be slow."""

    def __init__(self, results: SweepResults) -> None:
        self.results, self.trouble, self.is_computed = results, "", is_held(results.folder)
        self._background = Background("map")

    def look(self) -> None:
        self._background.do(self.look_now)

    def look_now(self) -> None:
        try:
            self.is_computed = is_held(self.results.folder)
            self.results, self.trouble = self.results.refresh(), ""
        except (OSError, RunError) as error:
            self.trouble = str(error)


class MapView(CellWidget, can_focus=True):
    """What the map is of, its cells, their legend, and what is known of the cell under the pointer,
    or the cursor."""

    progress, trouble, hint = "", "", ""

    def __init__(self, shown: MapState) -> None:
        super().__init__()
        self.shown = shown

    def draw(self, cells: Cells) -> None:
        width, shown = cells.width - 2, self.shown
        above, below = next(
            (above, below) for least, above, below in LINES if cells.height >= least
        )
        first = (self.trouble, "trouble") if self.trouble else (self.progress, "strong")
        head = [first, (shown.heading, "muted"), (common_to_all(shown.table.results), "muted")][
            :above
        ]
        height = cells.height - above - below
        legend = [(text, "muted") for text in shown.legend] if height >= WITH_LEGEND else []
        draw_map(cells, Region(1, above, width, height - len(legend)), shown)
        pointed = self.hovered
        reading = (shown.at(*pointed) if isinstance(pointed, tuple) else shown).reading
        lines = [*zip((*reading, ""), ("strong", "text", "text"), strict=True)][:below]
        if hint := self.keymap.text(self.hint or shown.refusal):
            lines[-1:] = [(hint, "hint")]
        under = [*legend, *lines]
        for line, (text, ink) in [*enumerate(head), *enumerate(under, cells.height - len(under))]:
            cells.write(1, line, shortened(text, width), ink)

    async def clicked(self, spot: object, again: bool) -> None:
        if again:
            self.app.simulate_key(self.keymap.key("map.open"))
        else:
            await self.app.run_action(f"see('at', {spot})")

    async def on_mouse_scroll_down(self) -> None:
        await self.app.run_action("see('moved', (1, 0))")

    async def on_mouse_scroll_up(self) -> None:
        await self.app.run_action("see('moved', (-1, 0))")

    def hover_moved(self) -> None:
        self.redraw()


class FilterField(Field):
    BINDINGS = [Binding("enter", "app.leave_filter", show=False)]


class MapApp(KeyedApp[EchoConfig | int]):
    """Shows the map of a sweep; returns the configuration to train if the user opens a cell, or
    else an exit code."""

    CSS_PATH = ["../app/app.tcss", "map.tcss"]
    TITLE = "echornn-tui map"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS, OPENS]

    def __init__(
        self,
        follower: Follower,
        first: MapState | None = None,
        ascii_only: bool = False,
        theme: Theme = "dark",
        says: Callable[[], str] = lambda: "",
        wrong: Callable[[], str] = lambda: "",
        hint: str = "",
        moved: Moved | None = None,
    ) -> None:
        super().__init__()
        others = (OPENS, BACK, *HelpScreen.BINDINGS, *Palette.BINDINGS)
        self.take_keys(KeyMap.of([*BINDINGS, *others], moved or {}, TOGETHER))
        self.theme, self.ascii_only = f"textual-{theme}", ascii_only
        self._follower, self._says, self._wrong = follower, says, wrong
        self.view = MapView(first or MapState.first(follower.results))
        self.view.hint = hint
        self._filter = FilterField(
            self.shown.filter, "FIELD=a,b or FIELD=low..high", id="filter", compact=True
        )

    @property
    def shown(self) -> MapState:
        return self.view.shown

    def compose(self) -> ComposeResult:
        yield from (self.view, self._filter)
        yield KeyLine(
            lambda action, _: action != STEP_BACK or self.shown.stepped is not None,
            lambda: LEFT_OUT,
        )

    def on_mount(self) -> None:
        self.screen.set_focus(self.view)
        self.show_newest()
        self.set_interval(FOLLOW_SECONDS, self.look)

    def look(self) -> None:
        self._follower.look()
        self.show_newest()

    def show_newest(self) -> None:
        follower, view = self._follower, self.view
        if follower.results is not self.shown.table.results:
            view.shown = self.shown.read_again(follower.results)
        view.progress = self.shown.progress(self._says(), follower.is_computed)
        view.trouble = self._wrong() or follower.trouble
        view.redraw()

    def _show(self, shown: MapState, hint: str = "") -> None:
        self.view.shown, self.view.hint = shown, hint
        self.view.redraw()

    # ---- keys

    def action_see(self, key: str, by: tuple[int, ...] = ()) -> None:
        before, now = self.shown, getattr(self.shown, key)(*by)
        self._show(now, NOTHING.get(key, "") if before.choice == now.choice else "")

    def action_open(self) -> None:
        if (best := self.shown.cell.best) is not None:
            self.exit(best)
        else:
            self._show(self.shown, CANNOT_OPEN)

    def action_copy(self) -> None:
        hint = CANNOT_OPEN
        if (best := self.shown.cell.best) is not None:
            self.copy_to_clipboard(command_of(best))
            hint = f"copied: {command_of(best)}"
        self._show(self.shown, hint)

    def action_filter(self) -> None:
        self._filter.display = True
        self._filter.select_all()
        self.screen.set_focus(self._filter)

    def action_escape(self) -> None:
        if self._filter.display or self.shown.filter:
            self._filter.value = ""
            self.action_leave_filter()
            self._show(self.shown)
        else:
            self._show(self.shown, "«quit» ends the program")

    @on(Input.Changed, "#filter")
    def obey_filter(self) -> None:
        if self._filter.value != self.shown.filter:
            self._show(self.shown.filtered(self._filter.value))

    def action_leave_filter(self) -> None:
        self.obey_filter()
        self._filter.display = False
        self.screen_stack[0].set_focus(self.view)

    async def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            chapters = [Chapter("Keys", bindings=BINDINGS), Chapter("What is seen", SEEN)]
            await self.push_screen(HelpScreen(chapters))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for binding in BINDINGS:
            if "'moved'" not in binding.action:
                run = partial(self.run_action, binding.action)
                yield SystemCommand(
                    binding.description, f"{binding.tooltip} ({self.get_key_display(binding)})", run
                )

    async def action_quit(self) -> None:
        self.leave(ExitCode.DONE)

    def leave(self, code: ExitCode) -> None:
        self.exit(code)

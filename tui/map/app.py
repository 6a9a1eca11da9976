"""The map on the screen: its keys and help, and the app that follows the folder of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.lock import is_held
from echornn.runtime.background import Background
from echornn.sweeps.folder import SweepResults
from tui.app.help import Chapter, HelpScreen
from tui.app.key_line import KeyLine
from tui.app.keyed_app import KeyedApp
from tui.app.modal import BACK, PALETTE, TextField
from tui.app.palette import Palette
from tui.app.theme import Theme
from tui.map.drawing import draw_map
from tui.map.state import MapState, common_to_all
from tui.term.exit_code import ExitCode
from tui.text.command_line import command_of
from tui.text.lines import shortened
from tui.views.canvas import Cells, CellWidget
from tui.views.keymap import KeyMap, Moved

FOLLOW_SECONDS = 1.0  # how often the folder is checked for new results
# From so many lines on, how many are above the map, and below; chosen by eye
LINES = ((15, 3, 3), (9, 2, 3), (6, 1, 2), (0, 0, 1))

Change = Callable[[MapState], MapState]


@dataclass(frozen=True)
class MapKey:
    """A key of the map that shows something else."""

    id: str
    keys: str
    label: str
    help: str
    change: Change
    show: bool = False
    key_display: str | None = None
    nothing: str = ""  # what is said where it changes nothing
    moves_cursor: bool = False  # which the palette does not list

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            f"see('{self.id}')",
            self.label,
            self.show,
            self.key_display,
            tooltip=self.help,
            id=self.id,
        )


SHOWN = "What is shown: how many seeds solved it, the window by which half had, the final loss"
HOLD = (
    "Hold a third field at its value before; «map.step_on» at the next; past its ends, all values "
    "together"
)
NO_OTHER_FIELD = "no other field is shown: «map.down» chooses one"
NONE_TO_HOLD = "no other field: «map.across» and «map.down» show all fields"
STEP_BACK = "map.step_back"


def _moves(id: str, keys: str, label: str, help: str, rows: int, columns: int) -> MapKey:
    def moved(shown: MapState) -> MapState:
        return shown.moved(rows, columns)

    return MapKey(id, keys, label, help, moved, moves_cursor=True)


SEES = (
    MapKey(
        "map.across",
        "x",
        "Axes",
        "The next field across; «map.down» down",
        MapState.next_across,
        show=True,
        key_display="xX",
        nothing=NO_OTHER_FIELD,
    ),
    MapKey(
        "map.down",
        "X",
        "Down",
        "The next field down, or none",
        MapState.next_down,
        nothing=NO_OTHER_FIELD,
    ),
    MapKey(
        "map.swap",
        "t",
        "Turn",
        "Rows as columns, columns as rows",
        MapState.turned,
        nothing=NO_OTHER_FIELD,
    ),
    MapKey("map.measure", "m", "Shown", SHOWN, MapState.next_measure, show=True),
    MapKey(
        STEP_BACK,
        "left_square_bracket",
        "Hold",
        HOLD,
        partial(MapState.held, by=-1),
        show=True,
        key_display="[]",
        nothing=NONE_TO_HOLD,
    ),
    MapKey(
        "map.step_on",
        "right_square_bracket",
        "On",
        "Hold it at its next value",
        partial(MapState.held, by=1),
        key_display="]",
        nothing=NONE_TO_HOLD,
    ),
    _moves("map.left", "left", "Left", "Move the cursor", 0, -1),
    _moves("map.right", "right", "Right", "Move the cursor", 0, 1),
    _moves("map.up", "up", "Up", "Move the cursor", -1, 0),
    _moves("map.below", "down", "Below", "Move the cursor", 1, 0),
    _moves("map.first", "home", "First", "To the first column", 0, -1000),
    _moves("map.last", "end", "Last", "To the last column", 0, 1000),
    _moves("map.page_up", "pageup", "Page up", "Ten rows up", -10, 0),
    _moves("map.page_down", "pagedown", "Page down", "Ten rows down", 10, 0),
)
BY_ID: Mapping[str, MapKey] = {key.id: key for key in SEES}

OPEN = "Train its best seed in the app; «back_to_map» comes back here"
FILTER = "Show some values only: FIELD=a,b or FIELD=low..high; several fields with spaces between"
DOES = [
    Binding("enter", "open", "Open", key_display="enter", tooltip=OPEN, id="map.open"),
    Binding("y", "copy", "Copy", tooltip="Copy the command that trains its best seed", id="copy"),
    Binding("slash", "filter", "Filter", key_display="/", tooltip=FILTER, id="map.filter"),
    Binding("escape", "escape", "Clear", show=False, tooltip="Remove the filter", id="map.clear"),
    Binding(
        "ctrl+l",
        "app.show_all",
        "Draw anew",
        show=False,
        tooltip="Draw the whole screen again",
        id="show_all",
    ),
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
    Binding("q", "app.quit", "Quit", tooltip="Quit; results are kept", id="quit"),
]
BINDINGS = [*(key.binding for key in SEES), *DOES]

TOGETHER = {
    "map.across": ("map.across", "map.down"),
    STEP_BACK: (STEP_BACK, "map.step_on"),
}
"""The keys that the key line and the help show in one place, by the id of the first."""

LEFT_OUT = ("copy", "map.filter", STEP_BACK, "map.across", "map.measure")
"""Ids of keys that are left out of a narrow key line, in this order."""

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
        self.results = results
        self.trouble = ""  # why the folder could not be read
        self.is_computed = is_held(results.folder)  # whether a process trains it
        self._background = Background("map")

    def look(self) -> None:
        self._background.do(self.look_now)

    def look_now(self) -> None:
        try:
            self.is_computed = is_held(self.results.folder)
            self.results = self.results.refresh()
            self.trouble = ""
        except (OSError, RunError) as error:
            self.trouble = str(error)


class MapView(CellWidget, can_focus=True):
    """What the map is of, its cells, their legend, and what is known of the cell under the pointer,
    or the cursor."""

    @dataclass
    class CellClicked(Message):
        """A click on a cell; a second one, to train its best seed."""

        row: int
        column: int
        again: bool

    @dataclass
    class Scrolled(Message):
        """The wheel wants to move the cursor so many rows down."""

        rows: int

    def __init__(self, shown: MapState, hint: str) -> None:
        super().__init__()
        self.shown = shown
        self.hint = hint
        self.progress = self.trouble = ""

    def show(self, shown: MapState, hint: str = "") -> None:
        self.shown, self.hint = shown, hint
        self.redraw()

    def draw(self, cells: Cells) -> None:
        above, below = _lines_around(cells.height)
        height = cells.height - above - below
        width = cells.width - 2
        draw_map(cells, Region(1, above, width, height), self.shown)
        foot = self._reading(below)
        lines = [*enumerate(self._head()[:above]), *enumerate(foot, cells.height - len(foot))]
        for y, (text, ink) in lines:
            cells.write(1, y, shortened(text, width), ink)

    def _head(self) -> list[tuple[str, str]]:
        first = self.progress, "strong"
        if self.trouble:
            first = self.trouble, "trouble"
        common = common_to_all(self.shown.table.results)
        return [first, (self.shown.heading, "muted"), (common, "muted")]

    def _reading(self, most: int) -> list[tuple[str, str]]:
        """What is known of a cell, and a hint on the last of the lines."""
        shown = self.shown
        if isinstance(self.hovered, tuple):
            shown = shown.at(*self.hovered)
        summary, details = shown.reading
        lines = [(summary, "strong"), (details, "text"), ("", "text")][:most]
        hint = self.keymap.text(self.hint or self.shown.refusal)
        if hint:
            lines[-1:] = [(hint, "hint")]
        return lines

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, tuple):
            row, column = spot
            self.post_message(self.CellClicked(row, column, again))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled(-1))

    def hover_moved(self) -> None:
        self.redraw()


def _lines_around(height: int) -> tuple[int, int]:
    """How many lines are above the map, and below it."""
    for least, above, below in LINES:
        if height >= least:
            return above, below
    return 0, 0


class MapScreen(Screen[None]):
    """The map of a sweep, with a cursor.

    Args:
        follower: the sweep.
        first: what is shown at first.
        says: what else the computation in this process says.
        wrong: why it cannot go on, if it cannot.
        hint: what is said until the first key.
    """

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(
        self,
        follower: Follower,
        first: MapState | None = None,
        says: Callable[[], str] = str,
        wrong: Callable[[], str] = str,
        hint: str = "",
    ) -> None:
        super().__init__()
        self.follower = follower
        self._says = says
        self._wrong = wrong
        self.view = MapView(first or MapState.first(follower.results), hint)
        self._filter = TextField(
            self.shown.filter, "FIELD=a,b or FIELD=low..high", id="filter", compact=True
        )

    @property
    def shown(self) -> MapState:
        return self.view.shown

    def compose(self) -> ComposeResult:
        yield self.view
        yield self._filter
        yield KeyLine(self._offers, left_out=lambda: LEFT_OUT)

    def _offers(self, binding: Binding) -> bool:
        return binding.id != STEP_BACK or self.shown.stepped is not None

    def on_mount(self) -> None:
        self.set_focus(self.view)
        self.show_newest()
        self.set_interval(FOLLOW_SECONDS, self.look)

    def look(self) -> None:
        self.follower.look()
        self.show_newest()

    def show_newest(self) -> None:
        follower, view = self.follower, self.view
        if follower.results is not self.shown.table.results:
            view.shown = self.shown.read_again(follower.results)
        view.progress = self.shown.progress(self._says(), follower.is_computed)
        view.trouble = self._wrong() or follower.trouble
        view.redraw()

    # ---- keys and the mouse

    def action_see(self, id: str) -> None:
        key = BY_ID[id]
        shown = key.change(self.shown)
        has_changed = shown.choice != self.shown.choice
        self.view.show(shown, "" if has_changed else key.nothing)

    @on(MapView.CellClicked)
    def cell_clicked(self, event: MapView.CellClicked) -> None:
        self.view.show(self.shown.at(event.row, event.column))
        if event.again:
            self.action_open()

    @on(MapView.Scrolled)
    def scrolled(self, event: MapView.Scrolled) -> None:
        self.view.show(self.shown.moved(event.rows, 0))

    def action_open(self) -> None:
        best = self._best()
        if best is not None:
            self.app.exit(best)

    def _best(self) -> EchoConfig | None:
        """What is to be trained at the cursor; if there is nothing, that is said."""
        best = self.shown.cell.best
        if best is None:
            self.view.show(self.shown, CANNOT_OPEN)
        return best

    def action_copy(self) -> None:
        best = self._best()
        if best is not None:
            command = command_of(best)
            self.app.copy_to_clipboard(command)
            self.view.show(self.shown, f"copied: {command}")

    async def action_help(self) -> None:
        chapters = [Chapter("Keys", bindings=BINDINGS), Chapter("What is seen", SEEN)]
        await self.app.push_screen(HelpScreen(chapters))

    # ---- the filter

    def action_filter(self) -> None:
        self._filter.display = True
        self._filter.select_all()
        self.set_focus(self._filter)

    def action_escape(self) -> None:
        hint = "«quit» ends the program"
        if self._filter.display or self.shown.filter:
            hint = ""
            self._filter.value = ""
            self.action_enter()
        self.view.show(self.shown, hint)

    @on(Input.Changed, "#filter")
    def apply_filter(self) -> None:
        if self._filter.value != self.shown.filter:
            self.view.show(self.shown.filtered(self._filter.value))

    def action_enter(self) -> None:
        """Give the keys back to the map; its filter stays."""
        self.apply_filter()
        self._filter.display = False
        self.set_focus(self.view)

    def palette_commands(self) -> Iterable[SystemCommand]:
        bindings = [key.binding for key in SEES if not key.moves_cursor]
        for binding in (*bindings, *DOES):
            help = f"{binding.tooltip} ({self.app.get_key_display(binding)})"
            run = partial(self.run_action, binding.action)
            yield SystemCommand(binding.description, help, run)


class MapApp(KeyedApp[EchoConfig | int]):
    """Shows the map of a sweep; returns the configuration to train if the user opens a cell, or
    else an exit code."""

    CSS_PATH = ["../app/app.tcss", "map.tcss"]
    TITLE = "echornn-tui map"

    def __init__(
        self,
        map: MapScreen,
        ascii_only: bool = False,
        theme: Theme = "dark",
        moved: Moved | None = None,
    ) -> None:
        super().__init__()
        self.map = map
        self.ascii_only = ascii_only
        self.theme = f"textual-{theme}"
        bindings = [*BINDINGS, PALETTE, BACK, *HelpScreen.BINDINGS, *Palette.BINDINGS]
        self.take_keys(KeyMap.of(bindings, moved or {}, TOGETHER))

    def get_default_screen(self) -> Screen[None]:
        return self.map

    @property
    def shown(self) -> MapState:
        return self.map.shown

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return self.map.palette_commands()

    async def action_quit(self) -> None:
        self.leave(ExitCode.DONE)

    def leave(self, code: ExitCode) -> None:
        self.exit(code)
